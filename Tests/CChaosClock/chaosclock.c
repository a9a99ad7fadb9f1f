// Stands before the C library's functions for the time of day, as a preloaded library's would: what libpq, Foundation
// and Swift ask the time goes through here. The monotonic clocks are answered unchanged.
#define _GNU_SOURCE
#include "chaosclock.h"

#include <stdatomic.h>

static _Atomic int64_t shift = 0;

void chaosclock_shift(int64_t seconds) { atomic_store(&shift, seconds); }

#ifdef __linux__

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int chaosclock_works(void) { return 1; }

// The kernel itself is asked: dlsym() may want the time before it is ready to be called.
static int ask(clockid_t clock, struct timespec *now) { return (int)syscall(SYS_clock_gettime, clock, now); }

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now) {
    int outcome = ask(clock, now);
    if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += atomic_load(&shift);
    return outcome;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    int outcome = clock_gettime(CLOCK_REALTIME, &precise);
    if (outcome == 0) {
        now->tv_sec = precise.tv_sec;
        now->tv_usec = precise.tv_nsec / 1000;
    }
    return outcome;
}

__attribute__((visibility("default"))) time_t time(time_t *now) {
    struct timespec precise;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return (time_t)-1;
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}

#else

// Elsewhere libraries are bound to the system's symbols, whatever the program has.
int chaosclock_works(void) { return 0; }

#endif
