// Cumulative sums, products, maxima and minima.
#ifndef MK_SCAN_H
#define MK_SCAN_H

#include "mk_common.h"

typedef enum { MK_CUMSUM = 0, MK_CUMPROD = 1, MK_CUMMAX = 2, MK_CUMMIN = 3 } mk_scan_op;

// Along the middle axis of [outer, n, inner]. `exclusive` leaves the element itself out, so that the first result is 0,
// 1, or the lowest or highest value; `reverse` goes from the end. f32 (sums and products kept in double), f64, i32, i64
// (which wrap). A NaN stays to the end. `out` may be `in`.
void mk_scan(mk_scan_op op, mk_dtype dtype, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
             bool exclusive, bool reverse);

#endif
