// Transposition, slices, joins and pads, each as one or several strided copies.
#include "mk_layout.h"
#include "strided.h"

// The steps of a contiguous tensor.
static void contiguous(int rank, const ptrdiff_t *dims, int64_t *steps) {
    int64_t step = 1;
    for (int a = rank - 1; a >= 0; a--) {
        steps[a] = step;
        step *= dims[a];
    }
}

void mk_transpose(size_t size, const void *in, void *out, int rank, const ptrdiff_t *dims, const ptrdiff_t *perm) {
    int64_t steps[MK_MAX_RANK];
    contiguous(rank, dims, steps);
    mk_view v = {.rank = rank};
    for (int a = 0; a < rank; a++) {
        v.dims[a] = dims[perm[a]];
        v.src[a] = steps[perm[a]];
    }
    contiguous(rank, v.dims, v.dst);
    mk_copy_strided(size, v, in, out);
}

// The steps through a slice of a tensor [whole]; returns the offset of its first element.
static int64_t slice_steps(int rank, const int64_t *whole, const ptrdiff_t *begin, const ptrdiff_t *step, int64_t *steps) {
    int64_t offset = 0;
    contiguous(rank, whole, steps);
    for (int a = 0; a < rank; a++) {
        offset += begin[a] * steps[a];
        steps[a] *= step[a];
    }
    return offset;
}

static bool any_zero(int rank, const ptrdiff_t *dims) {
    for (int a = 0; a < rank; a++)
        if (dims[a] == 0) return true;
    return false;
}

static mk_view view_of(int rank, const ptrdiff_t *dims) {
    mk_view v = {.rank = rank};
    for (int a = 0; a < rank; a++) v.dims[a] = dims[a];
    return v;
}

void mk_slice(size_t size, const void *in, void *out, int rank, const ptrdiff_t *in_dims, const ptrdiff_t *begin,
              const ptrdiff_t *step, const ptrdiff_t *out_dims) {
    if (any_zero(rank, out_dims)) return;
    mk_view v = view_of(rank, out_dims);
    int64_t offset = slice_steps(rank, in_dims, begin, step, v.src);
    contiguous(rank, out_dims, v.dst);
    mk_copy_strided(size, v, (const char *)in + offset * (int64_t)size, out);
}

void mk_slice_scatter(size_t size, const void *in, void *out, int rank, const ptrdiff_t *out_dims, const ptrdiff_t *begin,
                      const ptrdiff_t *step, const ptrdiff_t *in_dims) {
    if (any_zero(rank, in_dims)) return;
    mk_view v = view_of(rank, in_dims);
    int64_t offset = slice_steps(rank, out_dims, begin, step, v.dst);
    contiguous(rank, in_dims, v.src);
    mk_copy_strided(size, v, in, (char *)out + offset * (int64_t)size);
}

static int64_t sum(int count, const ptrdiff_t *lengths) {
    int64_t total = 0;
    for (int k = 0; k < count; k++) total += lengths[k];
    return total;
}

void mk_concat(size_t size, int count, const void *const *ins, const ptrdiff_t *lengths, void *out, int64_t outer,
               int64_t inner) {
    int64_t whole = sum(count, lengths) * inner, start = 0;
    for (int k = 0; k < count; k++) {
        int64_t part = lengths[k] * inner;
        mk_view v = {.rank = 2, .dims = {outer, part}, .src = {part, 1}, .dst = {whole, 1}};
        if (part > 0) mk_copy_strided(size, v, ins[k], (char *)out + start * (int64_t)size);
        start += part;
    }
}

void mk_split(size_t size, int count, const void *in, const ptrdiff_t *lengths, void *const *outs, int64_t outer,
              int64_t inner) {
    int64_t whole = sum(count, lengths) * inner, start = 0;
    for (int k = 0; k < count; k++) {
        int64_t part = lengths[k] * inner;
        mk_view v = {.rank = 2, .dims = {outer, part}, .src = {whole, 1}, .dst = {part, 1}};
        if (part > 0) mk_copy_strided(size, v, (const char *)in + start * (int64_t)size, outs[k]);
        start += part;
    }
}

void mk_tile(size_t size, const void *in, void *out, int rank, const ptrdiff_t *dims, const ptrdiff_t *repeats) {
    int64_t steps[MK_MAX_RANK];
    contiguous(rank, dims, steps);
    mk_view v = {.rank = 2 * rank};
    for (int a = 0; a < rank; a++) {
        v.dims[2 * a] = repeats[a];
        v.dims[2 * a + 1] = dims[a];
        v.src[2 * a + 1] = steps[a];
    }
    contiguous(2 * rank, v.dims, v.dst);
    mk_copy_strided(size, v, in, out);
}

void mk_pad_constant(size_t size, const void *in, void *out, int rank, const ptrdiff_t *dims, const ptrdiff_t *before,
                     const ptrdiff_t *after, const void *value) {
    int64_t padded[MK_MAX_RANK], ones[MK_MAX_RANK], n = 1;
    for (int a = 0; a < rank; a++) {
        padded[a] = before[a] + dims[a] + after[a];
        ones[a] = 1;
        n *= padded[a];
    }
    mk_fill(size, out, n, value);
    mk_slice_scatter(size, in, out, rank, padded, before, ones, dims);
}

void mk_pad_map(mk_pad_mode mode, int64_t n, int64_t before, int64_t after, int64_t *map) {
    int64_t period = mode == MK_PAD_REFLECT ? mk_max(1, 2 * n - 2) : 2 * n;
    for (int64_t i = 0; i < before + n + after; i++) {
        int64_t k = i - before;
        if (mode == MK_PAD_EDGE) {
            map[i] = mk_min(mk_max(k, 0), n - 1);
        } else {
            k = (k % period + period) % period;
            map[i] = k < n ? k : mode == MK_PAD_REFLECT ? period - k : period - 1 - k;
        }
    }
}
