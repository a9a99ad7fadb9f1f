#ifndef HELIOGRAPH_ALLOCATIONS_H
#define HELIOGRAPH_ALLOCATIONS_H

#include <stdint.h>

/// Whether this thread's allocations are counted on this system.
int allocations_are_known(void);

/// How many blocks this thread has asked for since its start.
uint64_t allocations_count(void);

#endif
