// Weighted sums of neighbours along an axis: what resizing and pooling to a given size are made of.
#ifndef MK_RESAMPLE_H
#define MK_RESAMPLE_H

#include "mk_common.h"

// y [outer, count, inner] of x [outer, n, inner]: the element i along the middle axis is the sum of
// weights[offsets[i] + k] x[starts[i] + k] for k in 0..<offsets[i + 1] - offsets[i], in this order; 0 of none.
// All places lie in 0..<n. f32 (summed in double) and f64.
void mk_resample(mk_dtype dtype, const void *x, void *y, int64_t outer, int64_t n, int64_t count, int64_t inner,
                 const int64_t *starts, const int64_t *offsets, const double *weights);

#endif
