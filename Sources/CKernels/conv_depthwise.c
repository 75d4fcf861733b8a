#include "conv_internal.h"
#include "window.h"

#include <string.h>

typedef struct {
    const mk_conv_plan *plan;
    mk_axis axis[3];
    const void *source, *kernel, *bias;
    void *result;
    bool gradient;      // to the input: the source is dy and the result dx
    int64_t rows, rows_per_task;
} depthwise_job;

// Channels that are summed in registers.
#define CHUNK 64

// result[c] = sum over the list of source[position][c] * kernel[tap][c].
#define COMBINE(T, NAME)                                                                                               \
    MK_CLONES(static, void, NAME, (T *restrict result, const T *restrict source, const T *restrict kernel,             \
               const int64_t *positions, const int64_t *taps, int64_t count, int64_t channels),                        \
              (result, source, kernel, positions, taps, count, channels)) {                                            \
        int64_t c = 0;                                                                                                 \
        for (; c + CHUNK <= channels; c += CHUNK) {                                                                    \
            T sum[CHUNK] = { 0 };                                                                                      \
            for (int64_t l = 0; l < count; l++) {                                                                      \
                const T *s = source + positions[l] * channels + c, *k = kernel + taps[l] * channels + c;               \
                for (int i = 0; i < CHUNK; i++) sum[i] += s[i] * k[i];                                                 \
            }                                                                                                          \
            for (int i = 0; i < CHUNK; i++) result[c + i] = sum[i];                                                    \
        }                                                                                                              \
        for (int64_t i = c; i < channels; i++) result[i] = 0;                                                          \
        for (int64_t l = 0; l < count && c < channels; l++) {                                                          \
            const T *s = source + positions[l] * channels, *k = kernel + taps[l] * channels;                           \
            for (int64_t i = c; i < channels; i++) result[i] += s[i] * k[i];                                           \
        }                                                                                                              \
    }
COMBINE(float, combine_f32)
COMBINE(double, combine_f64)

static void depthwise_task(int64_t task, void *context) {
    const depthwise_job *job = context;
    const mk_conv_plan *p = job->plan;
    size_t size = mk_size_of(p->type);
    int64_t channels = p->channels_in;
    const int64_t *from = job->gradient ? p->out : p->in, *to = job->gradient ? p->in : p->out;
    mk_window w = mk_make_window(job->axis, job->gradient, mk_scratch(mk_window_bytes(job->axis)));
    int64_t end = mk_min((task + 1) * job->rows_per_task, job->rows);
    for (int64_t row = task * job->rows_per_task; row < end; row++) {
        mk_window_move(&w, 0, row / to[1] % to[0]);
        mk_window_move(&w, 1, row % to[1]);
        const void *source = mk_at(job->source, row / (to[0] * to[1]) * mk_volume(from) * channels, size);
        void *result = mk_at_mutable(job->result, row * to[2] * channels, size);
        for (int64_t i = 0; i < to[2]; i++) {
            mk_window_move(&w, 2, i);
            int64_t count = mk_window_list(&w);
            void *pixel = mk_at_mutable(result, i * channels, size);
            if (p->type == MK_F32) {
                combine_f32(pixel, source, job->kernel, w.positions, w.taps, count, channels);
            } else {
                combine_f64(pixel, source, job->kernel, w.positions, w.taps, count, channels);
            }
        }
        if (!job->gradient) mk_epilogue(p->type, result, to[2], channels, channels, job->bias, p->activation);
    }
}

static depthwise_job make_job(const mk_conv_plan *p, bool gradient) {
    depthwise_job job = { .plan = p, .gradient = gradient };
    const int64_t *to = gradient ? p->in : p->out;
    for (int i = 0; i < 3; i++) {
        job.axis[i] = (mk_axis){ p->in[i], p->out[i], p->kernel[i], p->stride[i], p->dilation[i], p->pad_before[i] };
    }
    job.rows = p->n * to[0] * to[1];
    job.rows_per_task = mk_rows_per_task(to[2] * p->channels_in, mk_volume(p->kernel));
    return job;
}

// Several output channels for each input channel are as many channels of an input that repeats its own.
typedef struct {
    int64_t multiplier;
    size_t size;
    const void *narrow, *wide;
    void *result;
} repeat_job;

static void repeat_range(int64_t begin, int64_t end, void *context) {
    const repeat_job *job = context;
    int64_t m = job->multiplier;
    if (job->size == sizeof(float)) {
        const float *from = job->narrow;
        float *to = job->result;
        for (int64_t i = begin; i < end; i++) for (int64_t k = 0; k < m; k++) to[i * m + k] = from[i];
    } else {
        const double *from = job->narrow;
        double *to = job->result;
        for (int64_t i = begin; i < end; i++) for (int64_t k = 0; k < m; k++) to[i * m + k] = from[i];
    }
}

static void sum_range(int64_t begin, int64_t end, void *context) {
    const repeat_job *job = context;
    int64_t m = job->multiplier;
    if (job->size == sizeof(float)) {
        const float *from = job->wide;
        float *to = job->result;
        for (int64_t i = begin; i < end; i++) {
            to[i] = from[i * m];
            for (int64_t k = 1; k < m; k++) to[i] += from[i * m + k];
        }
    } else {
        const double *from = job->wide;
        double *to = job->result;
        for (int64_t i = begin; i < end; i++) {
            to[i] = from[i * m];
            for (int64_t k = 1; k < m; k++) to[i] += from[i * m + k];
        }
    }
}

typedef struct {
    mk_conv_plan plan; // of as many channels in as out
    int64_t narrow;    // elements of the plan's input
    size_t bytes;      // of the wide one
    repeat_job job;
    void *wide;
} widened;

static widened widen(const mk_conv_plan *p) {
    widened w = { .plan = *p, .narrow = p->n * mk_volume(p->in) * p->channels_in };
    w.job = (repeat_job){ .multiplier = p->channels_out / p->channels_in, .size = mk_size_of(p->type) };
    w.plan.channels_in = w.plan.groups = p->channels_out;
    w.bytes = (size_t)(w.narrow * w.job.multiplier) * w.job.size;
    w.wide = mk_alloc_or_stop(w.bytes);
    return w;
}

static widened widen_input(const mk_conv_plan *p, const void *x) {
    widened w = widen(p);
    w.job.narrow = x;
    w.job.result = w.wide;
    mk_parallel_ranges(w.narrow, mk_grain_of(w.job.multiplier), repeat_range, &w.job);
    return w;
}

void mk_depthwise(const mk_conv_plan *plan, const void *x, const void *kernel, const void *bias, void *y) {
    if (plan->channels_out != plan->channels_in) {
        widened w = widen_input(plan, x);
        mk_depthwise(&w.plan, w.wide, kernel, bias, y);
        mk_free(w.wide, w.bytes);
        return;
    }
    depthwise_job job = make_job(plan, false);
    job.source = x;
    job.kernel = kernel;
    job.bias = bias;
    job.result = y;
    mk_parallel_for(mk_ceil_div(job.rows, job.rows_per_task), depthwise_task, &job);
}

void mk_depthwise_input_gradient(const mk_conv_plan *plan, const void *dy, const void *kernel, void *dx) {
    if (plan->channels_out != plan->channels_in) {
        widened w = widen(plan);
        mk_depthwise_input_gradient(&w.plan, dy, kernel, w.wide);
        w.job.wide = w.wide;
        w.job.result = dx;
        mk_parallel_ranges(w.narrow, mk_grain_of(w.job.multiplier), sum_range, &w.job);
        mk_free(w.wide, w.bytes);
        return;
    }
    depthwise_job job = make_job(plan, true);
    job.source = dy;
    job.kernel = kernel;
    job.result = dx;
    mk_parallel_for(mk_ceil_div(job.rows, job.rows_per_task), depthwise_task, &job);
}

// dkernel[tap][c] += x[position][c] * dy[c] over the list.
#define ACCUMULATE(T, NAME)                                                                                            \
    MK_CLONES(static, void, NAME, (T *restrict dkernel, const T *restrict x, const T *restrict dy,                     \
               const int64_t *positions, const int64_t *taps, int64_t count, int64_t channels),                        \
              (dkernel, x, dy, positions, taps, count, channels)) {                                                    \
        for (int64_t l = 0; l < count; l++) {                                                                          \
            const T *s = x + positions[l] * channels;                                                                  \
            T *k = dkernel + taps[l] * channels;                                                                       \
            for (int64_t i = 0; i < channels; i++) k[i] += s[i] * dy[i];                                               \
        }                                                                                                              \
    }
ACCUMULATE(float, accumulate_f32)
ACCUMULATE(double, accumulate_f64)

// A task sums the rows of its part: source is x, kernel holds dy, the result all parts.
static void kernel_task(int64_t part, void *context) {
    const depthwise_job *job = context;
    const mk_conv_plan *p = job->plan;
    size_t size = mk_size_of(p->type);
    int64_t channels = p->channels_in, elements = mk_volume(p->kernel) * channels;
    mk_window w = mk_make_window(job->axis, false, mk_scratch(mk_window_bytes(job->axis)));
    void *sum = mk_at_mutable(job->result, part * elements, size);
    memset(sum, 0, (size_t)elements * size);
    int64_t end = mk_min((part + 1) * job->rows_per_task, job->rows);
    for (int64_t row = part * job->rows_per_task; row < end; row++) {
        mk_window_move(&w, 0, row / p->out[1] % p->out[0]);
        mk_window_move(&w, 1, row % p->out[1]);
        const void *x = mk_at(job->source, row / (p->out[0] * p->out[1]) * mk_volume(p->in) * channels, size);
        for (int64_t o = 0; o < p->out[2]; o++) {
            mk_window_move(&w, 2, o);
            int64_t count = mk_window_list(&w);
            const void *dy = mk_at(job->kernel, (row * p->out[2] + o) * channels, size);
            if (p->type == MK_F32) accumulate_f32(sum, x, dy, w.positions, w.taps, count, channels);
            else accumulate_f64(sum, x, dy, w.positions, w.taps, count, channels);
        }
    }
}

void mk_depthwise_kernel_gradient(const mk_conv_plan *plan, const void *x, const void *dy, void *dkernel) {
    if (plan->channels_out != plan->channels_in) {
        widened w = widen_input(plan, x);
        mk_depthwise_kernel_gradient(&w.plan, w.wide, dy, dkernel);
        mk_free(w.wide, w.bytes);
        return;
    }
    depthwise_job job = make_job(plan, false);
    size_t bytes = (size_t)(mk_volume(plan->kernel) * plan->channels_in) * mk_size_of(plan->type);
    int64_t parts = mk_clamp(job.rows / job.rows_per_task, 1, 16);
    job.rows_per_task = mk_ceil_div(job.rows, parts);
    parts = mk_ceil_div(job.rows, job.rows_per_task);
    job.source = x;
    job.kernel = dy;
    job.result = mk_alloc_or_stop(bytes * (size_t)parts);
    mk_parallel_for(parts, kernel_task, &job);
    mk_sum_parts(plan->type, job.result, parts, mk_volume(plan->kernel) * plan->channels_in);
    memcpy(dkernel, job.result, bytes);
    mk_free(job.result, bytes * (size_t)parts);
}
