// Kernels that move elements without changing them, and those that make tensors from nothing. Tensors are contiguous
// and row-major; `size` is the size of an element in bytes (1, 2, 4 or 8).
#ifndef MK_LAYOUT_H
#define MK_LAYOUT_H

#include "mk_common.h"

// out[i0, i1, ...] has the axes of `in` (of lengths `dims`) in the order `perm`: axis a of out is axis perm[a] of in.
void mk_transpose(size_t size, const void *in, void *out, int rank, const ptrdiff_t *dims, const ptrdiff_t *perm);

// out [out_dims] = in[begin + i * step] on each axis; a step may be negative.
void mk_slice(size_t size, const void *in, void *out, int rank, const ptrdiff_t *in_dims, const ptrdiff_t *begin,
              const ptrdiff_t *step, const ptrdiff_t *out_dims);
// The way back: writes `in` [in_dims] to the places of a slice of `out` [out_dims] and leaves the others as they are.
void mk_slice_scatter(size_t size, const void *in, void *out, int rank, const ptrdiff_t *out_dims, const ptrdiff_t *begin,
                      const ptrdiff_t *step, const ptrdiff_t *in_dims);

// out [outer, sum of lengths, inner] from `count` inputs [outer, lengths[k], inner], and the way back.
void mk_concat(size_t size, int count, const void *const *ins, const ptrdiff_t *lengths, void *out, int64_t outer,
               int64_t inner);
void mk_split(size_t size, int count, const void *in, const ptrdiff_t *lengths, void *const *outs, int64_t outer,
              int64_t inner);

// Repeats the tensor repeats[a] times along axis a: out has dims[a] * repeats[a].
void mk_tile(size_t size, const void *in, void *out, int rank, const ptrdiff_t *dims, const ptrdiff_t *repeats);

// out [before + dims + after], `value` (one element) around `in`.
void mk_pad_constant(size_t size, const void *in, void *out, int rank, const ptrdiff_t *dims, const ptrdiff_t *before,
                     const ptrdiff_t *after, const void *value);

typedef enum {
    MK_PAD_EDGE = 0,       // the border's element again
    MK_PAD_REFLECT = 1,    // mirrored, the border's element once; n > 1 unless nothing is padded
    MK_PAD_SYMMETRIC = 2,  // mirrored, the border's element twice
} mk_pad_mode;
// The other modes of padding are gathers along each axis: map[i], i in 0..<before + n + after, is the index of the
// element of an axis of length n > 0 that the padded axis shows at i. Pads longer than the axis mirror back and forth.
void mk_pad_map(mk_pad_mode mode, int64_t n, int64_t before, int64_t after, int64_t *map);

// n copies of one element.
void mk_fill(size_t size, void *out, int64_t n, const void *value);
// start + i * step, each computed by itself: f32 and f64 in double precision; i32 and i64 exactly.
void mk_arange(mk_dtype dtype, void *out, int64_t n, double start, double step);
void mk_arange_int(mk_dtype dtype, void *out, int64_t n, int64_t start, int64_t step);
// n numbers from start to stop; with `endpoint` the last one is stop itself. f32, f64.
void mk_linspace(mk_dtype dtype, void *out, int64_t n, double start, double stop, bool endpoint);
// out [rows, columns]: `one` where column - row == diagonal, else zero.
void mk_eye(size_t size, void *out, int64_t rows, int64_t columns, int64_t diagonal, const void *one);
// Keeps of each matrix of in [batch, rows, columns] what is on and below (`upper`: above) the diagonal; else zero.
void mk_triangle(size_t size, const void *in, void *out, int64_t batch, int64_t rows, int64_t columns,
                 int64_t diagonal, bool upper);
// out [n, depth]: `on` at the index, `off` elsewhere and in all the row of an index out of range.
void mk_one_hot(size_t size, const int64_t *indices, void *out, int64_t n, int64_t depth, const void *on,
                const void *off);

#endif
