#include "pool_internal.h"
#include "window.h"

// Every result pixel gathers from the pixels it meets, so a gradient has one writer and one order for each element even
// where windows overlap.
typedef struct {
    const mk_pool_plan *plan;
    mk_axis axis[3];
    mk_pool_kind kind;
    const void *source;
    void *result;
    const int32_t *argmax_in;
    int32_t *argmax_out; // NULL: not wanted
    int64_t rows, rows_per_task;
} pool_job;

// The pixels of one result: `source` and `argmax_in` begin at their image, `result` and `argmax_out` at the pixel,
// which is number `self` of its plane.
typedef struct {
    const int64_t *positions;
    int64_t count, channels, self;
    const int32_t *argmax_in;
    int32_t *argmax_out;
    const double *shares; // for the average's gradient: how many inputs each window has
} pixel;

#define POOL_LOOPS(T, SUFFIX)                                                                                          \
    MK_CLONES(static, void, max_##SUFFIX, (const pixel *p, const T *restrict source, T *restrict result),              \
              (p, source, result)) {                                                                                   \
        const T *first = source + p->positions[0] * p->channels;                                                       \
        for (int64_t c = 0; c < p->channels; c++) result[c] = first[c];                                                \
        for (int64_t l = 1; l < p->count; l++) {                                                                       \
            const T *s = source + p->positions[l] * p->channels;                                                       \
            for (int64_t c = 0; c < p->channels; c++) {                                                                \
                bool better = (s[c] > result[c]) | ((s[c] != s[c]) & (result[c] == result[c]));                        \
                result[c] = better ? s[c] : result[c];                                                                 \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    MK_CLONES(static, void, argmax_##SUFFIX, (const pixel *p, const T *restrict source, T *restrict result),           \
              (p, source, result)) {                                                                                   \
        int32_t *restrict winner = p->argmax_out;                                                                      \
        const T *first = source + p->positions[0] * p->channels;                                                       \
        for (int64_t c = 0; c < p->channels; c++) {                                                                    \
            result[c] = first[c];                                                                                      \
            winner[c] = (int32_t)p->positions[0];                                                                      \
        }                                                                                                              \
        for (int64_t l = 1; l < p->count; l++) {                                                                       \
            const T *s = source + p->positions[l] * p->channels;                                                       \
            int32_t at = (int32_t)p->positions[l];                                                                     \
            for (int64_t c = 0; c < p->channels; c++) {                                                                \
                bool better = (s[c] > result[c]) | ((s[c] != s[c]) & (result[c] == result[c]));                        \
                result[c] = better ? s[c] : result[c];                                                                 \
                winner[c] = better ? at : winner[c];                                                                   \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    MK_CLONES(static, void, max_gradient_##SUFFIX, (const pixel *p, const T *restrict source, T *restrict result),     \
              (p, source, result)) {                                                                                   \
        int32_t self = (int32_t)p->self;                                                                               \
        for (int64_t c = 0; c < p->channels; c++) result[c] = 0;                                                       \
        for (int64_t l = 0; l < p->count; l++) {                                                                       \
            const T *s = source + p->positions[l] * p->channels;                                                       \
            const int32_t *restrict winner = p->argmax_in + p->positions[l] * p->channels;                             \
            for (int64_t c = 0; c < p->channels; c++) result[c] += winner[c] == self ? s[c] : 0;                       \
        }                                                                                                              \
    }                                                                                                                  \
    MK_CLONES(static, void, average_##SUFFIX, (const pixel *p, const T *restrict source, T *restrict result),          \
              (p, source, result)) {                                                                                   \
        for (int64_t c = 0; c < p->channels; c++) result[c] = 0;                                                       \
        for (int64_t l = 0; l < p->count; l++) {                                                                       \
            const T *s = source + p->positions[l] * p->channels;                                                       \
            for (int64_t c = 0; c < p->channels; c++) result[c] += s[c];                                               \
        }                                                                                                              \
        T count = (T)p->count;                                                                                         \
        for (int64_t c = 0; c < p->channels; c++) result[c] /= count;                                                  \
    }                                                                                                                  \
    MK_CLONES(static, void, average_gradient_##SUFFIX, (const pixel *p, const T *restrict source, T *restrict result), \
              (p, source, result)) {                                                                                   \
        for (int64_t c = 0; c < p->channels; c++) result[c] = 0;                                                       \
        for (int64_t l = 0; l < p->count; l++) {                                                                       \
            const T *s = source + p->positions[l] * p->channels;                                                       \
            T share = (T)p->shares[l];                                                                                 \
            for (int64_t c = 0; c < p->channels; c++) result[c] += s[c] / share;                                       \
        }                                                                                                              \
    }                                                                                                                  \
    static void pool_pixel_##SUFFIX(mk_pool_kind kind, const pixel *p, const T *source, T *result) {                   \
        switch (kind) {                                                                                                \
        case MK_POOL_MAX: (p->argmax_out != NULL ? argmax_##SUFFIX : max_##SUFFIX)(p, source, result); break;          \
        case MK_POOL_MAX_GRADIENT: max_gradient_##SUFFIX(p, source, result); break;                                    \
        case MK_POOL_AVERAGE: average_##SUFFIX(p, source, result); break;                                              \
        case MK_POOL_AVERAGE_GRADIENT: average_gradient_##SUFFIX(p, source, result); break;                            \
        }                                                                                                              \
    }
POOL_LOOPS(float, f32)
POOL_LOOPS(double, f64)

// Inputs that exist in the window of each output of the list.
static void window_counts(const mk_axis axis[3], const int64_t *positions, int64_t count, double *counts) {
    for (int64_t l = 0; l < count; l++) {
        int64_t at = positions[l];
        counts[l] = 1;
        for (int i = 2; i >= 0; i--) {
            int64_t start = at % axis[i].out * axis[i].stride - axis[i].pad;
            counts[l] *= (double)(mk_min(start + axis[i].taps, axis[i].in) - mk_max(start, 0));
            at /= axis[i].out;
        }
    }
}

static void pool_task(int64_t task, void *context) {
    const pool_job *job = context;
    const mk_pool_plan *p = job->plan;
    size_t size = mk_size_of(p->type), lists = mk_window_bytes(job->axis);
    bool gradient = job->kind == MK_POOL_MAX_GRADIENT || job->kind == MK_POOL_AVERAGE_GRADIENT;
    const int64_t *from = gradient ? p->out : p->in, *to = gradient ? p->in : p->out;
    char *memory = mk_scratch(lists + (size_t)mk_volume(p->window) * sizeof(double));
    double *shares = (double *)(memory + lists);
    mk_window w = mk_make_window(job->axis, gradient, memory);
    int64_t end = mk_min((task + 1) * job->rows_per_task, job->rows);
    for (int64_t row = task * job->rows_per_task; row < end; row++) {
        int64_t in_source = row / (to[0] * to[1]) * mk_volume(from) * p->channels;
        const void *source = mk_at(job->source, in_source, size);
        mk_window_move(&w, 0, row / to[1] % to[0]);
        mk_window_move(&w, 1, row % to[1]);
        for (int64_t i = 0; i < to[2]; i++) {
            mk_window_move(&w, 2, i);
            int64_t in_result = (row * to[2] + i) * p->channels;
            pixel px = { .positions = w.positions, .count = mk_window_list(&w), .channels = p->channels,
                         .self = row % (to[0] * to[1]) * to[2] + i, .shares = shares };
            if (job->argmax_in != NULL) px.argmax_in = job->argmax_in + in_source;
            if (job->argmax_out != NULL) px.argmax_out = job->argmax_out + in_result;
            if (job->kind == MK_POOL_AVERAGE_GRADIENT) window_counts(job->axis, px.positions, px.count, shares);
            void *result = mk_at_mutable(job->result, in_result, size);
            if (p->type == MK_F32) pool_pixel_f32(job->kind, &px, source, result);
            else pool_pixel_f64(job->kind, &px, source, result);
        }
    }
}

static void run(mk_pool_kind kind, const mk_pool_plan *p, const void *source, const int32_t *argmax_in, void *result,
                int32_t *argmax_out) {
    bool gradient = kind == MK_POOL_MAX_GRADIENT || kind == MK_POOL_AVERAGE_GRADIENT;
    if (mk_pool_takes_tiles(p)) {
        int32_t *winners = gradient ? (int32_t *)argmax_in : argmax_out;
        mk_pool_tiles(kind, p, gradient ? result : (float *)source, gradient ? (float *)source : result, winners);
        return;
    }
    pool_job job = { .plan = p, .kind = kind, .source = source, .result = result, .argmax_in = argmax_in,
                     .argmax_out = argmax_out };
    const int64_t *to = gradient ? p->in : p->out;
    for (int i = 0; i < 3; i++) {
        job.axis[i] = (mk_axis){ p->in[i], p->out[i], p->window[i], p->stride[i], 1, p->pad_before[i] };
    }
    job.rows = p->n * to[0] * to[1];
    job.rows_per_task = mk_rows_per_task(to[2] * p->channels, mk_volume(p->window));
    mk_parallel_for(mk_ceil_div(job.rows, job.rows_per_task), pool_task, &job);
}

void mk_max_pool(const mk_pool_plan *plan, const void *x, void *y, int32_t *argmax) {
    run(MK_POOL_MAX, plan, x, NULL, y, argmax);
}

void mk_max_pool_gradient(const mk_pool_plan *plan, const void *dy, const int32_t *argmax, void *dx) {
    run(MK_POOL_MAX_GRADIENT, plan, dy, argmax, dx, NULL);
}

void mk_average_pool(const mk_pool_plan *plan, const void *x, void *y) { run(MK_POOL_AVERAGE, plan, x, NULL, y, NULL); }

void mk_average_pool_gradient(const mk_pool_plan *plan, const void *dy, void *dx) {
    run(MK_POOL_AVERAGE_GRADIENT, plan, dy, NULL, dx, NULL);
}
