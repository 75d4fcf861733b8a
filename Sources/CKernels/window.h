// Which input and output positions of one axis meet, for kernels that walk windows (depthwise convolution, pooling).
#ifndef MK_WINDOW_H
#define MK_WINDOW_H

#include "internal.h"

typedef struct {
    int64_t in, out, taps, stride, dilation, pad;
} mk_axis;

// The inputs that output position o sees: fills their taps and positions, in order of the taps; returns their number.
static inline int64_t mk_axis_inputs(const mk_axis *axis, int64_t o, int64_t *taps, int64_t *positions) {
    int64_t count = 0;
    for (int64_t t = 0; t < axis->taps; t++) {
        int64_t i = o * axis->stride - axis->pad + t * axis->dilation;
        if (i < 0 || i >= axis->in) continue;
        taps[count] = t;
        positions[count++] = i;
    }
    return count;
}

// The outputs that see input position i.
static inline int64_t mk_axis_outputs(const mk_axis *axis, int64_t i, int64_t *taps, int64_t *positions) {
    int64_t count = 0;
    for (int64_t t = 0; t < axis->taps; t++) {
        int64_t distance = i + axis->pad - t * axis->dilation;
        if (distance < 0 || distance % axis->stride != 0 || distance / axis->stride >= axis->out) continue;
        taps[count] = t;
        positions[count++] = distance / axis->stride;
    }
    return count;
}

// One side's pixel and the other side's pixels that it meets, over all three axes. `taps` and `positions` are flat: of
// the window and of the other side's plane. The lists live in one block of `mk_window_bytes`.
typedef struct {
    mk_axis axis[3];
    bool outputs; // lists the outputs of an input position instead of the inputs of an output position
    int64_t found[3];
    int64_t *axis_taps[3], *axis_positions[3];
    int64_t *taps, *positions;
} mk_window;

static inline size_t mk_window_bytes(const mk_axis axis[3]) {
    int64_t sum = axis[0].taps + axis[1].taps + axis[2].taps, all = axis[0].taps * axis[1].taps * axis[2].taps;
    return 2 * (size_t)(sum + all) * sizeof(int64_t);
}

static inline mk_window mk_make_window(const mk_axis axis[3], bool outputs, void *memory) {
    mk_window w = { .outputs = outputs };
    int64_t *next = memory;
    for (int i = 0; i < 3; i++) {
        w.axis[i] = axis[i];
        w.axis_taps[i] = next;
        w.axis_positions[i] = next + axis[i].taps;
        next += 2 * axis[i].taps;
    }
    w.taps = next;
    w.positions = next + axis[0].taps * axis[1].taps * axis[2].taps;
    return w;
}

// Moves to a position of one axis. The two outer ones change seldom.
static inline void mk_window_move(mk_window *w, int axis, int64_t position) {
    w->found[axis] = (w->outputs ? mk_axis_outputs : mk_axis_inputs)(&w->axis[axis], position, w->axis_taps[axis],
                                                                     w->axis_positions[axis]);
}

// Fills the flat lists for the position; returns their length.
static inline int64_t mk_window_list(mk_window *w) {
    int64_t extent1 = w->outputs ? w->axis[1].out : w->axis[1].in;
    int64_t extent2 = w->outputs ? w->axis[2].out : w->axis[2].in;
    int64_t count = 0;
    for (int64_t a = 0; a < w->found[0]; a++) {
        for (int64_t b = 0; b < w->found[1]; b++) {
            int64_t tap = (w->axis_taps[0][a] * w->axis[1].taps + w->axis_taps[1][b]) * w->axis[2].taps;
            int64_t at = (w->axis_positions[0][a] * extent1 + w->axis_positions[1][b]) * extent2;
            for (int64_t c = 0; c < w->found[2]; c++, count++) {
                w->taps[count] = tap + w->axis_taps[2][c];
                w->positions[count] = at + w->axis_positions[2][c];
            }
        }
    }
    return count;
}

// Rows (of the last axis) for one task: about 20 microseconds of work, by shapes alone.
static inline int64_t mk_rows_per_task(int64_t row_elements, int64_t taps) {
    return mk_max(65536 / mk_max(row_elements * mk_max(taps, 1), 1), 1);
}

#endif
