// Reading and adding at places that data chooses. Indices are int64 or int32 (`index_dtype`); a negative one counts
// from the end. Every function checks all indices first: it returns the position of the first bad one, with nothing
// read or written, or -1. Adding goes in the order of the indices for each destination, whatever the threads do.
#ifndef MK_INDEX_H
#define MK_INDEX_H

#include "mk_common.h"

// out [outer, count, inner] = in [outer, n, inner] at index[count] of the middle axis. `size`: bytes of an element.
int64_t mk_gather(size_t size, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                  mk_dtype index_dtype, const void *index, int64_t count);
// out [outer, n, inner] = zeros to which in [outer, count, inner] is added at index[count]. f32, f64, i32, i64, u8.
int64_t mk_scatter_add(mk_dtype dtype, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                       mk_dtype index_dtype, const void *index, int64_t count);

// out [outer, count, inner] = in [outer, n, inner] at index [outer, count, inner] of the middle axis, and the way back.
int64_t mk_take_along_axis(size_t size, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                           mk_dtype index_dtype, const void *index, int64_t count);
int64_t mk_scatter_add_along_axis(mk_dtype dtype, const void *in, void *out, int64_t outer, int64_t n, int64_t inner,
                                  mk_dtype index_dtype, const void *index, int64_t count);

// out [count, inner] = in [dims..., inner] at the tuples index [count, depth], `depth` being the number of dims; and
// the way back, which adds to zeros. The position returned is the tuple's.
int64_t mk_gather_nd(size_t size, const void *in, void *out, int depth, const ptrdiff_t *dims, int64_t inner,
                     mk_dtype index_dtype, const void *index, int64_t count);
int64_t mk_scatter_nd_add(mk_dtype dtype, const void *in, void *out, int depth, const ptrdiff_t *dims, int64_t inner,
                          mk_dtype index_dtype, const void *index, int64_t count);

#endif
