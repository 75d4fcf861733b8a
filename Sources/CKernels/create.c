// Tensors made from nothing: constants, ranges, identities, one-hot rows; and triangles of matrices.
#include <string.h>
#include "internal.h"
#include "mk_layout.h"

typedef union {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
} element;

typedef struct {
    size_t size;
    void *out;
    element value;
} fill_job;

#define FILL(T, field) \
    for (int64_t i = begin; i < end; i++) ((T *)p->out)[i] = p->value.field

static void fill_range(int64_t begin, int64_t end, void *context) {
    const fill_job *p = context;
    switch (p->size) {
    case 1: FILL(uint8_t, u8); break;
    case 2: FILL(uint16_t, u16); break;
    case 4: FILL(uint32_t, u32); break;
    default: FILL(uint64_t, u64); break;
    }
}

void mk_fill(size_t size, void *out, int64_t n, const void *value) {
    fill_job p = {.size = size, .out = out};
    memcpy(&p.value, value, size);
    mk_parallel_ranges(n, MK_GRAIN, fill_range, &p);
}

typedef struct {
    mk_dtype dtype;
    void *out;
    double start, step;
    uint64_t int_start, int_step;  // unsigned, so that they wrap
} range_job;

static void range_range(int64_t begin, int64_t end, void *context) {
    const range_job *p = context;
    if (p->dtype == MK_F32)
        for (int64_t i = begin; i < end; i++) ((float *)p->out)[i] = (float)(p->start + (double)i * p->step);
    else if (p->dtype == MK_F64)
        for (int64_t i = begin; i < end; i++) ((double *)p->out)[i] = p->start + (double)i * p->step;
    else if (p->dtype == MK_I32)
        for (int64_t i = begin; i < end; i++)
            ((uint32_t *)p->out)[i] = (uint32_t)(p->int_start + (uint64_t)i * p->int_step);
    else
        for (int64_t i = begin; i < end; i++) ((uint64_t *)p->out)[i] = p->int_start + (uint64_t)i * p->int_step;
}

void mk_arange(mk_dtype dtype, void *out, int64_t n, double start, double step) {
    if (dtype != MK_F32 && dtype != MK_F64) mk_unsupported("mk_arange", dtype);
    range_job p = {.dtype = dtype, .out = out, .start = start, .step = step};
    mk_parallel_ranges(n, MK_GRAIN, range_range, &p);
}

void mk_arange_int(mk_dtype dtype, void *out, int64_t n, int64_t start, int64_t step) {
    if (dtype != MK_I32 && dtype != MK_I64) mk_unsupported("mk_arange_int", dtype);
    range_job p = {.dtype = dtype, .out = out, .int_start = (uint64_t)start, .int_step = (uint64_t)step};
    mk_parallel_ranges(n, MK_GRAIN, range_range, &p);
}

void mk_linspace(mk_dtype dtype, void *out, int64_t n, double start, double stop, bool endpoint) {
    mk_arange(dtype, out, n, start, (stop - start) / (double)mk_max(1, endpoint ? n - 1 : n));
    if (!endpoint || n < 2) return;
    if (dtype == MK_F32) ((float *)out)[n - 1] = (float)stop;
    else ((double *)out)[n - 1] = stop;
}

void mk_eye(size_t size, void *out, int64_t rows, int64_t columns, int64_t diagonal, const void *one) {
    memset(out, 0, (size_t)(rows * columns) * size);
    for (int64_t r = mk_max(0, -diagonal); r < rows && r + diagonal < columns; r++)
        memcpy(mk_at_mutable(out, r * columns + r + diagonal, size), one, size);
}

typedef struct {
    size_t size;
    const char *in;
    char *out;
    int64_t rows, columns, diagonal;
    bool upper;
} triangle_job;

static void triangle_range(int64_t begin, int64_t end, void *context) {
    const triangle_job *p = context;
    for (int64_t i = begin; i < end; i++) {
        int64_t edge = i % p->rows + p->diagonal + (p->upper ? 0 : 1);  // the first column of the upper part
        size_t left = (size_t)mk_min(mk_max(edge, 0), p->columns) * p->size, all = (size_t)p->columns * p->size;
        const char *x = p->in + (size_t)i * all;
        char *y = p->out + (size_t)i * all;
        if (p->upper) {
            memset(y, 0, left);
            memmove(y + left, x + left, all - left);
        } else {
            memmove(y, x, left);
            memset(y + left, 0, all - left);
        }
    }
}

void mk_triangle(size_t size, const void *in, void *out, int64_t batch, int64_t rows, int64_t columns,
                 int64_t diagonal, bool upper) {
    if (columns == 0) return;
    triangle_job p = {size, in, out, rows, columns, diagonal, upper};
    mk_parallel_ranges(batch * rows, mk_grain_of(columns), triangle_range, &p);
}

void mk_one_hot(size_t size, const int64_t *indices, void *out, int64_t n, int64_t depth, const void *on,
                const void *off) {
    mk_fill(size, out, n * depth, off);
    for (int64_t i = 0; i < n; i++)
        if (indices[i] >= 0 && indices[i] < depth) memcpy(mk_at_mutable(out, i * depth + indices[i], size), on, size);
}
