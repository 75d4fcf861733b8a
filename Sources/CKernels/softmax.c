// Softmax and cross-entropy: each slice is independent of the others, so tasks are ranges of rows or bands of columns.
#include <math.h>
#include "mk_softmax.h"
#include "mk_vmath.h"
#include "reduce_kernels.h"

// Elements of a row, or of a block of short rows, that stay in the first-level cache; rows of a block at most.
#define MK_CHUNK 1024
#define MK_ROWS 64
#define MK_BAND 256
#define MK_SUM_BLOCK 32

#define T float
#define NAME(loop) MK_PASTE(f32, loop)
#define EXP f32_exp
#define LOG f32_log
#define SUM_ROW mk_sum_f32_rows
#define MAX_ROW mk_max_f32_rows
#include "softmax_template.h"
#undef T
#undef NAME
#undef EXP
#undef LOG
#undef SUM_ROW
#undef MAX_ROW

#define T double
#define NAME(loop) MK_PASTE(f64, loop)
#define EXP exp
#define LOG log
#define SUM_ROW mk_sum_f64_rows
#define MAX_ROW mk_max_f64_rows
#include "softmax_template.h"

typedef void (*range_fn)(int64_t begin, int64_t end, void *context);

// Runs the row loop when the axis is the last one, else the column loop, over [outer, n, inner].
static void run(range_fn rows, range_fn columns, void *job, int64_t outer, int64_t n, int64_t inner) {
    if (outer == 0 || n == 0 || inner == 0) return;
    // An exponential costs as much as several additions: tasks are smaller than those of a reduction.
    int64_t work = 4 * n * mk_min(inner, MK_BAND), grain = mk_grain_of(work);
    if (inner == 1 && outer <= grain) mk_awake_ranges(outer, mk_max(grain / 24, MK_ROWS), rows, job);
    else if (inner == 1) mk_parallel_ranges(outer, grain, rows, job);
    else mk_parallel_ranges(outer * mk_ceil_div(inner, MK_BAND), grain, columns, job);
}

static void forward(mk_dtype dtype, bool log, const void *x, void *y, int64_t outer, int64_t n, int64_t inner) {
    int64_t bands = mk_ceil_div(inner, MK_BAND);
    f32_job a = {.x = x, .out = y, .n = n, .inner = inner, .bands = bands, .log = log};
    f64_job b = {.x = x, .out = y, .n = n, .inner = inner, .bands = bands, .log = log};
    if (dtype == MK_F32) run(f32_rows, f32_columns, &a, outer, n, inner);
    else if (dtype == MK_F64) run(f64_rows, f64_columns, &b, outer, n, inner);
    else mk_unsupported("mk_softmax", dtype);
}

static void backward(mk_dtype dtype, bool log, const void *dy, const void *y, void *dx, int64_t outer, int64_t n,
                     int64_t inner) {
    int64_t bands = mk_ceil_div(inner, MK_BAND);
    f32_job a = {.x = dy, .y = y, .out = dx, .n = n, .inner = inner, .bands = bands, .log = log};
    f64_job b = {.x = dy, .y = y, .out = dx, .n = n, .inner = inner, .bands = bands, .log = log};
    if (dtype == MK_F32) run(f32_backward_rows, f32_backward_columns, &a, outer, n, inner);
    else if (dtype == MK_F64) run(f64_backward_rows, f64_backward_columns, &b, outer, n, inner);
    else mk_unsupported("mk_softmax_backward", dtype);
}

void mk_softmax(mk_dtype dtype, const void *x, void *y, int64_t outer, int64_t n, int64_t inner) {
    forward(dtype, false, x, y, outer, n, inner);
}

void mk_log_softmax(mk_dtype dtype, const void *x, void *y, int64_t outer, int64_t n, int64_t inner) {
    forward(dtype, true, x, y, outer, n, inner);
}

void mk_softmax_backward(mk_dtype dtype, const void *dy, const void *y, void *dx, int64_t outer, int64_t n,
                         int64_t inner) {
    backward(dtype, false, dy, y, dx, outer, n, inner);
}

void mk_log_softmax_backward(mk_dtype dtype, const void *dy, const void *y, void *dx, int64_t outer, int64_t n,
                             int64_t inner) {
    backward(dtype, true, dy, y, dx, outer, n, inner);
}

static int64_t first_bad_label(const int64_t *labels, int64_t rows, int64_t classes) {
    for (int64_t r = 0; r < rows; r++)
        if (labels[r] < 0 || labels[r] >= classes) return r;
    return -1;
}

int64_t mk_sparse_cross_entropy(mk_dtype dtype, const void *logits, const int64_t *labels, void *loss, int64_t rows,
                                int64_t classes) {
    int64_t bad = first_bad_label(labels, rows, classes);
    if (bad >= 0) return bad;
    f32_job a = {.x = logits, .out = loss, .labels = labels, .n = classes};
    f64_job b = {.x = logits, .out = loss, .labels = labels, .n = classes};
    if (dtype == MK_F32) run(f32_loss_rows, NULL, &a, rows, classes, 1);
    else if (dtype == MK_F64) run(f64_loss_rows, NULL, &b, rows, classes, 1);
    else mk_unsupported("mk_sparse_cross_entropy", dtype);
    return -1;
}

int64_t mk_sparse_cross_entropy_backward(mk_dtype dtype, const void *logits, const int64_t *labels, const void *g,
                                         void *dx, int64_t rows, int64_t classes) {
    int64_t bad = first_bad_label(labels, rows, classes);
    if (bad >= 0) return bad;
    f32_job a = {.x = logits, .out = dx, .labels = labels, .g = g, .n = classes};
    f64_job b = {.x = logits, .out = dx, .labels = labels, .g = g, .n = classes};
    if (dtype == MK_F32) run(f32_loss_backward_rows, NULL, &a, rows, classes, 1);
    else if (dtype == MK_F64) run(f64_loss_backward_rows, NULL, &b, rows, classes, 1);
    else mk_unsupported("mk_sparse_cross_entropy_backward", dtype);
    return -1;
}
