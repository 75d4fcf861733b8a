#include <string.h>
#include "strided.h"

// Long rows are cut into pieces, planes to transpose into square tiles.
#define PIECE MK_GRAIN
#define TILE 64

typedef struct {
    const void *src;
    void *dst;
    mk_view outer;           // the axes around the inner loop
    int64_t n, ss, ds;       // the inner loop: the last axis
    int64_t pieces;
    int64_t across, across_dst;  // when transposing, the axis along which the source is contiguous
} copy;

// Where the inner loop stands: offsets in elements.
typedef struct {
    int64_t index[MK_VIEW_RANK], src, dst, piece;
} cursor;

static cursor cursor_at(const copy *p, int64_t unit) {
    cursor c = {.piece = unit % p->pieces};
    unit /= p->pieces;
    for (int a = p->outer.rank - 1; a >= 0; a--) {
        c.index[a] = unit % p->outer.dims[a];
        unit /= p->outer.dims[a];
        c.src += c.index[a] * p->outer.src[a];
        c.dst += c.index[a] * p->outer.dst[a];
    }
    return c;
}

static inline void advance(const copy *p, cursor *c) {
    if (++c->piece < p->pieces) return;
    c->piece = 0;
    for (int a = p->outer.rank - 1; a >= 0; a--) {
        c->src += p->outer.src[a];
        c->dst += p->outer.dst[a];
        if (++c->index[a] < p->outer.dims[a]) return;
        c->src -= p->outer.src[a] * p->outer.dims[a];
        c->dst -= p->outer.dst[a] * p->outer.dims[a];
        c->index[a] = 0;
    }
}

#define T uint8_t
#define NAME(loop) MK_PASTE(u8, loop)
#include "strided_template.h"
#undef T
#undef NAME
#define T uint16_t
#define NAME(loop) MK_PASTE(u16, loop)
#include "strided_template.h"
#undef T
#undef NAME
#define T uint32_t
#define NAME(loop) MK_PASTE(u32, loop)
#include "strided_template.h"
#undef T
#undef NAME
#define T uint64_t
#define NAME(loop) MK_PASTE(u64, loop)
#include "strided_template.h"
#undef T
#undef NAME

// Drops axes of length 1 and joins neighbours that both sides walk through as one. At least one axis is left.
static mk_view coalesce(const mk_view *v) {
    mk_view r = {.rank = 0};
    for (int a = 0; a < v->rank; a++) {
        if (v->dims[a] == 1) continue;
        int last = r.rank - 1;
        if (last >= 0 && r.src[last] == v->src[a] * v->dims[a] && r.dst[last] == v->dst[a] * v->dims[a]) {
            r.dims[last] *= v->dims[a];
        } else {
            r.dims[++last] = v->dims[a];
            r.rank++;
        }
        r.src[last] = v->src[a];
        r.dst[last] = v->dst[a];
    }
    if (r.rank == 0) {
        r.rank = 1;
        r.dims[0] = r.src[0] = r.dst[0] = 1;
    }
    return r;
}

static int64_t count(const mk_view *v) {
    int64_t n = 1;
    for (int a = 0; a < v->rank; a++) n *= v->dims[a];
    return n;
}

// Makes the last axis the inner loop.
static copy make_rows(mk_view v, const void *src, void *dst) {
    int last = --v.rank;
    return (copy){.src = src, .dst = dst, .outer = v, .n = v.dims[last], .ss = v.src[last], .ds = v.dst[last],
                  .pieces = mk_ceil_div(v.dims[last], PIECE)};
}

// The axis along which the source is contiguous while the destination is not, or -1.
static int across_axis(const mk_view *v) {
    int last = v->rank - 1;
    if (v->dst[last] != 1 || v->src[last] == 1 || v->src[last] == 0) return -1;
    for (int a = 0; a < last; a++)
        if (v->src[a] == 1) return a;
    return -1;
}

static void run_rows(const copy *p, void (*rows)(int64_t, int64_t, void *)) {
    mk_parallel_ranges(count(&p->outer) * p->pieces, mk_grain_of(mk_min(p->n, PIECE)), rows, (void *)p);
}

static void run_tiles(copy *p, int axis, void (*tiles)(int64_t, int64_t, void *)) {
    p->across = p->outer.dims[axis];
    p->across_dst = p->outer.dst[axis];
    p->outer.dims[axis] = 1;
    p->pieces = 1;
    int64_t planes = count(&p->outer) * mk_ceil_div(p->across, TILE) * mk_ceil_div(p->n, TILE);
    mk_parallel_ranges(planes, mk_grain_of(mk_min(p->across, TILE) * mk_min(p->n, TILE)), tiles, p);
}

void mk_copy_strided(size_t size, mk_view view, const void *src, void *dst) {
    if (count(&view) == 0) return;
    mk_view v = coalesce(&view);
    int axis = across_axis(&v);
    copy p = make_rows(v, src, dst);
    if (axis >= 0) {
        run_tiles(&p, axis, size == 1 ? u8_tiles : size == 2 ? u16_tiles : size == 4 ? u32_tiles : u64_tiles);
        return;
    }
    run_rows(&p, size == 1 ? u8_rows : size == 2 ? u16_rows : size == 4 ? u32_rows : u64_rows);
}
