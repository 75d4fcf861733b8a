// A linear recurrence along an axis.
#ifndef MK_RECURRENCE_H
#define MK_RECURRENCE_H

#include "mk_common.h"

// y[0] = 0, y[i + 1] = a[i] y[i] + b[i] along the middle axis of [outer, n, inner]; with `reverse` from the end, the
// last y being 0. f32 (carried in double) and f64. `y` may be `a` or `b`.
void mk_linear_recurrence(mk_dtype dtype, const void *a, const void *b, void *y, int64_t outer, int64_t n,
                          int64_t inner, bool reverse);

#endif
