// Goals, in this order: an element of C depends on its row of A, its column of B and k alone, so that no cut of the work
// changes a bit; few bytes moved for each multiplication; little code.
//
// The inner dimension goes in pieces whose panel of B stays in the first-level cache. Rows of C go in blocks whose part of A
// stays in the second-level one. A is read where it is; B is packed in panels when enough rows meet them.

#include "sgemm.h"

#include <string.h>

#define BLOCK 96    // rows of C that meet a panel one after the other
#define TURNED 512  // columns from which on a transposed A is turned round
#define GROUP 49152 // floats of B that are packed at a time: 192 KiB
#define HELD 65536  // floats of B that stay in the second-level cache: 256 KiB

static _Thread_local const mk_sgemm_kernels *replaced;

void mk_sgemm_use(const mk_sgemm_kernels *kernels) { replaced = kernels; }

const mk_sgemm_kernels *mk_sgemm_chosen(void) {
    if (replaced != NULL) return replaced;
#if defined(__x86_64__)
    return mk_simd == 2 ? &mk_sgemm_avx512 : mk_simd == 1 ? &mk_sgemm_avx2 : &mk_sgemm_baseline;
#else
    return &mk_sgemm_baseline;
#endif
}

// A panel ends with the vector of its last column.
static int64_t whole_vectors(int64_t columns, int64_t lanes) { return mk_ceil_div(columns, lanes) * lanes; }

int64_t mk_sgemm_panels_size(const mk_sgemm_kernels *kernels, int64_t n, int64_t k) {
    return k * whole_vectors(n, kernels->lanes);
}

void mk_sgemm_pack(const mk_sgemm_kernels *kernels, int64_t n, int64_t k, bool transpose_b, const float *b,
                   int64_t row_b, int64_t first, int64_t end, float *panels) {
    int64_t width = mk_sgemm_panel_width(kernels), j = first * width;
    kernels->pack(b + (transpose_b ? j * row_b : j), row_b, transpose_b, k, mk_min(end * width, n) - j, width,
                  panels + j * k);
}

static int64_t piece_of(const mk_sgemm_kernels *kernels, int64_t k) {
    if (k == 0) return 1;
    return mk_ceil_div(mk_ceil_div(k, mk_ceil_div(k, kernels->depth)), kernels->unit) * kernels->unit;
}

// Packing costs what reading B where it is costs in some twenty tiles of rows; in a few where its rows are far apart or the
// second-level cache does not hold a piece of them. Columns that end within a vector are packed anyway, better with those
// beside them.
bool mk_sgemm_packs(const mk_sgemm_kernels *kernels, int64_t m, int64_t n, int64_t k, bool transpose_b, int64_t row_b) {
    bool ends_within = n % kernels->lanes != 0 && n < 2 * kernels->lanes;
    bool is_far = row_b >= 256 || piece_of(kernels, k) * n > HELD;
    return transpose_b || ends_within || m >= (is_far ? 24 : 160);
}

// A transposed A is read across its rows, a few floats of each line, again for every panel. With enough columns it pays to
// turn a block of it round first.
static bool turns_a(const mk_sgemm_product *p) { return p->transpose_a && p->n >= TURNED; }

void mk_sgemm(const mk_sgemm_product *p) {
    if (p->m <= 0 || p->n <= 0) return;
    const mk_sgemm_kernels *kernels = p->kernels;
    const int64_t lanes = kernels->lanes, m = p->m, n = p->n, k = p->k, piece = piece_of(kernels, k);
    const bool packs = p->panels == NULL && mk_sgemm_packs(kernels, m, n, k, p->transpose_b, p->row_b), turns = turns_a(p);
    // B where it is, for a few rows: wide tiles keep more sums going.
    const bool in_place = p->panels == NULL && !packs;
    const int64_t width = (in_place && m <= 3 ? 4 : kernels->panel) * lanes;
    const int64_t group = packs ? mk_max(GROUP / piece / width, 1) * width : n;
    // A last panel of some of a vector's columns is packed even where others are not.
    const int64_t rest = in_place ? n % lanes : 0, tail = n - rest;
    float *room = NULL, *block = NULL;
    int64_t room_size = packs ? piece * mk_min(group, whole_vectors(n, lanes)) : rest > 0 ? piece * lanes : 0;
    int64_t block_size = turns ? piece * mk_min(BLOCK, m) : 0;
    if (room_size + block_size > 0) {
        room = mk_temporary(room_size + block_size, sizeof(float));
        block = room + room_size;
    }

    for (int64_t l = 0; l == 0 || l < k; l += piece) {
        const int64_t depth = mk_min(piece, k - l);
        const bool last = l + piece >= k;
        if (rest > 0) kernels->pack(p->b + l * p->row_b + tail, p->row_b, false, depth, rest, lanes, room);
        for (int64_t g = 0; g < n; g += group) {
            const int64_t group_end = mk_min(g + group, n);
            if (packs) {
                const float *from = p->transpose_b ? p->b + g * p->row_b + l : p->b + l * p->row_b + g;
                kernels->pack(from, p->row_b, p->transpose_b, depth, group_end - g, width, room);
            }
            for (int64_t i = 0; i < m; i += BLOCK) {
                mk_sgemm_strip strip = {
                    .m = mk_min(BLOCK, m - i), .k = depth, .row_a = p->row_a, .row_c = p->row_c, .alpha = p->alpha,
                    .beta = l == 0 ? p->beta : 1, .relu = last && p->relu,
                };
                strip.a = p->a + (p->transpose_a ? l * p->row_a + i : i * p->row_a + l);
                if (turns) {
                    kernels->turn(strip.a, p->row_a, strip.m, depth, depth, block);
                    strip.a = block;
                    strip.row_a = depth;
                }
                for (int64_t j = g; j < group_end;) {
                    int64_t columns = mk_min(width, (in_place && j < tail ? tail : n) - j);
                    int64_t panel = whole_vectors(columns, lanes);
                    strip.columns = columns;
                    strip.row_b = panel;
                    if (p->panels != NULL) {
                        strip.b = p->panels + j * mk_max(p->panel_depth, k) + (p->first + l) * panel;
                    } else if (packs) {
                        strip.b = room + (j - g) * depth;
                    } else if (j < tail) {
                        strip.b = p->b + l * p->row_b + j;
                        strip.row_b = p->row_b;
                    } else {
                        strip.b = room;
                    }
                    strip.c = p->c + i * p->row_c + j;
                    strip.bias = last && p->bias != NULL ? p->bias + j : NULL;
                    kernels->strip[panel / lanes - 1][p->transpose_a && !turns](&strip);
                    j += columns;
                }
            }
        }
    }
    mk_free_temporary(room);
}
