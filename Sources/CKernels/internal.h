// What kernels share with each other, not with Swift.
#ifndef MK_INTERNAL_H
#define MK_INTERNAL_H

#include "mk_common.h"
#include "mk_gemm.h"
#include "mk_memory.h"
#include "mk_thread.h"

static inline int64_t mk_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t mk_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t mk_clamp(int64_t x, int64_t low, int64_t high) { return mk_max(low, mk_min(x, high)); }
static inline int64_t mk_volume(const int64_t extents[3]) { return extents[0] * extents[1] * extents[2]; }
static inline int64_t mk_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The address of an element, given the size of one.
static inline const void *mk_at(const void *p, int64_t elements, size_t size) {
    return (const char *)p + elements * (int64_t)size;
}
static inline void *mk_at_mutable(void *p, int64_t elements, size_t size) {
    return (char *)p + elements * (int64_t)size;
}

// C = alpha op(A) op(B) + beta C on the calling thread, float32 or float64.
void mk_gemm_block(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                   const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c);

// Adds the bias (NULL: none) to every row of a block and applies the activation, float32 or float64.
void mk_epilogue(mk_dtype type, void *c, int64_t rows, int64_t columns, int64_t row_c, const void *bias,
                 mk_activation activation);

// Sums `parts` arrays of `count` elements that follow each other in memory into the first, by a tree that depends on
// `parts` alone; float32 or float64, on the pool.
void mk_sum_parts(mk_dtype type, void *parts_start, int64_t parts, int64_t count);

// Integer products, on the pool.
void mk_gemm_integer(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias);

#endif
