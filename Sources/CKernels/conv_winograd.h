// Winograd's minimal filtering for 3x3 kernels, F(4x4, 3x3): a tile of 4x4 outputs takes 36 products for each pair of
// channels instead of 144. The tile's 6x6 inputs and the kernel are polynomials, evaluated at six points (transforms),
// multiplied there (36 matrix products over channels), and interpolated (the output's transform).
//
// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015. The points here are
// 0, +-3/4, +-3/2 and infinity: their coefficients are exact in binary, and the error is a third of what the paper's
// 0, +-1, +-2 give (measured: 1.5e-6 against 5.5e-6 of the largest output).
#ifndef MK_CONV_WINOGRAD_H
#define MK_CONV_WINOGRAD_H

#include "conv_internal.h"
#include "lanes.h"

#define MK_TILE 4      // outputs of a tile, on an axis
#define MK_PATCH 6     // inputs of a tile, on an axis
#define MK_PLANES 36   // products of a tile

#define MK_A 0.75f
#define MK_B 1.5f
#define MK_A2 (MK_A * MK_A)
#define MK_B2 (MK_B * MK_B)
// The derivative of the polynomial with the roots 0, +-a, +-b, at these.
#define MK_N0 (MK_A2 * MK_B2)
#define MK_NA (2 * MK_A2 * (MK_A2 - MK_B2))
#define MK_NB (2 * MK_B2 * (MK_B2 - MK_A2))

// Each transform takes `step` vectors from one number to the next, and so does rows or columns.

// Six inputs at the points.
MK_INLINE void mk_winograd_input(const mk_lanes *d, int from_step, mk_lanes *v, int step) {
    mk_lanes d1 = d[from_step], d2 = d[2 * from_step], d3 = d[3 * from_step], d4 = d[4 * from_step];
    mk_lanes even_a = d4 - MK_B2 * d2, odd_a = MK_A * (d3 - MK_B2 * d1);
    mk_lanes even_b = d4 - MK_A2 * d2, odd_b = MK_B * (d3 - MK_A2 * d1);
    v[0] = MK_N0 * d[0] - (MK_A2 + MK_B2) * d2 + d4;
    v[step] = even_a + odd_a;
    v[2 * step] = even_a - odd_a;
    v[3 * step] = even_b + odd_b;
    v[4 * step] = even_b - odd_b;
    v[5 * step] = MK_N0 * d1 - (MK_A2 + MK_B2) * d3 + d[5 * from_step];
}

// Four outputs from six products.
MK_INLINE void mk_winograd_output(const mk_lanes *m, int from_step, mk_lanes *y, int step) {
    mk_lanes sum_a = m[from_step] + m[2 * from_step], difference_a = m[from_step] - m[2 * from_step];
    mk_lanes sum_b = m[3 * from_step] + m[4 * from_step], difference_b = m[3 * from_step] - m[4 * from_step];
    y[0] = m[0] + sum_a + sum_b;
    y[step] = MK_A * difference_a + MK_B * difference_b;
    y[2 * step] = MK_A2 * sum_a + MK_B2 * sum_b;
    y[3 * step] = MK_A2 * MK_A * difference_a + MK_B2 * MK_B * difference_b + m[5 * from_step];
}

// Three taps at the points.
MK_INLINE void mk_winograd_taps(const mk_lanes *g, int from_step, mk_lanes *u, int step) {
    mk_lanes g1 = g[from_step], g2 = g[2 * from_step];
    mk_lanes even_a = (g[0] + MK_A2 * g2) / MK_NA, odd_a = g1 * (MK_A / MK_NA);
    mk_lanes even_b = (g[0] + MK_B2 * g2) / MK_NB, odd_b = g1 * (MK_B / MK_NB);
    u[0] = g[0] / MK_N0;
    u[step] = even_a + odd_a;
    u[2 * step] = even_a - odd_a;
    u[3 * step] = even_b + odd_b;
    u[4 * step] = even_b - odd_b;
    u[5 * step] = g2;
}

// The adjoint of the output's transform: four gradients at the points.
MK_INLINE void mk_winograd_upstream(const mk_lanes *y, int from_step, mk_lanes *v, int step) {
    mk_lanes y1 = y[from_step], y2 = y[2 * from_step], y3 = y[3 * from_step];
    mk_lanes even_a = y[0] + MK_A2 * y2, odd_a = MK_A * y1 + MK_A2 * MK_A * y3;
    mk_lanes even_b = y[0] + MK_B2 * y2, odd_b = MK_B * y1 + MK_B2 * MK_B * y3;
    v[0] = y[0];
    v[step] = even_a + odd_a;
    v[2 * step] = even_a - odd_a;
    v[3 * step] = even_b + odd_b;
    v[4 * step] = even_b - odd_b;
    v[5 * step] = y3;
}

// The adjoint of the taps' transform: the gradients of three taps from six sums of products.
MK_INLINE void mk_winograd_tap_gradients(const mk_lanes *w, int from_step, mk_lanes *g, int step) {
    mk_lanes sum_a = (w[from_step] + w[2 * from_step]) / MK_NA, sum_b = (w[3 * from_step] + w[4 * from_step]) / MK_NB;
    mk_lanes difference_a = w[from_step] - w[2 * from_step], difference_b = w[3 * from_step] - w[4 * from_step];
    g[0] = w[0] / MK_N0 + sum_a + sum_b;
    g[step] = difference_a * (MK_A / MK_NA) + difference_b * (MK_B / MK_NB);
    g[2 * step] = MK_A2 * sum_a + MK_B2 * sum_b + w[5 * from_step];
}

// An image side that is cut into patches: the convolution's input, or its output.
typedef struct {
    int64_t size[2], channels;
    int64_t extent; // of a patch: MK_PATCH or MK_TILE
    int64_t pad[2]; // how far patches begin before their tile
} mk_winograd_side;

// The tiles of the outputs, over the images in order.
typedef struct {
    int64_t images, tiles[2];
} mk_winograd_tiles;

static inline int64_t mk_winograd_count(const mk_winograd_tiles *t) { return t->images * t->tiles[0] * t->tiles[1]; }

// From one plane of `rows` tiles to the next: not a power of two, so that a tile's 36 numbers do not share a cache set.
static inline int64_t mk_winograd_plane(int64_t rows, int64_t channels) { return rows * channels + MK_LANES; }

// Tiles of a block: its inputs and outputs at the points stay in the second-level cache where the channels are few, and
// a product has rows enough where they are many.
static inline int64_t mk_winograd_block(int64_t channels, int64_t planes) {
    int64_t fit = ((int64_t)448 << 10) / (planes * (int64_t)sizeof(float) * channels);
    return mk_clamp(fit / 16 * 16, 32, 128);
}

// Where a side's patch of a tile lies: in the image itself when it is whole, else in `room` (extent x extent x
// channels), filled up with zeros. `row` receives the distance from a row to the next.
const float *mk_winograd_patch(const mk_winograd_side *side, const mk_winograd_tiles *tiles, int64_t tile,
                               const float *images, float *room, int64_t *row);

// Evaluates the inputs of `count` tiles: rows first_row..<end_row of the 6x6 planes, each [count, channels], to v.
void mk_winograd_inputs(const mk_winograd_side *side, const mk_winograd_tiles *tiles, const float *images,
                        int64_t first, int64_t count, int64_t first_row, int64_t end_row, float *room, float *v,
                        int64_t plane);

#endif
