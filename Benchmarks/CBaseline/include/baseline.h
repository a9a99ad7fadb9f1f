#ifndef HELIOGRAPH_BASELINE_H
#define HELIOGRAPH_BASELINE_H

#include <stdint.h>

/* Plain, blocking libpq in C, on the same work as the Swift client: what the driver's benchmark compares with.
 * All return 0, or -1 after writing libpq's complaint to standard error. */

typedef struct baseline baseline;

/* Of the libpq that is loaded, such as 150018. */
int baseline_libpq_version(void);

/* Connects and prepares the statements; NULL if that fails. */
baseline *baseline_open(const char *conninfo);
void baseline_close(baseline *session);

/* `count` prepared selects, one after the other; `nanoseconds` gets the time of each, unless it is NULL. */
int baseline_select(baseline *session, int count, uint64_t *nanoseconds);

/* The same on several sessions at once, a thread each. */
int baseline_select_threads(baseline **sessions, int threads, int count);

/* `rounds` pipelines of `size` prepared selects with one sync each. */
int baseline_pipeline(baseline *session, int rounds, int size);

/* Reads rows of (int8, text, timestamptz, bool) in binary and touches each value; `sum` gets something that depends on all. */
int baseline_rows(baseline *session, int count, uint64_t *sum);

/* Runs a statement without rows. */
int baseline_run(baseline *session, const char *text);

/* Waits with poll for `count` notifications on what the session listens to; `nanoseconds` gets when each arrived. */
int baseline_receive(baseline *session, int count, uint64_t *nanoseconds);

/* Sends `count` notifications with a pause between them; `nanoseconds` gets when each was about to be sent. */
int baseline_notify(baseline *session, const char *channel, int count, int pause_microseconds, uint64_t *nanoseconds);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t baseline_now(void);
/* CPU time of this process, user and system, in nanoseconds. */
uint64_t baseline_cpu(void);

#endif
