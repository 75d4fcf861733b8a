// Convolution (cross-correlation, as in Keras) over three spatial dimensions, channels last; one and two dimensions set
// the leading ones to 1.
#ifndef MK_CONV_H
#define MK_CONV_H

#include "mk_common.h"
#include "mk_gemm.h"

// Output position o sees the input at o * stride - pad_before + t * dilation for t in 0..<kernel, zeros outside; `out`
// may end anywhere, so that it also describes a transposed convolution, which is mk_conv_input_gradient.
typedef struct {
    mk_dtype type; // MK_F32 or MK_F64
    int64_t n;     // images, may be 0
    int64_t in[3], channels_in;
    int64_t kernel[3];
    int64_t out[3], channels_out;
    int64_t stride[3], dilation[3];
    int64_t pad_before[3];
    int64_t groups; // divides both channel counts; group g joins the g-th part of each
    mk_activation activation; // of the forward pass
} mk_conv_plan;

// Shapes: x [n, in, channels_in], y [n, out, channels_out], kernel [kernel, channels_in / groups, channels_out]
// (Keras's order), bias [channels_out] or NULL. Results are written, not added.
void mk_conv(const mk_conv_plan *plan, const void *x, const void *kernel, const void *bias, void *y);
// Prepares the kernel for convolutions of this plan; NULL where it is read as it is. mk_conv with it, or with NULL.
mk_weights *mk_conv_prepare(const mk_conv_plan *plan, const void *kernel);
void mk_conv_prepared(const mk_conv_plan *plan, const void *x, const void *kernel, const mk_weights *weights,
                      const void *bias, void *y);
void mk_conv_input_gradient(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx);
void mk_conv_kernel_gradient(const mk_conv_plan *plan, const void *x, const void *dy, void *dkernel);

// Whether float32 convolutions with 3x3 kernels may run by Winograd's algorithm; they do at first.
void mk_set_winograd(bool on);
bool mk_winograd(void);

#endif
