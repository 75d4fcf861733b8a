// Loops over elements of type T, included once per size, with NAME(loop) giving the functions their names.

MK_INLINE void NAME(row)(const T *restrict s, int64_t ss, T *restrict d, int64_t ds, int64_t n) {
    if (ds != 1) {
        for (int64_t i = 0; i < n; i++) d[i * ds] = s[i * ss];
    } else if (ss == 0) {
        for (int64_t i = 0; i < n; i++) d[i] = *s;
    } else if (ss != 1) {
        for (int64_t i = 0; i < n; i++) d[i] = s[i * ss];
    } else if (n * (int64_t)sizeof(T) >= 128) {
        memcpy(d, s, (size_t)n * sizeof(T));
    } else {
        for (int64_t i = 0; i < n; i++) d[i] = s[i];
    }
}

// Rows of n elements in a row, n a constant.
MK_INLINE void NAME(pixels)(const T *restrict s, int64_t ss, T *restrict d, int64_t ds, const int64_t n, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < n; k++) d[i * ds + k] = s[i * ss + k];
}

// Rows of 2 to 4 elements, such as the channels of a picture: the axis around them is the inner loop.
static void NAME(short_rows)(int64_t begin, int64_t end, void *context) {
    const copy *p = context;
    cursor c = cursor_at(p, begin);
    int around = p->outer.rank - 1;
    int64_t ss = p->outer.src[around], ds = p->outer.dst[around], count;
    for (int64_t u = begin; u < end; u += count, advance(p, &c)) {
        count = mk_min(end - u, p->outer.dims[around] - c.index[around]);
        const T *s = (const T *)p->src + c.src;
        T *d = (T *)p->dst + c.dst;
        if (p->n == 2) NAME(pixels)(s, ss, d, ds, 2, count);
        else if (p->n == 3) NAME(pixels)(s, ss, d, ds, 3, count);
        else NAME(pixels)(s, ss, d, ds, 4, count);
        // advance() goes one on.
        c.index[around] += count - 1;
        c.src += (count - 1) * ss;
        c.dst += (count - 1) * ds;
    }
}

static void NAME(rows)(int64_t begin, int64_t end, void *context) {
    const copy *p = context;
    if (p->n >= 2 && p->n <= 4 && p->ss == 1 && p->ds == 1 && p->outer.rank > 0) {
        NAME(short_rows)(begin, end, context);
        return;
    }
    cursor c = cursor_at(p, begin);
    for (int64_t u = begin; u < end; u++, advance(p, &c)) {
        int64_t length = mk_min(PIECE, p->n - c.piece * PIECE), skip = c.piece * PIECE;
        NAME(row)((const T *)p->src + c.src + skip * p->ss, p->ss, (T *)p->dst + c.dst + skip * p->ds, p->ds, length);
    }
}

typedef T NAME(lanes) __attribute__((ext_vector_type(16), aligned(sizeof(T)), may_alias));

// d[i][j] = s[j][i] for 16 x 16 elements, in four perfect shuffles: each moves one bit of the column's number to the
// row's.
MK_INLINE void NAME(block)(const T *s, int64_t ss, T *d, int64_t ds) {
    NAME(lanes) a[16], b[16];
#pragma clang loop unroll(full)
    for (int r = 0; r < 16; r++) a[r] = *(const NAME(lanes) *)(s + r * ss);
#pragma clang loop unroll(full)
    for (int stage = 0; stage < 4; stage++) {
#pragma clang loop unroll(full)
        for (int r = 0; r < 8; r++) {
            b[2 * r] = __builtin_shufflevector(a[r], a[r + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            b[2 * r + 1] =
                __builtin_shufflevector(a[r], a[r + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < 16; r++) a[r] = b[r];
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < 16; r++) *(NAME(lanes) *)(d + r * ds) = a[r];
}

// Tiles of a plane whose source runs along `across` and whose destination runs along the last axis.
MK_CLONES(static, void, NAME(tiles), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const copy *p = context;
    int64_t tiles_j = mk_ceil_div(p->n, TILE), tiles_i = mk_ceil_div(p->across, TILE);
    for (int64_t u = begin; u < end; u++) {
        cursor c = cursor_at(p, u / (tiles_i * tiles_j));
        int64_t i0 = u / tiles_j % tiles_i * TILE, j0 = u % tiles_j * TILE;
        int64_t rows = mk_min(TILE, p->across - i0), columns = mk_min(TILE, p->n - j0), ss = p->ss, ds = p->across_dst;
        const T *s = (const T *)p->src + c.src + i0 + j0 * ss;
        T *d = (T *)p->dst + c.dst + i0 * ds + j0;
        int64_t full_i = rows & ~15, full_j = columns & ~15;
        for (int64_t i = 0; i < full_i; i += 16)
            for (int64_t j = 0; j < full_j; j += 16) NAME(block)(s + i + j * ss, ss, d + i * ds + j, ds);
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = i < full_i ? full_j : 0; j < columns; j++) d[i * ds + j] = s[i + j * ss];
    }
}
