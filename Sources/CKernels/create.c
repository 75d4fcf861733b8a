// Tensors made from nothing: constants, ranges, identities, one-hot rows; and triangles of matrices.
#include <math.h>
#include <string.h>
#include "mk_internal.h"
#include "mk_layout.h"

typedef union {
    float f32;
    double f64;
    uint16_t u16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    char bytes[8];
} element;

static uint16_t bits_of_bfloat16(float x) {
    uint32_t u;
    memcpy(&u, &x, 4);
    if (x != x) return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

// Rounds to nearest, ties to even: scaled so that the last bit of a half is worth one, rint does it.
static uint16_t bits_of_float16(double x) {
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (x != x) return sign | 0x7e00;
    double a = fabs(x);
    if (a >= 65520) return sign | 0x7c00;
    int e = a < 0x1p-14 ? -14 : ilogb(a);
    int64_t units = (int64_t)rint(ldexp(a, 10 - e));  // below 1024: subnormal
    return sign | (uint16_t)(units + (int64_t)(e + 14) * 1024);
}

static element make_element(mk_dtype dtype, double x) {
    element e = {.i64 = 0};
    switch (dtype) {
    case MK_F32: e.f32 = (float)x; break;
    case MK_F64: e.f64 = x; break;
    case MK_F16: e.u16 = bits_of_float16(x); break;
    case MK_BF16: e.u16 = bits_of_bfloat16((float)x); break;
    case MK_I32: e.i32 = (int32_t)x; break;
    case MK_I64: e.i64 = (int64_t)x; break;
    case MK_U8: e.u8 = (uint8_t)x; break;
    case MK_BOOL: e.u8 = x != 0; break;
    }
    return e;
}

typedef struct {
    size_t size;
    void *out;
    element value;
} fill_job;

#define FILL(T, field) \
    for (int64_t i = begin; i < end; i++) ((T *)p->out)[i] = (T)p->value.field

static void fill_range(int64_t begin, int64_t end, void *context) {
    const fill_job *p = context;
    switch (p->size) {
    case 1: FILL(uint8_t, u8); break;
    case 2: FILL(uint16_t, u16); break;
    case 4: FILL(int32_t, i32); break;
    default: FILL(int64_t, i64); break;
    }
}

void mk_fill(size_t size, void *out, int64_t n, const void *value) {
    fill_job p = {.size = size, .out = out};
    memcpy(p.value.bytes, value, size);
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
    double step = (stop - start) / (double)mk_max(1, endpoint ? n - 1 : n);
    if (dtype == MK_F32 || dtype == MK_F64) {
        mk_arange(dtype, out, n, start, step);
    } else {
        for (int64_t i = 0; i < n; i++) {
            double x = floor(start + (double)i * step);
            if (dtype == MK_I32) ((int32_t *)out)[i] = (int32_t)x;
            else if (dtype == MK_I64) ((int64_t *)out)[i] = (int64_t)x;
            else mk_unsupported("mk_linspace", dtype);
        }
    }
    if (endpoint && n > 1) {
        element last = make_element(dtype, stop);
        memcpy((char *)out + (n - 1) * (int64_t)mk_size_of(dtype), last.bytes, mk_size_of(dtype));
    }
}

void mk_eye(mk_dtype dtype, void *out, int64_t rows, int64_t columns, int64_t diagonal) {
    size_t size = mk_size_of(dtype);
    element one = make_element(dtype, 1);
    memset(out, 0, (size_t)(rows * columns) * size);
    for (int64_t r = mk_max(0, -diagonal); r < rows && r + diagonal < columns; r++)
        memcpy((char *)out + (r * columns + r + diagonal) * (int64_t)size, one.bytes, size);
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

void mk_one_hot(mk_dtype dtype, const int64_t *indices, void *out, int64_t n, int64_t depth, double on, double off) {
    size_t size = mk_size_of(dtype);
    element hot = make_element(dtype, on), cold = make_element(dtype, off);
    mk_fill(size, out, n * depth, cold.bytes);
    for (int64_t i = 0; i < n; i++)
        if (indices[i] >= 0 && indices[i] < depth)
            memcpy((char *)out + (i * depth + indices[i]) * (int64_t)size, hot.bytes, size);
}
