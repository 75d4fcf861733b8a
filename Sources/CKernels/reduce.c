// Reductions over any axes: the shape is folded to [outer, n, inner], and that is cut into rows or panels of columns.
#include <math.h>
#include <string.h>
#include "reduce_kernels.h"

typedef struct {
    mk_reduce_kernel kernel;
    size_t size;
    const char *in;
    char *out;
    int64_t n, inner;
    int64_t chunk, chunks;  // the middle axis is cut into `chunks` pieces of `chunk`
    int64_t band, bands;    // the inner axis likewise
} reduction;

// One piece of the middle axis of each row: [outer * chunks] results.
static void reduce_rows(int64_t begin, int64_t end, void *context) {
    const reduction *p = context;
    if (p->chunks == 1)
        return p->kernel.rows(p->in + begin * p->n * p->size, end - begin, p->n, p->out + begin * p->size);
    for (int64_t i = begin; i < end; i++) {
        int64_t row = i / p->chunks, start = i % p->chunks * p->chunk;
        const char *x = p->in + (row * p->n + start) * p->size;
        p->kernel.rows(x, 1, mk_min(p->chunk, p->n - start), p->out + i * p->size);
    }
}

// The columns of a panel [rows, inner] that has fewer columns than a vector has lanes: k rows side by side count as
// one.
static void reduce_narrow(const reduction *p, const char *x, int64_t rows, char *out) {
    int64_t inner = p->inner, k = mk_ceil_div(64, inner), rest = rows % k;
    _Alignas(64) char wide[96 * 8], two[2 * 32 * 8];
    p->kernel.columns(x, rows / k, k * inner, k * inner, wide);
    p->kernel.columns(wide, k, inner, inner, rest ? two : out);
    if (!rest) return;
    p->kernel.columns(x + (rows - rest) * inner * p->size, rest, inner, inner, two + inner * p->size);
    p->kernel.columns(two, 2, inner, inner, out);
}

static void reduce_panels(int64_t begin, int64_t end, void *context) {
    const reduction *p = context;
    for (int64_t i = begin; i < end; i++) {
        int64_t panel = i / p->bands, column = i % p->bands * p->band;
        int64_t start = panel % p->chunks * p->chunk, rows = mk_min(p->chunk, p->n - start);
        const char *x = p->in + (panel / p->chunks * p->n + start) * p->inner * p->size;
        char *y = p->out + panel * p->inner * p->size;
        if (p->inner < 32 && rows >= 256) {
            reduce_narrow(p, x, rows, y);
            continue;
        }
        int64_t last = mk_min(column + p->band, p->inner), tile = MK_TILE_BYTES / (int64_t)p->size;
        for (int64_t j = column; j < last; j += tile)
            p->kernel.columns(x + j * p->size, rows, p->inner, mk_min(tile, last - j), y + j * p->size);
    }
}

// out [outer, inner] from in [outer, n, inner], all at least 1. A long middle axis is cut into pieces whose results are
// reduced in turn.
static void reduce_middle(mk_reduce_kernel kernel, size_t size, const void *in, void *out, int64_t outer, int64_t n,
                          int64_t inner) {
    int64_t chunk = inner == 1 ? MK_GRAIN : mk_max(2 * MK_COLUMN_BLOCK, MK_GRAIN / inner);
    if (n <= 2 * chunk) chunk = n;
    reduction p = {kernel, size, in, out, n, inner, chunk, mk_ceil_div(n, chunk), mk_min(inner, MK_GRAIN), 0};
    p.bands = mk_ceil_div(inner, p.band);
    if (p.chunks > 1) p.out = mk_temporary(outer * p.chunks * inner, size);
    mk_parallel_ranges(outer * p.chunks * p.bands, mk_grain_of(chunk * p.band),
                       inner == 1 ? reduce_rows : reduce_panels, &p);
    if (p.chunks > 1) {
        reduce_middle(kernel, size, p.out, out, outer, p.chunks, inner);
        mk_free_temporary(p.out);
    }
}

static bool is_set(uint32_t bits, int place) { return bits >> place & 1; }

// Drops axes of length 1 and joins neighbours that are both reduced or both kept. Returns the number of groups.
static int group_axes(int rank, const ptrdiff_t *dims, uint32_t reduced, int64_t *size, bool *gone) {
    int groups = 0;
    for (int a = 0; a < rank; a++) {
        if (dims[a] == 1) continue;
        if (groups && gone[groups - 1] == is_set(reduced, a)) {
            size[groups - 1] *= dims[a];
        } else {
            size[groups] = dims[a];
            gone[groups++] = is_set(reduced, a);
        }
    }
    return groups;
}

static int64_t product(const int64_t *x, int n) {
    int64_t p = 1;
    for (int i = 0; i < n; i++) p *= x[i];
    return p;
}

// Reduces one group of axes after the other, the longest first, so that what is left over is small.
static void reduce_groups(mk_reduce_kernel kernel, size_t size, const void *in, void *out, int groups, int64_t *length,
                          bool *gone) {
    void *scratch = NULL;
    for (;;) {
        int left = 0, longest = 0;
        for (int g = 0; g < groups; g++) {
            if (!gone[g]) continue;
            if (!left++ || length[g] > length[longest]) longest = g;
        }
        int64_t outer = product(length, longest), inner = product(length + longest + 1, groups - longest - 1);
        void *result = left == 1 ? out : mk_temporary(outer * inner, size);
        reduce_middle(kernel, size, in, result, outer, length[longest], inner);
        mk_free_temporary(scratch);
        if (left == 1) return;
        scratch = result;
        in = result;
        length[longest] = 1;
        gone[longest] = false;
    }
}

// What a reduction of nothing gives.
static void fill_identity(mk_reduction op, mk_dtype dtype, void *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        switch (dtype) {
        case MK_F32: ((float *)out)[i] = op == MK_REDUCE_MEAN ? NAN : op == MK_REDUCE_PROD; break;
        case MK_F64: ((double *)out)[i] = op == MK_REDUCE_MEAN ? (double)NAN : op == MK_REDUCE_PROD; break;
        case MK_I32: ((int32_t *)out)[i] = op == MK_REDUCE_PROD; break;
        case MK_I64: ((int64_t *)out)[i] = op == MK_REDUCE_PROD; break;
        case MK_U8: ((uint8_t *)out)[i] = op == MK_REDUCE_PROD; break;
        case MK_BOOL: ((uint8_t *)out)[i] = op == MK_REDUCE_ALL; break;
        default: mk_unsupported("mk_reduce", dtype);
        }
    }
}

static void divide(mk_dtype dtype, void *out, int64_t n, int64_t count) {
    if (dtype == MK_F32) {
        float *y = out;
        for (int64_t i = 0; i < n; i++) y[i] /= (float)count;
    } else {
        double *y = out;
        for (int64_t i = 0; i < n; i++) y[i] /= (double)count;
    }
}

void mk_reduce(mk_reduction op, mk_dtype dtype, const void *in, void *out, int rank, const ptrdiff_t *dims,
               uint32_t reduced) {
    int64_t kept = 1, count = 1;
    for (int a = 0; a < rank; a++) *(is_set(reduced, a) ? &count : &kept) *= dims[a];
    if (kept == 0) return;
    if (count == 0) return fill_identity(op, dtype, out, kept);
    size_t size = mk_size_of(dtype);
    if (count == 1) {
        memcpy(out, in, (size_t)kept * size);
        return;
    }
    mk_reduction loop = op == MK_REDUCE_MEAN  ? MK_REDUCE_SUM
                        : op == MK_REDUCE_ANY ? MK_REDUCE_MAX
                        : op == MK_REDUCE_ALL ? MK_REDUCE_MIN
                                              : op;
    int64_t length[MK_MAX_RANK];
    bool gone[MK_MAX_RANK];
    int groups = group_axes(rank, dims, reduced, length, gone);
    mk_reduce_kernel kernel = mk_find_reduce_kernel(loop, dtype == MK_BOOL ? MK_U8 : dtype);
    reduce_groups(kernel, size, in, out, groups, length, gone);
    if (op == MK_REDUCE_MEAN) divide(dtype, out, kept, count);
}

typedef struct {
    const uint8_t *in;
    int64_t *out;
    int64_t n, inner;
    int64_t chunk, chunks;  // the middle axis is cut into `chunks` pieces of `chunk`
} byte_sum;

// One piece of the middle axis: [outer * chunks, inner] results.
static void sum_bytes(int64_t begin, int64_t end, void *context) {
    const byte_sum *p = context;
    for (int64_t i = begin; i < end; i++) {
        int64_t start = i % p->chunks * p->chunk, rows = mk_min(p->chunk, p->n - start);
        const uint8_t *x = p->in + (i / p->chunks * p->n + start) * p->inner;
        int64_t *y = p->out + i * p->inner;
        if (p->inner == 1) {
            int64_t sum = 0;
            for (int64_t r = 0; r < rows; r++) sum += x[r];
            *y = sum;
            continue;
        }
        memset(y, 0, (size_t)p->inner * sizeof *y);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t j = 0; j < p->inner; j++) y[j] += x[r * p->inner + j];
    }
}

// The longest group of reduced axes is summed from bytes. What is left of it, and the other groups, are sums of int64.
void mk_sum_bytes(const void *in, void *out, int rank, const ptrdiff_t *dims, uint32_t reduced) {
    int64_t kept = 1, count = 1;
    for (int a = 0; a < rank; a++) *(is_set(reduced, a) ? &count : &kept) *= dims[a];
    if (kept == 0) return;
    if (count == 0) return fill_identity(MK_REDUCE_SUM, MK_I64, out, kept);
    int64_t length[MK_MAX_RANK + 1];
    bool gone[MK_MAX_RANK + 1];
    int groups = group_axes(rank, dims, reduced, length, gone), left = 0, longest = groups;
    // Without one, a group of one.
    length[groups] = 1;
    for (int g = 0; g < groups; g++)
        if (gone[g] && (!left++ || length[g] > length[longest])) longest = g;
    int64_t outer = product(length, longest), n = length[longest];
    int64_t inner = longest < groups ? product(length + longest + 1, groups - longest - 1) : 1;
    int64_t chunk = inner == 1 ? MK_GRAIN : mk_max(2 * MK_COLUMN_BLOCK, MK_GRAIN / inner);
    if (n <= 2 * chunk) chunk = n;
    byte_sum p = {in, out, n, inner, chunk, mk_ceil_div(n, chunk)};
    bool isLast = p.chunks == 1 && left <= 1;
    if (!isLast) p.out = mk_temporary(outer * p.chunks * inner, sizeof *p.out);
    mk_parallel_ranges(outer * p.chunks, mk_grain_of(chunk * inner), sum_bytes, &p);
    if (isLast) return;
    length[longest] = p.chunks;
    reduce_groups(mk_find_reduce_kernel(MK_REDUCE_SUM, MK_I64), sizeof *p.out, p.out, out, groups, length, gone);
    mk_free_temporary(p.out);
}
