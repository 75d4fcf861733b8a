// Derivatives of the digamma function.
#ifndef MK_POLYGAMMA_H
#define MK_POLYGAMMA_H

#include "mk_common.h"

// y[i] = the order-th derivative (order > 0) of digamma at x[i]. Below 0 the first is known,
// the others are NaN. f32 and f64.
void mk_polygamma(mk_dtype dtype, int32_t order, const void *x, void *y, int64_t n);

#endif
