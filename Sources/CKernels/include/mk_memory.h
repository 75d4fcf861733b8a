// Memory for tensors: a caching allocator, so that a training step that asks for the same sizes again costs no system
// call and no page fault; and per-thread scratch for kernels.
#ifndef MK_MEMORY_H
#define MK_MEMORY_H

#include "mk_common.h"

// A block of at least `bytes` bytes on a 64-byte boundary, not cleared; NULL when the system has no more memory.
// 0 bytes give a valid pointer too. At most a quarter of a block is rounding.
void *mk_alloc(size_t bytes);
// Takes back a block; `bytes` is what it was asked with. NULL is ignored.
void mk_free(void *block, size_t bytes);

typedef struct {
    uint64_t bytes_live;         // in blocks that are in use, rounding included
    uint64_t bytes_cached;       // in blocks that wait for their next use
    uint64_t peak_bytes_live;    // the most that was in use at one time
    uint64_t allocations;        // calls of mk_alloc
    uint64_t system_allocations; // those that the cache could not serve
} mk_memory_counts;

mk_memory_counts mk_memory_stats(void);
// Starts a new measurement of the peak, at what is in use now.
void mk_memory_reset_peak(void);
// Gives every cached block back to the system.
void mk_memory_trim(void);

// Working memory of the calling thread on a 64-byte boundary, valid until the thread's next call: for the innermost
// part of a kernel, which calls no other kernel. It grows, and goes with the thread. Stops the process when there is no
// memory.
void *mk_scratch(size_t bytes);
// mk_alloc for a kernel's own partial results: stops the process when there is no memory.
void *mk_alloc_or_stop(size_t bytes);

#endif
