#define _GNU_SOURCE
#include "baseline.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct baseline {
    PGconn *connection;
};

static const char select_text[] = "SELECT $1::int8 + 1";
static const char rows_text[] =
    "SELECT number, text, time, is_even FROM bench_rows WHERE number <= $1::int8";

int baseline_libpq_version(void) { return PQlibVersion(); }

uint64_t baseline_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t baseline_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    uint64_t seconds = (uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec;
    return seconds * 1000000000u + ((uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec) * 1000u;
}

static int complain(PGconn *connection) {
    fprintf(stderr, "baseline: %s", PQerrorMessage(connection));
    return -1;
}

static int prepare(PGconn *connection, const char *name, const char *text) {
    PGresult *result = PQprepare(connection, name, text, 0, NULL);
    int ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return ok ? 0 : complain(connection);
}

baseline *baseline_open(const char *conninfo) {
    baseline *session = malloc(sizeof *session);
    if (session == NULL) return NULL;
    session->connection = PQconnectdb(conninfo);
    if (PQstatus(session->connection) != CONNECTION_OK || prepare(session->connection, "select", select_text) != 0 ||
        prepare(session->connection, "rows", rows_text) != 0) {
        complain(session->connection);
        baseline_close(session);
        return NULL;
    }
    return session;
}

void baseline_close(baseline *session) {
    if (session == NULL) return;
    PQfinish(session->connection);
    free(session);
}

static uint64_t big_endian(const char *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

/* One int8 in binary, in and out. */
struct argument {
    uint64_t bytes;
    const char *values[1];
    int lengths[1];
    int formats[1];
};

static void set(struct argument *argument, uint64_t value) {
    argument->bytes = __builtin_bswap64(value);
    argument->values[0] = (const char *)&argument->bytes;
    argument->lengths[0] = sizeof argument->bytes;
    argument->formats[0] = 1;
}

int baseline_select(baseline *session, int count, uint64_t *nanoseconds) {
    struct argument argument;
    for (int i = 0; i < count; i++) {
        uint64_t start = nanoseconds ? baseline_now() : 0;
        set(&argument, (uint64_t)i);
        PGresult *result = PQexecPrepared(
            session->connection, "select", 1, argument.values, argument.lengths, argument.formats, 1);
        int ok = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
                 big_endian(PQgetvalue(result, 0, 0)) == (uint64_t)i + 1;
        PQclear(result);
        if (!ok) return complain(session->connection);
        if (nanoseconds) nanoseconds[i] = baseline_now() - start;
    }
    return 0;
}

struct job {
    baseline *session;
    int count;
    int outcome;
};

static void *run_job(void *argument) {
    struct job *job = argument;
    job->outcome = baseline_select(job->session, job->count, NULL);
    return NULL;
}

int baseline_select_threads(baseline **sessions, int threads, int count) {
    pthread_t ids[threads];
    struct job jobs[threads];
    int outcome = 0;
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){.session = sessions[i], .count = count};
        if (pthread_create(&ids[i], NULL, run_job, &jobs[i]) != 0) abort();
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        outcome |= jobs[i].outcome;
    }
    return outcome;
}

int baseline_pipeline(baseline *session, int rounds, int size) {
    PGconn *connection = session->connection;
    struct argument argument;
    if (PQenterPipelineMode(connection) != 1) return complain(connection);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < size; i++) {
            set(&argument, (uint64_t)i);
            if (PQsendQueryPrepared(
                    connection, "select", 1, argument.values, argument.lengths, argument.formats, 1) != 1)
                return complain(connection);
        }
        if (PQpipelineSync(connection) != 1) return complain(connection);
        for (int i = 0; i < size; i++) {
            PGresult *result = PQgetResult(connection);
            int ok = PQresultStatus(result) == PGRES_TUPLES_OK &&
                     big_endian(PQgetvalue(result, 0, 0)) == (uint64_t)i + 1;
            PQclear(result);
            if (!ok) return complain(connection);
            if (PQgetResult(connection) != NULL) return complain(connection);
        }
        PGresult *sync = PQgetResult(connection);
        int ok = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
        PQclear(sync);
        if (!ok) return complain(connection);
    }
    return PQexitPipelineMode(connection) == 1 ? 0 : complain(connection);
}

int baseline_rows(baseline *session, int count, uint64_t *sum) {
    struct argument argument;
    set(&argument, (uint64_t)count);
    PGresult *result =
        PQexecPrepared(session->connection, "rows", 1, argument.values, argument.lengths, argument.formats, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != count) {
        PQclear(result);
        return complain(session->connection);
    }
    uint64_t total = 0;
    for (int row = 0; row < count; row++) {
        total += big_endian(PQgetvalue(result, row, 0));
        total += (uint64_t)PQgetlength(result, row, 1) + (uint64_t)PQgetvalue(result, row, 1)[0];
        total += big_endian(PQgetvalue(result, row, 2));
        total += (uint64_t)PQgetvalue(result, row, 3)[0];
    }
    PQclear(result);
    *sum = total;
    return 0;
}

int baseline_run(baseline *session, const char *text) {
    PGresult *result = PQexec(session->connection, text);
    int ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return ok ? 0 : complain(session->connection);
}

int baseline_receive(baseline *session, int count, uint64_t *nanoseconds) {
    struct pollfd descriptor = {.fd = PQsocket(session->connection), .events = POLLIN};
    int seen = 0;
    while (seen < count) {
        PGnotify *notification = PQnotifies(session->connection);
        if (notification != NULL) {
            nanoseconds[seen++] = baseline_now();
            PQfreemem(notification);
            continue;
        }
        if (poll(&descriptor, 1, 60000) != 1) return complain(session->connection);
        if (PQconsumeInput(session->connection) != 1) return complain(session->connection);
    }
    return 0;
}

int baseline_notify(baseline *session, const char *channel, int count, int pause_microseconds, uint64_t *nanoseconds) {
    char text[100];
    snprintf(text, sizeof text, "NOTIFY %s, 'payload'", channel);
    for (int i = 0; i < count; i++) {
        nanoseconds[i] = baseline_now();
        if (baseline_run(session, text) != 0) return -1;
        usleep((useconds_t)pause_microseconds);
    }
    return 0;
}
