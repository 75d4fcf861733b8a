#include "internal.h"

#define EPILOGUE(T, NAME)                                                                                              \
    MK_CLONES(static, void, NAME, (T *restrict c, int64_t rows, int64_t columns, int64_t row_c,                        \
               const T *restrict bias, mk_activation activation), (c, rows, columns, row_c, bias, activation)) {       \
        for (int64_t i = 0; i < rows; i++, c += row_c) {                                                               \
            if (bias != NULL && activation == MK_ACTIVATION_RELU) {                                                    \
                for (int64_t j = 0; j < columns; j++) {                                                                \
                    T x = c[j] + bias[j];                                                                              \
                    c[j] = x < 0 ? 0 : x;                                                                              \
                }                                                                                                      \
            } else if (bias != NULL) {                                                                                 \
                for (int64_t j = 0; j < columns; j++) c[j] += bias[j];                                                 \
            } else if (activation == MK_ACTIVATION_RELU) {                                                             \
                for (int64_t j = 0; j < columns; j++) c[j] = c[j] < 0 ? 0 : c[j];                                      \
            }                                                                                                          \
        }                                                                                                              \
    }
EPILOGUE(float, epilogue_f32)
EPILOGUE(double, epilogue_f64)

void mk_epilogue(mk_dtype type, void *c, int64_t rows, int64_t columns, int64_t row_c, const void *bias,
                 mk_activation activation) {
    if (bias == NULL && activation == MK_ACTIVATION_NONE) return;
    if (type == MK_F32) epilogue_f32(c, rows, columns, row_c, bias, activation);
    else epilogue_f64(c, rows, columns, row_c, bias, activation);
}

// Elements that a task sums: all parts of such a tile stay in the first cache levels.
#define TILE 2048

#define SUM_TILE(T, NAME)                                                                                              \
    MK_CLONES(static, void, NAME, (T *start, int64_t parts, int64_t count, int64_t first, int64_t tile),               \
              (start, parts, count, first, tile)) {                                                                    \
        for (int64_t step = 1; step < parts; step *= 2) {                                                              \
            for (int64_t p = 0; p + step < parts; p += 2 * step) {                                                     \
                T *restrict to = start + p * count + first;                                                            \
                const T *restrict from = to + step * count;                                                            \
                for (int64_t i = 0; i < tile; i++) to[i] += from[i];                                                   \
            }                                                                                                          \
        }                                                                                                              \
    }
SUM_TILE(float, sum_tile_f32)
SUM_TILE(double, sum_tile_f64)

typedef struct {
    mk_dtype type;
    void *start;
    int64_t parts, count;
} sum_job;

static void sum_task(int64_t task, void *context) {
    const sum_job *s = context;
    int64_t first = task * TILE, tile = mk_min(TILE, s->count - first);
    if (s->type == MK_F32) sum_tile_f32(s->start, s->parts, s->count, first, tile);
    else sum_tile_f64(s->start, s->parts, s->count, first, tile);
}

void mk_sum_parts(mk_dtype type, void *parts_start, int64_t parts, int64_t count) {
    sum_job s = { type, parts_start, parts, count };
    if (parts > 1) mk_parallel_for(mk_ceil_div(count, TILE), sum_task, &s);
}
