#include "conv_internal.h"

#include <string.h>

mk_gather mk_conv_gather(const mk_conv_plan *plan, int64_t *offsets) {
    mk_gather g = { .channels = plan->channels_in, .size = mk_size_of(plan->type) };
    for (int axis = 0; axis < 3; axis++) {
        g.grid[axis] = plan->out[axis];
        g.source[axis] = plan->in[axis];
        g.step[axis] = plan->stride[axis];
        g.taps[axis] = plan->kernel[axis];
        for (int64_t t = 0; t < plan->kernel[axis]; t++) offsets[t] = t * plan->dilation[axis] - plan->pad_before[axis];
        g.offset[axis] = offsets;
        offsets += plan->kernel[axis];
    }
    return g;
}

int64_t mk_block_positions(int64_t columns, size_t size, int64_t positions) {
    const int64_t cache = 384 << 10;
    int64_t fit = cache / (int64_t)size / mk_max(columns, 1);
    return mk_clamp(fit / 16 * 16, mk_min(96, mk_max(positions, 1)), 1024);
}

int64_t mk_task_positions(int64_t columns, size_t size, int64_t positions, int64_t work) {
    int64_t block = mk_block_positions(columns, size, positions);
    return mk_min(block, mk_max(mk_ceil_div(mk_ceil_div(positions, mk_conv_tasks(positions, work)), 16) * 16, 16));
}

// Copies a window for `count` positions. A constant size becomes a few moves; a call for 12 bytes costs more than they
// do.
#define COPY_CASE(BYTES)                                                                                               \
    case BYTES:                                                                                                        \
        for (int64_t i = 0; i < count; i++, to += to_step, from += from_step) memcpy(to, from, BYTES);                 \
        break;
static void copy_windows(char *to, int64_t to_step, const char *from, int64_t from_step, size_t bytes, int64_t count) {
    switch (bytes) {
        COPY_CASE(4) COPY_CASE(8) COPY_CASE(12) COPY_CASE(16) COPY_CASE(20) COPY_CASE(24) COPY_CASE(28) COPY_CASE(36)
        COPY_CASE(40) COPY_CASE(48) COPY_CASE(60) COPY_CASE(64) COPY_CASE(84) COPY_CASE(96) COPY_CASE(128)
    default:
        for (int64_t i = 0; i < count; i++, to += to_step, from += from_step) memcpy(to, from, bytes);
    }
}

// One row of positions against one row of the source (NULL: outside), for the taps of the last axis.
typedef struct {
    char *to;
    int64_t to_step;          // bytes from one position's columns to the next's
    const char *row;          // the source row's first pixel, at the part's first channel
    int64_t pixel, tap;       // bytes of a source pixel, bytes that a tap takes of it
    int64_t first, count;     // positions of the last axis
} gather_row;

static void zero(const gather_row *r, int64_t column, int64_t bytes, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) memset(r->to + i * r->to_step + column, 0, (size_t)bytes);
}

// One tap, or a window of taps that lie together in memory (`width` pixels).
static void gather_window(const gather_row *r, int64_t step, int64_t offset, int64_t width, int64_t extent,
                          int64_t column) {
    int64_t bytes = width * r->tap;
    // Positions i in begin..<end see the window whole.
    int64_t start = r->first * step + offset, begin = 0, end = r->count;
    if (start < 0) begin = mk_min(mk_ceil_div(-start, step), r->count);
    int64_t room = extent - width - start;
    end = room < 0 ? 0 : mk_min(room / step + 1, r->count);
    if (end < begin) end = begin;
    copy_windows(r->to + begin * r->to_step + column, r->to_step, r->row + (start + begin * step) * r->pixel,
                 step * r->pixel, (size_t)bytes, end - begin);
    for (int64_t i = 0; i < r->count; i = i + 1 == begin && end > begin ? end : i + 1) {
        if (i >= begin && i < end) continue;
        int64_t at = start + i * step, low = mk_clamp(-at, 0, width), high = mk_clamp(extent - at, low, width);
        char *to = r->to + i * r->to_step + column;
        memset(to, 0, (size_t)(low * r->tap));
        if (high > low) memcpy(to + low * r->tap, r->row + (at + low) * r->pixel, (size_t)((high - low) * r->tap));
        memset(to + high * r->tap, 0, (size_t)((width - high) * r->tap));
    }
}

void mk_gather_columns(const mk_gather *g, const mk_gather_part *part, const void *source, int64_t first, int64_t count,
                       void *columns) {
    const int64_t *grid = g->grid, *from = g->source;
    int64_t window = g->taps[2] * part->channels * (int64_t)g->size;
    if (window * part->rows == 0) return;
    gather_row r = {
        .to = columns,
        .to_step = part->rows * window,
        .pixel = g->channels * (int64_t)g->size,
        .tap = part->channels * (int64_t)g->size,
    };
    bool together = part->channels == g->channels || g->taps[2] == 1;
    for (int64_t t = 1; t < g->taps[2]; t++) together &= g->offset[2][t] == g->offset[2][t - 1] + 1;
    while (count > 0) {
        r.first = first % grid[2];
        r.count = mk_min(grid[2] - r.first, count);
        int64_t q1 = first / grid[2] % grid[1], q0 = first / (grid[2] * grid[1]) % grid[0];
        int64_t image = first / mk_volume(grid);
        for (int64_t row = 0; row < part->rows; row++) {
            int64_t t0 = (part->first_row + row) / g->taps[1], t1 = (part->first_row + row) % g->taps[1];
            int64_t s0 = q0 * g->step[0] + g->offset[0][t0], s1 = q1 * g->step[1] + g->offset[1][t1];
            if (s0 < 0 || s0 >= from[0] || s1 < 0 || s1 >= from[1]) {
                zero(&r, row * window, window, 0, r.count);
                continue;
            }
            int64_t at = ((image * from[0] + s0) * from[1] + s1) * from[2] * g->channels + part->first_channel;
            r.row = mk_at(source, at, g->size);
            if (together) {
                gather_window(&r, g->step[2], g->offset[2][0], g->taps[2], from[2], row * window);
                continue;
            }
            for (int64_t t = 0; t < g->taps[2]; t++) {
                gather_window(&r, g->step[2], g->offset[2][t], 1, from[2], row * window + t * r.tap);
            }
        }
        first += r.count;
        count -= r.count;
        r.to += r.count * r.to_step;
    }
}
