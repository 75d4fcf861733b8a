// Max and average pooling over three spatial dimensions, channels last; one and two dimensions set the leading ones to
// 1.
#ifndef MK_POOL_H
#define MK_POOL_H

#include "mk_common.h"

// Output position o sees the inputs o * stride - pad_before + t for t in 0..<window that exist; each must see one at
// least.
typedef struct {
    mk_dtype type; // MK_F32 or MK_F64
    int64_t n;     // images, may be 0
    int64_t in[3], channels, window[3], out[3], stride[3], pad_before[3];
} mk_pool_plan;

// x [n, in, channels], y and argmax [n, out, channels]. argmax (or NULL) receives the winner's flat position in its
// image's spatial plane (below 2^31); the first of equal maxima wins, and the first NaN wins over all.
void mk_max_pool(const mk_pool_plan *plan, const void *x, void *y, int32_t *argmax);
void mk_max_pool_gradient(const mk_pool_plan *plan, const void *dy, const int32_t *argmax, void *dx);

// The mean of the inputs that exist: padding does not count, as in Keras.
void mk_average_pool(const mk_pool_plan *plan, const void *x, void *y);
void mk_average_pool_gradient(const mk_pool_plan *plan, const void *dy, void *dx);

#endif
