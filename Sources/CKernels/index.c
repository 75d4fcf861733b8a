#include <string.h>
#include "mk_index.h"
#include "internal.h"

typedef struct {
    const char *in;
    char *out;
    size_t size;
    int64_t n, inner;
    mk_dtype index_dtype;
    const void *index;
    int64_t count;
    int64_t band, bands;    // scattering: columns of a task
    int64_t range, ranges;  // and destination rows of a task
} job;

MK_INLINE int64_t raw_index(mk_dtype dtype, const void *index, int64_t i) {
    return dtype == MK_I64 ? ((const int64_t *)index)[i] : ((const int32_t *)index)[i];
}

MK_INLINE int64_t index_at(const job *p, int64_t i) {
    int64_t at = raw_index(p->index_dtype, p->index, i);
    return at < 0 ? at + p->n : at;
}

static int64_t first_bad(mk_dtype dtype, const void *index, int64_t count, int64_t n) {
    if (dtype != MK_I64 && dtype != MK_I32) mk_unsupported("an index", dtype);
    for (int64_t i = 0; i < count; i++) {
        int64_t at = raw_index(dtype, index, i);
        if (at < -n || at >= n) return i;
    }
    return -1;
}

#define GATHER_ELEMENTS(T) \
    for (int64_t u = begin; u < end; u++) \
        ((T *)p->out)[u] = ((const T *)p->in)[u / p->count * p->n + index_at(p, u % p->count)]

static void gather_range(int64_t begin, int64_t end, void *context) {
    const job *p = context;
    if (p->inner == 1) {
        switch (p->size) {
        case 1: GATHER_ELEMENTS(uint8_t); return;
        case 2: GATHER_ELEMENTS(uint16_t); return;
        case 4: GATHER_ELEMENTS(uint32_t); return;
        default: GATHER_ELEMENTS(uint64_t); return;
        }
    }
    int64_t bytes = p->inner * (int64_t)p->size;
    for (int64_t u = begin; u < end; u++)
        memcpy(p->out + u * bytes, p->in + (u / p->count * p->n + index_at(p, u % p->count)) * bytes, (size_t)bytes);
}

int64_t mk_gather(size_t size, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                  mk_dtype index_dtype, const void *index, int64_t count) {
    int64_t bad = first_bad(index_dtype, index, count, n);
    if (bad >= 0 || inner == 0) return bad;
    job p = {.in = in, .out = out, .size = size, .n = n, .inner = inner,
             .index_dtype = index_dtype, .index = index, .count = count};
    mk_parallel_ranges(outer * count, mk_grain_of(inner), gather_range, &p);
    return -1;
}

// A task owns a band of columns and a range of destination rows, clears them, and goes through all indices in their
// order while they are in its cache.
#define DEFINE(T, name) \
    static void add_##name(int64_t task, void *context) { \
        const job *p = context; \
        int64_t first = task % p->ranges * p->range, last = mk_min(first + p->range, p->n); \
        int64_t column = task / p->ranges % p->bands * p->band, width = mk_min(p->band, p->inner - column); \
        int64_t outer = task / p->ranges / p->bands; \
        const T *x = (const T *)p->in + outer * p->count * p->inner + column; \
        T *y = (T *)p->out + outer * p->n * p->inner + column; \
        if (width == p->inner) memset(y + first * width, 0, (size_t)((last - first) * width) * sizeof(T)); \
        else for (int64_t i = first; i < last; i++) memset(y + i * p->inner, 0, (size_t)width * sizeof(T)); \
        for (int64_t k = 0; k < p->count; k++) { \
            int64_t at = index_at(p, k); \
            if (at < first || at >= last) continue; \
            const T *restrict s = x + k * p->inner; \
            T *restrict d = y + at * p->inner; \
            for (int64_t j = 0; j < width; j++) d[j] += s[j]; \
        } \
    } \
    static void add_along_##name(int64_t task, void *context) { \
        const job *p = context; \
        int64_t column = task % p->bands * p->band, width = mk_min(p->band, p->inner - column); \
        int64_t outer = task / p->bands; \
        T *y = (T *)p->out + outer * p->n * p->inner + column; \
        for (int64_t k = 0; k < p->count; k++) { \
            int64_t row = (outer * p->count + k) * p->inner + column; \
            for (int64_t j = 0; j < width; j++) y[index_at(p, row + j) * p->inner + j] += ((const T *)p->in)[row + j]; \
        } \
    }
DEFINE(float, f32)
DEFINE(double, f64)
DEFINE(uint32_t, u32)
DEFINE(uint64_t, u64)
DEFINE(uint8_t, u8)

// Tasks that a scattering is cut into, when it is worth it: enough for a few threads, few as each reads all indices.
#define PARTS 8

int64_t mk_scatter_add(mk_dtype dtype, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                       mk_dtype index_dtype, const void *index, int64_t count) {
    int64_t bad = first_bad(index_dtype, index, count, n);
    if (bad >= 0 || outer == 0 || inner == 0 || n == 0) return bad;
    job p = {.in = in, .out = out, .n = n, .inner = inner, .index_dtype = index_dtype, .index = index, .count = count,
             .band = inner, .range = n};
    if (outer < PARTS && outer * mk_max(count, n) * inner >= MK_GRAIN) {
        if (n >= 4 * PARTS) p.range = mk_ceil_div(n, PARTS);
        else p.band = mk_max(16, mk_ceil_div(inner, PARTS));
    }
    p.bands = mk_ceil_div(inner, p.band);
    p.ranges = mk_ceil_div(n, p.range);
    int64_t tasks = outer * p.bands * p.ranges;
    switch (dtype) {
    case MK_F32: mk_parallel_for(tasks, add_f32, &p); break;
    case MK_F64: mk_parallel_for(tasks, add_f64, &p); break;
    case MK_I32: mk_parallel_for(tasks, add_u32, &p); break;
    case MK_I64: mk_parallel_for(tasks, add_u64, &p); break;
    case MK_U8: mk_parallel_for(tasks, add_u8, &p); break;
    default: mk_unsupported("mk_scatter_add", dtype);
    }
    return -1;
}

#define TAKE_ELEMENTS(T) \
    for (int64_t j = 0; j < p->inner; j++) \
        ((T *)p->out)[row + j] = ((const T *)p->in)[base + index_at(p, row + j) * p->inner + j]

static void take_range(int64_t begin, int64_t end, void *context) {
    const job *p = context;
    for (int64_t u = begin; u < end; u++) {
        int64_t row = u * p->inner, base = u / p->count * p->n * p->inner;
        switch (p->size) {
        case 1: TAKE_ELEMENTS(uint8_t); break;
        case 2: TAKE_ELEMENTS(uint16_t); break;
        case 4: TAKE_ELEMENTS(uint32_t); break;
        default: TAKE_ELEMENTS(uint64_t); break;
        }
    }
}

int64_t mk_take_along_axis(size_t size, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                           mk_dtype index_dtype, const void *index, int64_t count) {
    int64_t bad = first_bad(index_dtype, index, outer * count * inner, n);
    if (bad >= 0) return bad;
    job p = {.in = in, .out = out, .size = size, .n = n, .inner = inner,
             .index_dtype = index_dtype, .index = index, .count = count};
    mk_parallel_ranges(outer * count, mk_grain_of(inner), take_range, &p);
    return -1;
}

int64_t mk_scatter_add_along_axis(mk_dtype dtype, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                                  mk_dtype index_dtype, const void *index, int64_t count) {
    int64_t bad = first_bad(index_dtype, index, outer * count * inner, n);
    if (bad >= 0 || outer == 0 || inner == 0 || count == 0) return bad;
    job p = {.in = in, .out = out, .n = n, .inner = inner, .index_dtype = index_dtype, .index = index, .count = count,
             .band = mk_min(inner, mk_max(16, mk_grain_of(count)))};
    p.bands = mk_ceil_div(inner, p.band);
    int64_t tasks = outer * p.bands;
    switch (dtype) {
    case MK_F32: mk_parallel_for(tasks, add_along_f32, &p); break;
    case MK_F64: mk_parallel_for(tasks, add_along_f64, &p); break;
    case MK_I32: mk_parallel_for(tasks, add_along_u32, &p); break;
    case MK_I64: mk_parallel_for(tasks, add_along_u64, &p); break;
    case MK_U8: mk_parallel_for(tasks, add_along_u8, &p); break;
    default: mk_unsupported("mk_scatter_add_along_axis", dtype);
    }
    return -1;
}

// Turns tuples into positions among the product of dims. Returns the first bad tuple or -1.
static int64_t flatten(int depth, const ptrdiff_t *dims, mk_dtype index_dtype, const void *index, int64_t count,
                       int64_t *flat) {
    if (index_dtype != MK_I64 && index_dtype != MK_I32) mk_unsupported("an index", index_dtype);
    for (int64_t i = 0; i < count; i++) {
        flat[i] = 0;
        for (int a = 0; a < depth; a++) {
            int64_t at = raw_index(index_dtype, index, i * depth + a);
            if (at < -dims[a] || at >= dims[a]) return i;
            flat[i] = flat[i] * dims[a] + (at < 0 ? at + dims[a] : at);
        }
    }
    return -1;
}

static int64_t places(int depth, const ptrdiff_t *dims) {
    int64_t n = 1;
    for (int a = 0; a < depth; a++) n *= dims[a];
    return n;
}

int64_t mk_gather_nd(size_t size, const void *in, void *out, int depth, const ptrdiff_t *dims, int64_t inner,
                     mk_dtype index_dtype, const void *index, int64_t count) {
    int64_t *flat = mk_temporary(count, sizeof *flat);
    int64_t bad = flatten(depth, dims, index_dtype, index, count, flat);
    if (bad < 0) mk_gather(size, in, out, 1, places(depth, dims), inner, MK_I64, flat, count);
    mk_free_temporary(flat);
    return bad;
}

int64_t mk_scatter_nd_add(mk_dtype dtype, const void *in, void *out, int depth, const ptrdiff_t *dims, int64_t inner,
                          mk_dtype index_dtype, const void *index, int64_t count) {
    int64_t *flat = mk_temporary(count, sizeof *flat);
    int64_t bad = flatten(depth, dims, index_dtype, index, count, flat);
    if (bad < 0) mk_scatter_add(dtype, in, out, 1, places(depth, dims), inner, MK_I64, flat, count);
    mk_free_temporary(flat);
    return bad;
}
