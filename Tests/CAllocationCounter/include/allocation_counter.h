// Counts the calls of malloc and its relatives by one thread: what "allocates nothing" is checked with.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

// The calls that this thread has made since it started. Always 0 under a sanitizer, which has an allocator of its own.
uint64_t allocation_count(void);

// Whether each of this thread's calls prints its callers on standard error.
void print_allocations(bool on);

#endif
