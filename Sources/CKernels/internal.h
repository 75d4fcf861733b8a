// What the kernels share with each other, not with Swift: inlining, integer helpers, temporary memory, ranges of
// parallel work, and the parts that products and convolutions are made of.
#ifndef MK_INTERNAL_H
#define MK_INTERNAL_H

#include <stdio.h>
#include <stdlib.h>
#include "clones.h"
#include "mk_common.h"
#include "mk_gemm.h"
#include "mk_memory.h"
#include "mk_thread.h"

static inline int64_t mk_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t mk_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t mk_clamp(int64_t x, int64_t low, int64_t high) { return mk_max(low, mk_min(x, high)); }
static inline int64_t mk_volume(const int64_t extents[3]) { return extents[0] * extents[1] * extents[2]; }
static inline int64_t mk_ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }

// The address of an element, given the size of one.
static inline const void *mk_at(const void *p, int64_t elements, size_t size) {
    return (const char *)p + elements * (int64_t)size;
}
static inline void *mk_at_mutable(void *p, int64_t elements, size_t size) {
    return (char *)p + elements * (int64_t)size;
}

// About the number of elements that are worth a task of their own.
#define MK_GRAIN 65536

// Room for `count` elements of `size` bytes, not cleared, until mk_free_temporary; from the cache of blocks, like
// tensors. Its size stands before it.
static inline void *mk_temporary(int64_t count, size_t size) {
    size_t bytes = (size_t)(count > 0 ? count : 1) * size + 64;
    size_t *block = mk_alloc_or_stop(bytes);
    *block = bytes;
    return (char *)block + 64;
}

static inline void mk_free_temporary(void *room) {
    if (room == NULL) return;
    size_t *block = (size_t *)((char *)room - 64);
    mk_free(block, *block);
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

// The same for work of some microseconds, which only threads that are awake share.
static inline void mk_awake_ranges(int64_t n, int64_t grain, void (*fn)(int64_t begin, int64_t end, void *context),
                                   void *context) {
    mk_ranges ranges = {n, grain, fn, context};
    mk_parallel_for_awake(mk_ceil_div(n, grain), mk_run_range, &ranges);
}

// The number of items of `elements` elements each that make a task.
static inline int64_t mk_grain_of(int64_t elements) { return mk_max(1, MK_GRAIN / mk_max(1, elements)); }

// C = alpha op(A) op(B) + beta C on the calling thread, float32 or float64.
void mk_gemm_block(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                   const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c);

// Matrices B that several tasks multiply with, packed once for all of them where that pays.
typedef struct {
    mk_dtype type;
    bool transpose;
    int64_t m, n, k;       // of a task's product
    const void *b;
    int64_t row;
    int64_t count, stride; // matrices, and elements from one to the next
    float *panels;         // those of one matrix after the other; NULL: not packed
    size_t bytes;
    const struct mk_sgemm_kernels *kernels;
} mk_shared_b;

// Packs the matrices, on the pool, unless products with m rows read them where they are.
void mk_share_b(mk_shared_b *shared);
void mk_unshare_b(mk_shared_b *shared);
// C = op(A) op(B) + beta C with one of the matrices, on the calling thread; m may be less than what was foreseen.
void mk_gemm_with(const mk_shared_b *shared, int64_t matrix, bool transpose_a, int64_t m, const void *a, int64_t row_a,
                  double beta, void *c, int64_t row_c);

// How a product or a convolution is computed may change with the settings: what was prepared for another way is ignored.
typedef enum { MK_OF_PRODUCT, MK_OF_COLUMNS, MK_OF_WINOGRAD, MK_OF_INT8 } mk_weights_kind;
struct mk_weights {
    mk_weights_kind kind;
    mk_shared_b shared;
};
// Packs matrices that stay; NULL where they are read as they are.
mk_weights *mk_make_weights(mk_weights_kind kind, mk_shared_b shared);
// The weights, or NULL when they are of another kind.
static inline const mk_weights *mk_weights_for(mk_weights_kind kind, const mk_weights *weights) {
    return weights != NULL && weights->kind == kind ? weights : NULL;
}

// Adds the bias (NULL: none) to every row of a block and applies the activation, float32 or float64.
void mk_epilogue(mk_dtype type, void *c, int64_t rows, int64_t columns, int64_t row_c, const void *bias,
                 mk_activation activation);

// Sums `parts` arrays of `count` elements that follow each other in memory into the first, by a tree that depends on
// `parts` alone; float32 or float64, on the pool.
void mk_sum_parts(mk_dtype type, void *parts_start, int64_t parts, int64_t count);

// Integer products, on the pool.
void mk_gemm_integer(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias);

#endif
