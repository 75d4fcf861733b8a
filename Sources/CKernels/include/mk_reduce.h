// Reductions over any set of axes. Every order of additions depends on the shape alone.
#ifndef MK_REDUCE_H
#define MK_REDUCE_H

#include "mk_common.h"

typedef enum {
    MK_REDUCE_SUM = 0,
    MK_REDUCE_PROD = 1,
    MK_REDUCE_MAX = 2,
    MK_REDUCE_MIN = 3,
    MK_REDUCE_MEAN = 4,
    MK_REDUCE_ANY = 5,
    MK_REDUCE_ALL = 6,
} mk_reduction;

// Reduces the axes whose bits are set in `reduced` of the row-major tensor `in`; `out` holds the other axes in their order.
// sum, prod (integers wrap), max, min (NaN wins): f32, f64, i32, i64, u8. mean: f32, f64. any, all: bool.
// Sums are trees over blocks of fixed size. Nothing to reduce gives 0, 1, NaN (mean), false (any), true (all); for max
// and min Swift refuses it.
void mk_reduce(mk_reduction op, mk_dtype dtype, const void *in, void *out, int rank, const ptrdiff_t *dims,
               uint32_t reduced);

// The sums of uint8 or bool, as int64.
void mk_sum_bytes(const void *in, void *out, int rank, const ptrdiff_t *dims, uint32_t reduced);

// The index of the largest (smallest) element along the middle axis of [outer, n, inner], n > 0. The first one wins;
// NaN counts as the extreme, as in NumPy. f32, f64, i32, i64, u8, bool.
void mk_argmax(mk_dtype dtype, const void *in, int64_t *out, int64_t outer, int64_t n, int64_t inner);
void mk_argmin(mk_dtype dtype, const void *in, int64_t *out, int64_t outer, int64_t n, int64_t inner);

#endif
