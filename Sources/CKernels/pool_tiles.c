#include "lanes.h"
#include "pool_internal.h"

#include <string.h>

// Pooling of images by windows that touch and stay inside, 2x2 with stride 2 above all, float32: every input has one
// window at most, so a row of windows owns its rows of inputs in the gradient too.

bool mk_pool_takes_tiles(const mk_pool_plan *p) {
    bool takes = p->type == MK_F32 && p->channels >= MK_LANES && p->in[0] == 1 && p->window[0] == 1;
    for (int axis = 1; axis < 3; axis++) {
        takes &= p->window[axis] == p->stride[axis] && p->pad_before[axis] == 0
            && p->out[axis] * p->window[axis] <= p->in[axis];
    }
    return takes;
}

// A row of windows: `inputs` and `outputs` are its image's, and the row's; `first` is the place of its first input.
typedef struct {
    const mk_pool_plan *plan;
    int64_t first;
    float *inputs, *outputs;
    int32_t *winners; // of the row
} tile_row;

#define FOR_TAPS(AT, START)                                                                                            \
    for (int64_t i = 0, AT = (START); i < p->window[1]; i++, AT += p->in[2] - p->window[2])                            \
        for (int64_t j = 0; j < p->window[2]; j++, AT++)

MK_CLONES(static, void, max_row, (const tile_row *r), (r)) {
    const mk_pool_plan *p = r->plan;
    for (int64_t o = 0; o < p->out[2]; o++) {
        int64_t start = r->first + o * p->window[2];
        MK_FOR_LANES(c, p->channels) {
            mk_lanes best = *(const mk_lanes *)(r->inputs + start * p->channels + c);
            mk_lane_bits winner = (int32_t)start - (mk_lane_bits){ 0 };
            FOR_TAPS(at, start) {
                mk_lanes x = *(const mk_lanes *)(r->inputs + at * p->channels + c);
                mk_lane_bits better = (x > best) | ((x != x) & (best == best));
                best = MK_SELECT(better, x, best);
                winner = (better & (int32_t)at) | (~better & winner);
            }
            *(mk_lanes *)(r->outputs + o * p->channels + c) = best;
            if (r->winners != NULL) *(mk_lane_bits *)(r->winners + o * p->channels + c) = winner;
        }
    }
}

MK_CLONES(static, void, max_gradient_row, (const tile_row *r), (r)) {
    const mk_pool_plan *p = r->plan;
    for (int64_t o = 0; o < p->out[2]; o++) {
        int64_t start = r->first + o * p->window[2];
        MK_FOR_LANES(c, p->channels) {
            mk_lane_bits dy = *(const mk_lane_bits *)(r->outputs + o * p->channels + c);
            mk_lane_bits winner = *(const mk_lane_bits *)(r->winners + o * p->channels + c);
            FOR_TAPS(at, start) {
                *(mk_lane_bits *)(r->inputs + at * p->channels + c) = dy & (winner == (int32_t)at);
            }
        }
    }
}

MK_CLONES(static, void, average_row, (const tile_row *r), (r)) {
    const mk_pool_plan *p = r->plan;
    float count = (float)(p->window[1] * p->window[2]);
    for (int64_t o = 0; o < p->out[2]; o++) {
        MK_FOR_LANES(c, p->channels) {
            mk_lanes sum = { 0 };
            FOR_TAPS(at, r->first + o * p->window[2]) sum += *(const mk_lanes *)(r->inputs + at * p->channels + c);
            *(mk_lanes *)(r->outputs + o * p->channels + c) = sum / count;
        }
    }
}

MK_CLONES(static, void, average_gradient_row, (const tile_row *r), (r)) {
    const mk_pool_plan *p = r->plan;
    float count = (float)(p->window[1] * p->window[2]);
    for (int64_t o = 0; o < p->out[2]; o++) {
        MK_FOR_LANES(c, p->channels) {
            mk_lanes share = *(const mk_lanes *)(r->outputs + o * p->channels + c) / count;
            FOR_TAPS(at, r->first + o * p->window[2]) *(mk_lanes *)(r->inputs + at * p->channels + c) = share;
        }
    }
}

typedef struct {
    const mk_pool_plan *plan;
    mk_pool_kind kind;
    float *inputs, *outputs;
    int32_t *winners;
    int64_t rows_per_task;
} tile_job;

// Zeros for the inputs that no window sees: columns beside a row of windows, rows below the last.
static void clear_rest(const mk_pool_plan *p, int64_t row, float *rows) {
    int64_t seen = p->out[2] * p->window[2], rest = p->in[2] - seen;
    for (int64_t i = 0; i < p->window[1] && rest > 0; i++) {
        memset(rows + (i * p->in[2] + seen) * p->channels, 0, (size_t)(rest * p->channels) * sizeof(float));
    }
    int64_t below = p->in[1] - p->out[1] * p->window[1];
    if (row < p->out[1] - 1 || below == 0) return;
    memset(rows + p->window[1] * p->in[2] * p->channels, 0, (size_t)(below * p->in[2] * p->channels) * sizeof(float));
}

static void tile_task(int64_t task, void *context) {
    const tile_job *job = context;
    const mk_pool_plan *p = job->plan;
    int64_t end = mk_min((task + 1) * job->rows_per_task, p->n * p->out[1]);
    for (int64_t i = task * job->rows_per_task; i < end; i++) {
        int64_t image = i / p->out[1], row = i % p->out[1], in_outputs = i * p->out[2] * p->channels;
        tile_row r = { p, row * p->window[1] * p->in[2], job->inputs + image * p->in[1] * p->in[2] * p->channels,
                       job->outputs + in_outputs, job->winners == NULL ? NULL : job->winners + in_outputs };
        switch (job->kind) {
        case MK_POOL_MAX: max_row(&r); continue;
        case MK_POOL_AVERAGE: average_row(&r); continue;
        case MK_POOL_MAX_GRADIENT: max_gradient_row(&r); break;
        case MK_POOL_AVERAGE_GRADIENT: average_gradient_row(&r); break;
        }
        clear_rest(p, row, r.inputs + r.first * p->channels);
    }
}

void mk_pool_tiles(mk_pool_kind kind, const mk_pool_plan *p, float *inputs, float *outputs, int32_t *winners) {
    tile_job job = { p, kind, inputs, outputs, winners, 1 };
    job.rows_per_task = mk_grain_of(p->window[1] * p->in[2] * p->channels);
    mk_parallel_for(mk_ceil_div(p->n * p->out[1], job.rows_per_task), tile_task, &job);
}
