// Copying between two strided views: transposition, slices, concatenation and tiling are all this.
#ifndef MK_STRIDED_H
#define MK_STRIDED_H

#include "internal.h"

// A tiled tensor has two axes for each of its own.
#define MK_VIEW_RANK (2 * MK_MAX_RANK)

// The shape of a copy, and the steps of both sides along each axis, in elements.
typedef struct {
    int rank;
    int64_t dims[MK_VIEW_RANK], src[MK_VIEW_RANK], dst[MK_VIEW_RANK];
} mk_view;

// dst[...] = src[...]; elements of 1, 2, 4 or 8 bytes. A source may repeat (steps of 0), a destination may not.
void mk_copy_strided(size_t size, mk_view view, const void *src, void *dst);

// to [columns, rows] = from [rows, columns], whose rows begin `row` elements apart.
static inline void mk_transpose_matrix(size_t size, const void *from, int64_t rows, int64_t columns, int64_t row,
                                       void *to) {
    mk_view v = {.rank = 2, .dims = {columns, rows}, .src = {1, row}, .dst = {rows, 1}};
    mk_copy_strided(size, v, from, to);
}

#endif
