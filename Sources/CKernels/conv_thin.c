#include "conv_internal.h"
#include "lanes.h"

#include <math.h>
#include <string.h>

// Convolutions of one to four channels: too few for products of columns, which would be written and read again for nine
// multiplications each. Rows of the input are copied with their padding (they are small); then a vector of output
// channels is summed in registers, over the taps for the forward pass and over the positions for the kernel's gradient.

#define POSITIONS 8 // forward: positions that are summed together
#define TAPS 9      // kernel gradient: taps that are summed together
#define MOST_TAPS 256

bool mk_thin_takes(const mk_conv_plan *p) {
    return p->type == MK_F32 && p->groups == 1 && p->channels_in <= 4 && p->channels_out >= MK_LANES / 2
        && mk_is_planar(p) && mk_volume(p->kernel) * p->channels_in <= MOST_TAPS;
}

typedef struct {
    const mk_conv_plan *plan;
    const float *x, *dy;
    float *y, *kernel;           // the kernel, or the sums of its gradient: blocks x rows of MK_LANES, one for each
                                 // tap; the kernel's blocks have one more, the bias
    int64_t taps, blocks;        // of all input channels; of MK_LANES output channels, the last may overlap
    int64_t rows, rows_per_task; // of all images
    int64_t width;               // floats of a padded row
} thin_job;

static thin_job make_job(const mk_conv_plan *p) {
    thin_job job = { .plan = p, .taps = mk_volume(p->kernel) * p->channels_in };
    job.blocks = mk_ceil_div(p->channels_out, MK_LANES);
    job.rows = p->n * p->out[0] * p->out[1];
    job.width = ((p->out[2] - 1) * p->stride[2] + (p->kernel[2] - 1) * p->dilation[2] + 1) * p->channels_in;
    // About 2 million multiplications.
    job.rows_per_task = mk_clamp(((int64_t)1 << 21) / mk_max(p->out[2] * job.taps * p->channels_out, 1), 1, 64);
    return job;
}

// The first output channel of a block.
static inline int64_t block_channel(const mk_conv_plan *p, int64_t block) {
    return mk_max(mk_min(block * MK_LANES, p->channels_out - MK_LANES), 0);
}

// Copies the input rows that output row `row` sees, one for each row of taps.
static void copy_rows(const thin_job *job, int64_t row, float *to) {
    const mk_conv_plan *p = job->plan;
    int64_t image = row / p->out[1], channels = p->channels_in;
    int64_t left = p->pad_before[2] * channels, held = p->in[2] * channels;
    int64_t low = mk_min(left, job->width), high = mk_clamp(left + held, low, job->width);
    for (int64_t t = 0; t < p->kernel[1]; t++, to += job->width) {
        int64_t at = row % p->out[1] * p->stride[1] - p->pad_before[1] + t * p->dilation[1];
        if (at < 0 || at >= p->in[1]) {
            memset(to, 0, (size_t)job->width * sizeof(float));
            continue;
        }
        memset(to, 0, (size_t)low * sizeof(float));
        memcpy(to + low, job->x + (image * p->in[1] + at) * held, (size_t)(high - low) * sizeof(float));
        memset(to + high, 0, (size_t)(job->width - high) * sizeof(float));
    }
}

// Where the taps lie in the copied rows, from a position on.
static void tap_offsets(const thin_job *job, int32_t *offsets) {
    const mk_conv_plan *p = job->plan;
    for (int64_t t1 = 0; t1 < p->kernel[1]; t1++) {
        for (int64_t t2 = 0; t2 < p->kernel[2]; t2++) {
            for (int64_t c = 0; c < p->channels_in; c++) {
                *offsets++ = (int32_t)(t1 * job->width + t2 * p->dilation[2] * p->channels_in + c);
            }
        }
    }
}

typedef struct {
    const int32_t *offsets;
    int64_t taps;
    int64_t step;            // floats of the rows from a position to the next
    int64_t positions;
    int64_t output;          // floats of the output from a position to the next
} thin_row;

// Sums are not below `low`; NaN stays.
MK_INLINE void sum_taps(const thin_row *r, const float *rows, const float *kernel, float low, float *y, int count) {
    mk_lanes sum[POSITIONS], bias = *(const mk_lanes *)(kernel + r->taps * MK_LANES), least = low - (mk_lanes){ 0 };
    _Pragma("unroll") for (int q = 0; q < count; q++) sum[q] = bias;
    for (int64_t t = 0; t < r->taps; t++) {
        mk_lanes k = *(const mk_lanes *)(kernel + t * MK_LANES);
        const float *from = rows + r->offsets[t];
        _Pragma("unroll") for (int q = 0; q < count; q++) sum[q] += from[q * r->step] * k;
    }
    _Pragma("unroll") for (int q = 0; q < count; q++) {
        mk_lane_bits below = sum[q] < least;
        *(mk_lanes *)(y + q * r->output) = MK_SELECT(below, least, sum[q]);
    }
}

// The last positions overlap those before where 8 do not divide them.
MK_CLONES(static, void, forward_row, (const thin_row *r, const float *rows, const float *kernel, float low, float *y),
          (r, rows, kernel, low, y)) {
    int64_t i = 0;
    while (r->positions - i >= POSITIONS) {
        sum_taps(r, rows + i * r->step, kernel, low, y + i * r->output, POSITIONS);
        i += POSITIONS;
        if (i < r->positions && r->positions - i < POSITIONS) i = r->positions - POSITIONS;
    }
    for (; i < r->positions; i++) sum_taps(r, rows + i * r->step, kernel, low, y + i * r->output, 1);
}

// Output rows of fewer channels than MK_LANES, from rows of MK_LANES or to them, filled up with zeros.
static void copy_channels(int64_t positions, int64_t channels, const float *from, int64_t from_step, float *to,
                          int64_t step) {
    for (int64_t i = 0; i < positions; i++, from += from_step, to += step) {
        memcpy(to, from, (size_t)channels * sizeof(float));
        if (step > channels) memset(to + channels, 0, (size_t)(step - channels) * sizeof(float));
    }
}

// The rows of a task's input, and after them a row of MK_LANES channels of the output.
static float *task_rows(const thin_job *job) {
    const mk_conv_plan *p = job->plan;
    return mk_scratch((size_t)(p->kernel[1] * job->width + p->out[2] * MK_LANES) * sizeof(float));
}

static thin_row make_row(const thin_job *job, int32_t *offsets) {
    const mk_conv_plan *p = job->plan;
    tap_offsets(job, offsets);
    int64_t output = mk_max(p->channels_out, MK_LANES);
    return (thin_row){ offsets, job->taps, p->stride[2] * p->channels_in, p->out[2], output };
}

static void forward_task(int64_t task, void *context) {
    const thin_job *job = context;
    const mk_conv_plan *p = job->plan;
    int32_t offsets[MOST_TAPS];
    thin_row r = make_row(job, offsets);
    float *rows = task_rows(job), *room = rows + p->kernel[1] * job->width;
    float low = p->activation == MK_ACTIVATION_RELU ? 0 : -INFINITY;
    int64_t end = mk_min((task + 1) * job->rows_per_task, job->rows);
    for (int64_t row = task * job->rows_per_task; row < end; row++) {
        float *y = job->y + row * p->out[2] * p->channels_out;
        bool narrow = p->channels_out < MK_LANES;
        copy_rows(job, row, rows);
        for (int64_t b = 0; b < job->blocks; b++) {
            forward_row(&r, rows, job->kernel + b * (job->taps + 1) * MK_LANES, low,
                        narrow ? room : y + block_channel(p, b));
        }
        if (narrow) copy_channels(p->out[2], p->channels_out, room, MK_LANES, y, p->channels_out);
    }
}

void mk_thin_forward(const mk_conv_plan *p, const float *x, const float *kernel, const float *bias, float *y) {
    thin_job job = make_job(p);
    int64_t rows = job.taps + 1;
    size_t bytes = (size_t)(job.blocks * rows * MK_LANES) * sizeof(float);
    job.x = x;
    job.y = y;
    job.kernel = mk_alloc_or_stop(bytes);
    memset(job.kernel, 0, bytes);
    for (int64_t i = 0; i < job.blocks * rows; i++) {
        const float *from = i % rows < job.taps ? kernel + i % rows * p->channels_out : bias;
        if (from == NULL) continue;
        memcpy(job.kernel + i * MK_LANES, from + block_channel(p, i / rows),
               (size_t)mk_min(p->channels_out, MK_LANES) * sizeof(float));
    }
    mk_parallel_for(mk_ceil_div(job.rows, job.rows_per_task), forward_task, &job);
    mk_free(job.kernel, bytes);
}

MK_INLINE void sum_positions(const thin_row *r, const int32_t *offsets, const float *rows, const float *dy,
                             float *sums, int count) {
    mk_lanes sum[TAPS];
    for (int t = 0; t < count; t++) sum[t] = *(const mk_lanes *)(sums + t * MK_LANES);
    for (int64_t i = 0; i < r->positions; i++, rows += r->step, dy += r->output) {
        mk_lanes g = *(const mk_lanes *)dy;
        for (int t = 0; t < count; t++) sum[t] += rows[offsets[t]] * g;
    }
    for (int t = 0; t < count; t++) *(mk_lanes *)(sums + t * MK_LANES) = sum[t];
}

// The numbers of taps are constants, so that the sums are registers.
MK_CLONES(static, void, gradient_row, (const thin_row *r, const float *rows, const float *dy, float *sums),
          (r, rows, dy, sums)) {
    const int32_t *offsets = r->offsets;
    int64_t left = r->taps;
    for (; left >= TAPS; left -= TAPS, offsets += TAPS, sums += TAPS * MK_LANES) {
        sum_positions(r, offsets, rows, dy, sums, TAPS);
    }
    for (; left >= 4; left -= 4, offsets += 4, sums += 4 * MK_LANES) sum_positions(r, offsets, rows, dy, sums, 4);
    for (; left > 0; left--, offsets++, sums += MK_LANES) sum_positions(r, offsets, rows, dy, sums, 1);
}

static void kernel_task(int64_t part, void *context) {
    const thin_job *job = context;
    const mk_conv_plan *p = job->plan;
    int32_t offsets[MOST_TAPS];
    thin_row r = make_row(job, offsets);
    float *rows = task_rows(job), *room = rows + p->kernel[1] * job->width;
    float *sums = job->kernel + part * job->blocks * job->taps * MK_LANES;
    memset(sums, 0, (size_t)(job->blocks * job->taps * MK_LANES) * sizeof(float));
    int64_t end = mk_min((part + 1) * job->rows_per_task, job->rows);
    for (int64_t row = part * job->rows_per_task; row < end; row++) {
        const float *dy = job->dy + row * p->out[2] * p->channels_out;
        if (p->channels_out < MK_LANES) {
            copy_channels(p->out[2], p->channels_out, dy, p->channels_out, room, MK_LANES);
            dy = room;
        }
        copy_rows(job, row, rows);
        for (int64_t b = 0; b < job->blocks; b++) {
            gradient_row(&r, rows, dy + block_channel(p, b), sums + b * job->taps * MK_LANES);
        }
    }
}

void mk_thin_kernel_gradient(const mk_conv_plan *p, const float *x, const float *dy, float *dkernel) {
    thin_job job = make_job(p);
    int64_t parts = mk_clamp(job.rows / job.rows_per_task, 1, 32), elements = job.blocks * job.taps * MK_LANES;
    job.rows_per_task = mk_ceil_div(job.rows, parts);
    parts = mk_ceil_div(job.rows, job.rows_per_task);
    size_t bytes = (size_t)(parts * elements) * sizeof(float);
    job.x = x;
    job.dy = dy;
    job.kernel = mk_alloc_or_stop(bytes);
    mk_parallel_for(parts, kernel_task, &job);
    mk_sum_parts(MK_F32, job.kernel, parts, elements);
    for (int64_t i = 0; i < job.blocks * job.taps; i++) {
        memcpy(dkernel + i % job.taps * p->channels_out + block_channel(p, i / job.taps), job.kernel + i * MK_LANES,
               (size_t)mk_min(p->channels_out, MK_LANES) * sizeof(float));
    }
    mk_free(job.kernel, bytes);
}
