// Stands in for what the Swift runtime has its tasks run by (libdispatch), for the clocks and for the source of randomness: its
// functions stand before those of the libraries, as a preloaded library's would. (The hooks of swift/Runtime/Concurrency.h are not
// enough: since Swift 6.3 `Task.sleep` goes past them.)
#define _GNU_SOURCE
#include "simulation.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

static const int64_t second = 1000000000;
/// What the clocks show in the beginning. After the start of all clocks, so that nothing becomes negative.
static const int64_t beginning = 1800000000;
/// A job takes up to so many nanoseconds, so that those which began together do not stay together.
static const uint64_t longest_job = 20000;

/// So many times as many jobs as a run needs: it is going round in circles.
static const uint64_t most_jobs = 2000000;

static bool is_simulated = false, is_stopped = false;
static int64_t elapsed = 0;
static uint64_t state = 0;
/// FNV-1a (Fowler, Noll, Vo), 64 bits.
static const uint64_t offset_basis = 14695981039346656037u;
static uint64_t digest = offset_basis;
static uint64_t choices = 0, jobs = 0;

/// A piece of a task, up to where it waits for something.
typedef struct {
    void (*run)(void *);
    void *context;
} Job;

/// Jobs that are ready, in the order of their arrival.
static Job *ready = NULL;
static size_t ready_count = 0, ready_size = 0;

typedef struct {
    int64_t at;
    uint64_t number;
    Job job;
} Timer;

/// A heap: the first is due first.
static Timer *timers = NULL;
static size_t timer_count = 0, timer_size = 0;
static uint64_t timer_number = 0;

/// A system call, past the C library, whose own `syscall` is not to be had any more.
static long ask_kernel(long number, const long of[6]) {
#if defined(__x86_64__)
    long outcome;
    register long fourth __asm__("r10") = of[3], fifth __asm__("r8") = of[4], sixth __asm__("r9") = of[5];
    __asm__ volatile("syscall"
                     : "=a"(outcome)
                     : "a"(number), "D"(of[0]), "S"(of[1]), "d"(of[2]), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return outcome;
#else
    register long outcome __asm__("x0") = of[0], second_argument __asm__("x1") = of[1], third __asm__("x2") = of[2],
                          fourth __asm__("x3") = of[3], fifth __asm__("x4") = of[4], sixth __asm__("x5") = of[5],
                          wanted __asm__("x8") = number;
    __asm__ volatile("svc 0"
                     : "+r"(outcome)
                     : "r"(second_argument), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth), "r"(wanted)
                     : "memory");
    return outcome;
#endif
}

bool simulation_works(void) { return true; }

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
uint64_t simulation_random(void) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void note(uint64_t value) { digest = (digest ^ value) * 1099511628211u; }

static void *grown(void *array, size_t *size, size_t width) {
    *size = *size == 0 ? 64 : *size * 2;
    void *larger = realloc(array, *size * width);
    if (!larger) abort();
    return larger;
}

static void enqueue(Job job) {
    if (ready_count == ready_size) ready = grown(ready, &ready_size, sizeof *ready);
    ready[ready_count++] = job;
}

static bool is_before(const Timer *one, const Timer *other) {
    return one->at != other->at ? one->at < other->at : one->number < other->number;
}

static void swap(size_t one, size_t other) {
    Timer timer = timers[one];
    timers[one] = timers[other];
    timers[other] = timer;
}

static void enqueue_at(int64_t at, Job job) {
    if (timer_count == timer_size) timers = grown(timers, &timer_size, sizeof *timers);
    size_t place = timer_count++;
    timers[place] = (Timer){.at = at, .number = timer_number++, .job = job};
    for (; place > 0 && is_before(&timers[place], &timers[(place - 1) / 2]); place = (place - 1) / 2)
        swap(place, (place - 1) / 2);
}

static Job take_first_timer(void) {
    Job job = timers[0].job;
    timers[0] = timers[--timer_count];
    for (size_t place = 0;;) {
        size_t least = place;
        for (size_t child = 2 * place + 1; child <= 2 * place + 2; child++)
            if (child < timer_count && is_before(&timers[child], &timers[least])) least = child;
        if (least == place) return job;
        swap(place, least);
        place = least;
    }
}

void simulation_begin(uint64_t seed) {
    state = seed;
    is_simulated = true;
    is_stopped = false;
    // What is left of a run before is never run.
    elapsed = 0, choices = 0, jobs = 0, digest = offset_basis;
    ready_count = 0, timer_count = 0, timer_number = 0;
}

void simulation_stop(void) { is_stopped = true; }

bool simulation_run(double seconds) {
    const int64_t end = elapsed + (int64_t)(seconds * (double)second);
    while (!is_stopped && jobs < most_jobs) {
        while (timer_count > 0 && timers[0].at <= elapsed) enqueue(take_first_timer());
        if (ready_count == 0) {
            if (timer_count == 0 || timers[0].at > end) return false;
            elapsed = timers[0].at;
            continue;
        }
        size_t chosen = 0;
        if (ready_count > 1) {
            chosen = simulation_random() % ready_count;
            choices++;
        }
        note(chosen);
        note((uint64_t)elapsed);
        Job job = ready[chosen];
        memmove(&ready[chosen], &ready[chosen + 1], (--ready_count - chosen) * sizeof *ready);
        elapsed += (int64_t)(simulation_random() % longest_job);
        jobs++;
        job.run(job.context);
    }
    return is_stopped;
}

double simulation_seconds(void) { return (double)elapsed / (double)second; }
uint64_t simulation_choices(void) { return choices; }
uint64_t simulation_jobs(void) { return jobs; }
uint64_t simulation_digest(void) { return digest; }

// What the process asks the system.

typedef void (*Function)(void *);

/// The library's own function of this name.
static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

VISIBLE void dispatch_async_f(void *queue, void *context, Function run) {
    if (is_simulated) return enqueue((Job){.run = run, .context = context});
    ((void (*)(void *, void *, Function))next("dispatch_async_f"))(queue, context, run);
}

VISIBLE void dispatch_after_f(uint64_t when, void *queue, void *context, Function run) {
    if (!is_simulated) return ((void (*)(uint64_t, void *, void *, Function))next("dispatch_after_f"))(when, queue, context, run);
    // For ever: nobody will see it run.
    if (when == UINT64_MAX) return;
    // The highest bit says which clock; all of them show the same time.
    enqueue_at((int64_t)(when & ~(UINT64_C(1) << 63)) - beginning * second, (Job){.run = run, .context = context});
}

VISIBLE int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!is_simulated || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
        return (int)syscall(SYS_clock_gettime, clock, now);
    now->tv_sec = beginning + elapsed / second;
    now->tv_nsec = elapsed % second;
    return 0;
}

VISIBLE int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    int outcome = clock_gettime(CLOCK_REALTIME, &precise);
    if (outcome == 0) {
        now->tv_sec = precise.tv_sec;
        now->tv_usec = precise.tv_nsec / 1000;
    }
    return outcome;
}

VISIBLE time_t time(time_t *now) {
    struct timespec precise;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return (time_t)-1;
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}

/// Where the Swift runtime's random numbers are from, by way of `syscall`.
static long take_random(void *buffer, size_t count) {
    for (size_t place = 0; place < count; place += sizeof(uint64_t)) {
        uint64_t value = simulation_random();
        memcpy((char *)buffer + place, &value, count - place < sizeof value ? count - place : sizeof value);
    }
    return (long)count;
}

VISIBLE long syscall(long number, ...) {
    long of[6];
    va_list list;
    va_start(list, number);
    for (size_t place = 0; place < 6; place++) of[place] = va_arg(list, long);
    va_end(list);
    if (is_simulated && number == SYS_getrandom) return take_random((void *)of[0], (size_t)of[1]);
    long outcome = ask_kernel(number, of);
    if (outcome >= 0 || outcome < -4095) return outcome;
    errno = (int)-outcome;
    return -1;
}

#else

bool simulation_works(void) { return false; }
void simulation_begin(uint64_t seed) { (void)seed; }
bool simulation_run(double seconds) { return (void)seconds, false; }
void simulation_stop(void) {}
uint64_t simulation_random(void) { return 0; }
double simulation_seconds(void) { return 0; }
uint64_t simulation_choices(void) { return 0; }
uint64_t simulation_jobs(void) { return 0; }
uint64_t simulation_digest(void) { return 0; }

#endif
