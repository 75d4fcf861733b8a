// What the kernels share among themselves: inlining, integer helpers, scratch memory, and ranges of parallel work.
#ifndef MK_INTERNAL_H
#define MK_INTERNAL_H

#include <stdio.h>
#include <stdlib.h>
#include "mk_common.h"
#include "mk_thread.h"

// A helper that takes the instruction set of the clone it is inlined into.
#define MK_INLINE static inline __attribute__((always_inline))

#define MK_PASTE_(a, b) a##_##b
#define MK_PASTE(a, b) MK_PASTE_(a, b)

static inline int64_t mk_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t mk_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t mk_ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// About the number of elements that are worth a task of their own.
#define MK_GRAIN 65536

// Temporary memory of a kernel; the caller frees it. A kernel cannot go on without.
static inline void *mk_scratch(int64_t count, size_t size) {
    void *memory = malloc(count > 0 ? (size_t)count * size : 1);
    if (!memory) {
        fprintf(stderr, "CKernels: no memory for %lld elements of %zu bytes\n", (long long)count, size);
        abort();
    }
    return memory;
}

// Swift chooses the dtypes that a kernel knows; another one is a mistake in Martlet itself.
_Noreturn static inline void mk_unsupported(const char *kernel, mk_dtype dtype) {
    fprintf(stderr, "CKernels: %s has no kernel for dtype %d\n", kernel, (int)dtype);
    abort();
}

typedef struct {
    int64_t n, grain;
    void (*fn)(int64_t begin, int64_t end, void *context);
    void *context;
} mk_ranges;

static inline void mk_run_range(int64_t task, void *context) {
    const mk_ranges *r = context;
    int64_t begin = task * r->grain;
    r->fn(begin, mk_min(begin + r->grain, r->n), r->context);
}

// Cuts 0..<n into ranges of `grain` and runs fn(begin, end, context) on each.
static inline void mk_parallel_ranges(int64_t n, int64_t grain, void (*fn)(int64_t begin, int64_t end, void *context),
                                      void *context) {
    if (n <= 0) return;
    if (n <= grain) return fn(0, n, context);
    mk_ranges ranges = {n, grain, fn, context};
    mk_parallel_for(mk_ceil_div(n, grain), mk_run_range, &ranges);
}

// The number of items of `elements` elements each that make a task.
static inline int64_t mk_grain_of(int64_t elements) { return mk_max(1, MK_GRAIN / mk_max(1, elements)); }

#endif
