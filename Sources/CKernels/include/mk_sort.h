// Sorting along the last axis of [rows, n]. NaN counts as larger than every number (so it comes last ascending and
// first descending, as in PyTorch), -0 and 0 as equal. f32, f64, i32, i64, u8, bool.
#ifndef MK_SORT_H
#define MK_SORT_H

#include "mk_common.h"

// Stable in both directions. `values` and `indices` [rows, n]; either may be NULL. `values` may not be `in`.
void mk_sort(mk_dtype dtype, const void *in, void *values, int64_t *indices, int64_t rows, int64_t n, bool descending);

// The k largest (or smallest) of each row, in order, the lower index first among equals. values, indices [rows, k], k
// <= n.
void mk_top_k(mk_dtype dtype, const void *in, void *values, int64_t *indices, int64_t rows, int64_t n, int64_t k,
              bool largest);

// For each of values [rows, m] where it belongs in the ascending row of sorted [rows, n]: before (`right`: behind) its
// equals.
void mk_search_sorted(mk_dtype dtype, const void *sorted, const void *values, int64_t *out, int64_t rows, int64_t n,
                      int64_t m, bool right);

#endif
