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

#endif
