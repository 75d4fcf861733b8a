// The two loops of a reduction, for one element type T and one COMBINE(a, b), which works on scalars and on vectors.
// Included once per pair, with NAME(loop) giving the functions their names. The number of lanes is fixed, so the order
// of additions does not depend on the instruction set either.

typedef T NAME(vector) __attribute__((ext_vector_type(64 / sizeof(T)), aligned(sizeof(T)), may_alias));
#define LOAD(p) (*(const NAME(vector) *)(p))

// At most MK_ROW_BLOCK neighbours, at least one.
MK_INLINE T NAME(block)(const T *x, int64_t n) {
    enum { lanes = 64 / sizeof(T) };
    int64_t i = 1;
    T total = x[0];
    if (n >= lanes) {
        NAME(vector) a = LOAD(x);
        i = lanes;
        if (n >= 4 * lanes) {
            NAME(vector) b = LOAD(x + lanes), c = LOAD(x + 2 * lanes), d = LOAD(x + 3 * lanes);
            for (i = 4 * lanes; i + 4 * lanes <= n; i += 4 * lanes) {
                a = COMBINE(a, LOAD(x + i));
                b = COMBINE(b, LOAD(x + i + lanes));
                c = COMBINE(c, LOAD(x + i + 2 * lanes));
                d = COMBINE(d, LOAD(x + i + 3 * lanes));
            }
            a = COMBINE(a, b);
            c = COMBINE(c, d);
            a = COMBINE(a, c);
        }
        for (; i + lanes <= n; i += lanes) a = COMBINE(a, LOAD(x + i));
        T lane[lanes];
        memcpy(lane, &a, sizeof lane);
        for (int width = lanes / 2; width > 0; width /= 2)
            for (int l = 0; l < width; l++) lane[l] = COMBINE(lane[l], lane[l + width]);
        total = lane[0];
    }
    for (; i < n; i++) total = COMBINE(total, x[i]);
    return total;
}

// A whole row: blocks joined in a binary tree, whose open branches wait on a stack.
MK_INLINE T NAME(row)(const T *x, int64_t n) {
    T stack[64], s = NAME(block)(x, mk_min(n, MK_ROW_BLOCK));
    int top = 0;
    for (int64_t block = 1; block * MK_ROW_BLOCK < n; block++) {
        stack[top++] = s;
        for (int64_t bits = block; !(bits & 1); bits >>= 1) {
            top--;
            stack[top - 1] = COMBINE(stack[top - 1], stack[top]);
        }
        s = NAME(block)(x + block * MK_ROW_BLOCK, mk_min(n - block * MK_ROW_BLOCK, MK_ROW_BLOCK));
    }
    while (top > 0) {
        top--;
        s = COMBINE(stack[top], s);
    }
    return s;
}

// out[r] = the reduction of row r of x [rows, n], n > 0.
MK_CLONES(extern, void, NAME(rows), (const void *in, int64_t rows, int64_t n, void *out), (in, rows, n, out)) {
    const T *x = in;
    T *y = out;
    for (int64_t r = 0; r < rows; r++) y[r] = NAME(row)(x + r * n, n);
}

// At most MK_COLUMN_BLOCK rows into acc[width], eight rows at a time in a tree.
MK_INLINE void NAME(column_block)(const T *restrict x, int64_t rows, int64_t stride, int64_t width, T *restrict acc) {
    int64_t r = 0;
    if (rows < 8) {
        memcpy(acc, x, (size_t)width * sizeof(T));
        r = 1;
    }
    for (; r + 8 <= rows; r += 8) {
        const T *p = x + r * stride, *q = p + 4 * stride;
        for (int64_t j = 0; j < width; j++) {
            T a = COMBINE(p[j], p[stride + j]), b = COMBINE(p[2 * stride + j], p[3 * stride + j]);
            T c = COMBINE(q[j], q[stride + j]), d = COMBINE(q[2 * stride + j], q[3 * stride + j]);
            a = COMBINE(a, b);
            c = COMBINE(c, d);
            a = COMBINE(a, c);
            acc[j] = r ? COMBINE(acc[j], a) : a;
        }
    }
    for (; r < rows; r++)
        for (int64_t j = 0; j < width; j++) acc[j] = COMBINE(acc[j], x[r * stride + j]);
}

// out[j] = the reduction of column j of x [rows, stride], for `width` columns that fit into a tile, rows > 0.
MK_CLONES(extern, void, NAME(columns), (const void *in, int64_t rows, int64_t stride, int64_t width, void *out),
          (in, rows, stride, width, out)) {
    const T *x = in;
    T *y = out;
    T stack[MK_COLUMN_LEVELS][MK_TILE_BYTES / sizeof(T)];
    NAME(column_block)(x, mk_min(rows, MK_COLUMN_BLOCK), stride, width, stack[0]);
    int top = 0;
    for (int64_t block = 1; block * MK_COLUMN_BLOCK < rows; block++) {
        int64_t r = block * MK_COLUMN_BLOCK;
        NAME(column_block)(x + r * stride, mk_min(rows - r, MK_COLUMN_BLOCK), stride, width, stack[++top]);
        for (int64_t bits = block; bits & 1; bits >>= 1, top--)
            for (int64_t j = 0; j < width; j++) stack[top - 1][j] = COMBINE(stack[top - 1][j], stack[top][j]);
    }
    for (; top > 0; top--)
        for (int64_t j = 0; j < width; j++) stack[top - 1][j] = COMBINE(stack[top - 1][j], stack[top][j]);
    memcpy(y, stack[0], (size_t)width * sizeof(T));
}

#undef LOAD
