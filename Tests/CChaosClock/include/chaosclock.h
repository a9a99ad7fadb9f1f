#ifndef CHAOSCLOCK_H
#define CHAOSCLOCK_H

#include <stdint.h>

/// Whether the time of day can be shifted on this platform.
int chaosclock_works(void);

/// Shifts the time of day, for this process alone, by so many seconds from the kernel's. Other clocks stay as they are.
void chaosclock_shift(int64_t seconds);

#endif
