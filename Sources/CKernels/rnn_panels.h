// Small products with a matrix that stays: C = A B, B packed in panels of two 64-byte vectors' columns. Included once
// for each element type T, with NAME(x) giving its names.
//
// OpenBLAS packs B anew in every call, which costs as much as the product when A has a few rows.

typedef T NAME(vector) __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));
#define LANES ((int64_t)(64 / sizeof(T)))
#define PANEL (2 * LANES)

static inline int64_t NAME(padded)(int64_t n) { return mk_ceil_div(n, PANEL) * PANEL; }

int64_t NAME(mk_rnn_panels)(int64_t k, int64_t n) { return k * NAME(padded)(n); }

void NAME(mk_rnn_pack)(const void *matrix, int64_t row, bool transposed, int64_t k, int64_t n, void *to) {
    const T *b = matrix;
    T *panels = to;
    int64_t down = transposed ? 1 : row, across = transposed ? row : 1;
    for (int64_t first = 0; first < n; first += PANEL) {
        for (int64_t i = 0; i < k; i++, panels += PANEL) {
            for (int64_t j = 0; j < PANEL; j++)
                panels[j] = first + j < n ? b[i * down + (first + j) * across] : 0;
        }
    }
}

// Explicit vectors of 64 bytes stay whole where the processor has such registers, though loops prefer 32.
#if defined(__clang__) && defined(__x86_64__)
#define WIDE __attribute__((min_vector_width(512)))
#else
#define WIDE
#endif

// `rows` rows of C in one panel. `rows` is a constant where this is inlined, so the sums live in registers. Each sum
// goes through k in order, however many rows there are.
MK_INLINE WIDE void NAME(tile)(const int64_t rows, int64_t k, const T *a, int64_t row_a, const T *panel, T *c,
                          int64_t row_c) {
    NAME(vector) sum[8][2];
#pragma clang loop unroll(full)
    for (int64_t r = 0; r < rows; r++) sum[r][0] = sum[r][1] = (NAME(vector)){0};
    for (int64_t i = 0; i < k; i++, panel += PANEL) {
        NAME(vector) left = *(const NAME(vector) *)panel, right = *(const NAME(vector) *)(panel + LANES);
#pragma clang loop unroll(full)
        for (int64_t r = 0; r < rows; r++) {
            T x = a[r * row_a + i];
            sum[r][0] += x * left;
            sum[r][1] += x * right;
        }
    }
#pragma clang loop unroll(full)
    for (int64_t r = 0; r < rows; r++) {
        *(NAME(vector) *)(c + r * row_c) = sum[r][0];
        *(NAME(vector) *)(c + r * row_c + LANES) = sum[r][1];
    }
}

// C, of padded(n) columns, is A times the k x n matrix in panels.
MK_INLINE void NAME(multiply)(bool wide, int64_t rows, int64_t k, int64_t n, const T *a, int64_t row_a,
                              const T *panels, T *c, int64_t row_c) {
    for (int64_t first = 0; first < n; first += PANEL, panels += k * PANEL) {
        int64_t r = 0;
        T *to = c + first;
        for (; wide && r + 8 <= rows; r += 8) NAME(tile)(8, k, a + r * row_a, row_a, panels, to + r * row_c, row_c);
        for (; r + 2 <= rows; r += 2) NAME(tile)(2, k, a + r * row_a, row_a, panels, to + r * row_c, row_c);
        if (r < rows) NAME(tile)(1, k, a + r * row_a, row_a, panels, to + r * row_c, row_c);
    }
}
