// The parts of a convolution.
#ifndef MK_CONV_INTERNAL_H
#define MK_CONV_INTERNAL_H

#include "internal.h"
#include "mk_conv.h"

// A grid of positions, each of which sees the same taps of an image: position q and tap t of an axis meet the source at
// q * step + offset[t]. The forward pass is one gather from x; the gradient to the input is one gather from dy for each
// residue of the input position modulo the stride, with the taps that reach it.
typedef struct {
    int64_t grid[3];
    int64_t source[3], channels;
    int64_t step[3];
    int64_t taps[3];
    const int64_t *offset[3]; // ascending
    size_t size;              // of an element
} mk_gather;

// What a gather takes: channels first_channel..<first_channel + channels, taps of the rows (pairs of the outer axes'
// taps, in order) first_row..<first_row + rows.
typedef struct {
    int64_t first_channel, channels;
    int64_t first_row, rows;
} mk_gather_part;

// Writes the rows first..<first + count of the column matrix: for each position of the batch [n, grid] in order, the
// part's taps and channels in order, zeros outside the source.
void mk_gather_columns(const mk_gather *gather, const mk_gather_part *part, const void *source, int64_t first,
                       int64_t count, void *columns);

// The forward pass's gather; `offsets` is room of `mk_offset_bytes`, one for each tap of each axis.
mk_gather mk_conv_gather(const mk_conv_plan *plan, int64_t *offsets);

static inline size_t mk_offset_bytes(const mk_conv_plan *plan) {
    return (size_t)(plan->kernel[0] + plan->kernel[1] + plan->kernel[2]) * sizeof(int64_t);
}

// Tasks that convolve positions of `work` multiplications each: at least a million operations (10 us), 16 at most.
static inline int64_t mk_conv_tasks(int64_t positions, int64_t work) {
    return mk_clamp((int64_t)(2e-6 * (double)positions * (double)work), 1, 16);
}

// Positions of a block whose columns stay in the second-level cache, and are still enough for a product at full speed.
int64_t mk_block_positions(int64_t columns, size_t size, int64_t positions);
// The same where each block is a task: fewer positions, if otherwise the tasks were few. `work`: multiplications for a
// position.
int64_t mk_task_positions(int64_t columns, size_t size, int64_t positions, int64_t work);

// The gradient to the input, as gathers from dy (phases) or as products that are added to dx (columns).
void mk_conv_input_by_phases(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx);
void mk_conv_input_by_columns(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx);

// Convolutions where each group has one input channel.
void mk_depthwise(const mk_conv_plan *plan, const void *x, const void *kernel, const void *bias, void *y);
void mk_depthwise_input_gradient(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx);
void mk_depthwise_kernel_gradient(const mk_conv_plan *plan, const void *x, const void *dy, void *dkernel);

// A convolution over two axes, of which the first axis's positions are more images.
static inline bool mk_is_planar(const mk_conv_plan *p) {
    return p->kernel[0] == 1 && p->stride[0] == 1 && p->pad_before[0] == 0 && p->out[0] == p->in[0];
}

// Winograd's algorithm, float32: whether it takes a product with results of the sizes `outputs` and wins, by shapes and
// the setting; the three products.
bool mk_winograd_takes(const mk_conv_plan *plan);
bool mk_winograd_takes_gradients(const mk_conv_plan *plan, const int64_t outputs[3]);
void mk_winograd_forward(const mk_conv_plan *plan, const float *x, const float *kernel, const mk_weights *weights,
                         const float *bias, float *y);
mk_weights *mk_winograd_prepare(const mk_conv_plan *plan, const float *kernel);
void mk_winograd_input_gradient(const mk_conv_plan *plan, const float *dy, const float *kernel, float *dx);
void mk_winograd_kernel_gradient(const mk_conv_plan *plan, const float *x, const float *dy, float *dkernel);

// Images of few channels, as the first layer has them, float32.
bool mk_thin_takes(const mk_conv_plan *plan);
void mk_thin_forward(const mk_conv_plan *plan, const float *x, const float *kernel, const float *bias, float *y);
void mk_thin_kernel_gradient(const mk_conv_plan *plan, const float *x, const float *dy, float *dkernel);

#endif
