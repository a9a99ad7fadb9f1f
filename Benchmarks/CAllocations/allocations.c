// Stands before the C library's malloc, as a preloaded library would, and counts.
#include "allocations.h"

#include <stddef.h>

#ifdef __GLIBC__

static _Thread_local uint64_t count = 0;

extern void *__libc_malloc(size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

int allocations_are_known(void) { return 1; }
uint64_t allocations_count(void) { return count; }

#else

int allocations_are_known(void) { return 0; }
uint64_t allocations_count(void) { return 0; }

#endif
