#ifndef HELIOGRAPH_SIMULATION_H
#define HELIOGRAPH_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this system lets the Swift runtime be led.
bool simulation_works(void);

/// From here on all tasks of this process are run by `simulation_run` alone, one job at a time, in an order that the seed decides; the
/// clocks, the time of day and the system's random numbers are the simulation's, too.
void simulation_begin(uint64_t seed);

/// Runs jobs until `simulation_stop`. While there are none that are ready the time goes on to the next that will be.
/// - Parameter seconds: at most so many of the simulated time. There is a limit of jobs, too.
/// - Returns: whether it was stopped; `false` when the time is over, or nobody is left who would ever go on.
bool simulation_run(double seconds);

/// Called by a job: it is the last one.
void simulation_stop(void);

/// The next random number.
uint64_t simulation_random(void);

/// Seconds since `simulation_begin`, as the process is told.
double simulation_seconds(void);

/// How many times there was a choice of what to run next.
uint64_t simulation_choices(void);

/// Jobs that were run.
uint64_t simulation_jobs(void);

/// A hash of all that was decided: two runs with the same one went the same way.
uint64_t simulation_digest(void);

#endif
