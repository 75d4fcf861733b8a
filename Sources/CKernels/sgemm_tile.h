// The innermost part of a float32 product, for one instruction set: tiles of C whose sums stay in registers. Included once
// for each set, with
//   LANES        floats in a vector
//   ROWS_1 ... ROWS_4  most rows of a tile that is one ... four vectors wide: its sums, a row of B and one broadcast number
//                fill the registers
//   PANEL        vectors in a panel of B
//   NAME(x)      the names
// and possibly
//   MULTIPLY(sum, x, right)  adds the products of the number x with a vector
//   DEPTH        the inner dimension of a piece, at most
//   INTEGERS     whether sums and C are whole numbers of 32 bits: whole vectors of columns, without bias and activation
//
// Each sum goes through the inner dimension in order, one fused multiplication after the other. So an element of C has the
// same bits in whatever tile it lies, and they do not depend on how many rows or columns are computed at a time.

#ifndef MULTIPLY
#define MULTIPLY(sum, x, right) sum += x * right
#define DEPTH 384
#define INTEGERS 0
#endif

typedef float NAME(vector) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t NAME(bits) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

// The last steps from a sum to an element of C, for numbers and vectors alike.
#define FINISH(T, y, j) \
    y = s->alpha * y; \
    if (s->beta != 0) y += s->beta * *(T *)(c + (j)); \
    if (s->bias != NULL) y += *(const T *)(s->bias + (j));

// The way out for tiles that are cut by the matrix's edge or have a bias or an activation: their sums lie in `x`, as wide
// as the tile.
static __attribute__((noinline)) void NAME(finish)(const mk_sgemm_strip *s, int64_t rows, int64_t width, const float *x,
                                                   float *c) {
    for (int64_t r = 0; r < rows; r++, x += width, c += s->row_c) {
        int64_t j = 0;
        for (; j + LANES <= s->columns; j += LANES) {
            NAME(vector) y = *(const NAME(vector) *)(x + j);
            FINISH(NAME(vector), y, j)
            if (s->relu) y = (NAME(vector))((NAME(bits))y & ~(NAME(bits))(y < 0));
            *(NAME(vector) *)(c + j) = y;
        }
        for (; j < s->columns; j++) {
            float y = x[j];
            FINISH(float, y, j)
            c[j] = s->relu && y < 0 ? 0 : y;
        }
    }
}
#undef FINISH

// `rows` and `vectors` are constants where this is inlined, so the sums are registers. A is read where it is, in rows, or
// in columns where it is transposed.
MK_INLINE void NAME(tile)(const int rows, const int vectors, const bool transposed, const mk_sgemm_strip *s, const float *a,
                          float *c) {
    const float *b = s->b;
    const int64_t k = s->k, row_a = s->row_a, row_b = s->row_b, row_c = s->row_c, columns = s->columns;
    NAME(vector) sum[12][4];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        __builtin_prefetch(c + r * row_c, 1);
        if (vectors * LANES > 16) __builtin_prefetch(c + r * row_c + vectors * LANES - 1, 1);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sum[r][v] = (NAME(vector)){ 0 };
    }
    // One pointer for three rows: an address then has a scale and needs no instruction.
    const float *left[5];
#pragma clang loop unroll(full)
    for (int g = 0; 3 * g < rows; g++) left[g] = transposed ? a + 3 * g : a + 3 * g * row_a;
#pragma clang loop unroll_count(2)
    for (int64_t l = 0; l < k; l++, b += row_b) {
        NAME(vector) right[4];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) right[v] = *(const NAME(vector) *)(b + v * LANES);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            float x = left[r / 3][transposed ? r % 3 : r % 3 * row_a];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) MULTIPLY(sum[r][v], x, right[v]);
        }
#pragma clang loop unroll(full)
        for (int g = 0; 3 * g < rows; g++) left[g] += transposed ? row_a : 1;
    }
    float room[12 * 4 * LANES];
    const bool whole = columns == vectors * LANES && s->bias == NULL && !s->relu;
    float *to = whole ? c : room;
    const int64_t row_to = whole ? row_c : vectors * LANES;
    const float alpha = whole ? s->alpha : 1, beta = whole ? s->beta : 0;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            NAME(vector) *at = (NAME(vector) *)(to + r * row_to + v * LANES);
#if INTEGERS
            (void)alpha;
            *at = beta != 0 ? (NAME(vector))((NAME(bits))sum[r][v] + (NAME(bits))*at) : sum[r][v];
#else
            NAME(vector) x = alpha * sum[r][v];
            if (beta != 0) x += beta * *at;
            *at = x;
#endif
        }
    }
    if (!whole) NAME(finish)(s, rows, vectors * LANES, room, c);
}

// A strip of C, as wide as a panel: its rows in tiles as even as they can be.
#define CASE(R) case R: if (R <= most) NAME(tile)(R <= most ? R : 1, vectors, transposed, s, a, c); break;
MK_INLINE void NAME(strip)(const int most, const int vectors, const bool transposed, const mk_sgemm_strip *s) {
    int64_t tiles = mk_ceil_div(s->m, most), longer = s->m % tiles;
    const float *a = s->a;
    float *c = s->c;
    for (int64_t i = 0; i < tiles; i++) {
        int64_t rows = s->m / tiles + (i < longer);
        switch (rows) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
        }
        a += transposed ? rows : rows * s->row_a;
        c += rows * s->row_c;
    }
}
#undef CASE

#define STRIP(V) \
    static void NAME(strip_##V)(const mk_sgemm_strip *s) { NAME(strip)(ROWS_##V, V, false, s); } \
    static void NAME(strip_##V##_transposed)(const mk_sgemm_strip *s) { NAME(strip)(ROWS_##V, V, true, s); }
STRIP(1) STRIP(2) STRIP(3) STRIP(4)
#undef STRIP

// Four numbers of each of four rows become four rows: in vectors of four, which every instruction set has.
typedef float NAME(four) __attribute__((vector_size(16), aligned(4), may_alias));
#define FOUR(from) (*(const NAME(four) *)(from))
#define MIX(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
MK_INLINE void NAME(turn_four)(const float *from, int64_t row, float *to, int64_t width) {
    NAME(four) a = FOUR(from), b = FOUR(from + row), c = FOUR(from + 2 * row), d = FOUR(from + 3 * row);
    NAME(four) ab = MIX(a, b, 0, 4, 1, 5), cd = MIX(c, d, 0, 4, 1, 5);
    NAME(four) ab_end = MIX(a, b, 2, 6, 3, 7), cd_end = MIX(c, d, 2, 6, 3, 7);
    *(NAME(four) *)to = MIX(ab, cd, 0, 1, 4, 5);
    *(NAME(four) *)(to + width) = MIX(ab, cd, 2, 3, 6, 7);
    *(NAME(four) *)(to + 2 * width) = MIX(ab_end, cd_end, 0, 1, 4, 5);
    *(NAME(four) *)(to + 3 * width) = MIX(ab_end, cd_end, 2, 3, 6, 7);
}
#undef FOUR
#undef MIX

// to [k][width] = from, whose first `count` rows become columns; zeros behind them.
static void NAME(turn)(const float *from, int64_t row, int64_t k, int64_t count, int64_t width, float *to) {
    int64_t l = 0;
    for (; l + 4 <= k; l += 4) {
        int64_t j = 0;
        for (; j + 4 <= count; j += 4) NAME(turn_four)(from + j * row + l, row, to + l * width + j, width);
        for (; j < width; j++) {
            for (int64_t i = l; i < l + 4; i++) to[i * width + j] = j < count ? from[j * row + i] : 0;
        }
    }
    for (; l < k; l++) {
        for (int64_t j = 0; j < width; j++) to[l * width + j] = j < count ? from[j * row + l] : 0;
    }
}

#define AHEAD 12
static void NAME(pack)(const float *from, int64_t row, bool turned, int64_t k, int64_t n, int64_t width, float *to) {
    if (turned) {
        for (int64_t j = 0; j < n; j += width, to += width * k) {
            int64_t count = mk_min(width, n - j);
            NAME(turn)(from + j * row, row, k, count, mk_ceil_div(count, LANES) * LANES, to);
        }
        return;
    }
    // Row by row through all panels: memory is read as it lies. Rows on different pages are no stream that the processor
    // would foresee.
    const int64_t whole = n / width * width, rest = n - whole, rest_width = mk_ceil_div(rest, LANES) * LANES;
    for (int64_t l = 0; l < k; l++, from += row) {
        for (int64_t j = 0; j < n; j += 16) __builtin_prefetch(from + AHEAD * row + j);
        for (int64_t j = 0; j < whole; j += width) {
            float *at = to + j * k + l * width;
            for (int64_t i = 0; i < width; i += LANES) *(NAME(vector) *)(at + i) = *(const NAME(vector) *)(from + j + i);
        }
        float *at = to + whole * k + l * rest_width;
        for (int64_t i = 0; i < rest_width; i += LANES) {
            int64_t left = rest - i;
            NAME(vector) x = { 0 };
            if (left >= LANES) x = *(const NAME(vector) *)(from + whole + i);
            else for (int j = 0; j < LANES; j++) x[j] = j < left ? from[whole + i + j] : 0;
            *(NAME(vector) *)(at + i) = x;
        }
    }
}

#define KERNELS(UNIT) { \
    .lanes = LANES, .panel = PANEL, .depth = DEPTH, .unit = UNIT, \
    .strip = { { NAME(strip_1), NAME(strip_1_transposed) }, { NAME(strip_2), NAME(strip_2_transposed) }, \
               { NAME(strip_3), NAME(strip_3_transposed) }, { NAME(strip_4), NAME(strip_4_transposed) } }, \
    .pack = NAME(pack), .turn = NAME(turn), \
}
const mk_sgemm_kernels NAME(mk_sgemm) = KERNELS(1);
const mk_sgemm_kernels NAME(mk_sgemm_even) = KERNELS(2);
#undef KERNELS
