// The loops of softmax.c for one element type T. Included once per type, with NAME(loop), EXP and LOG defined.
// Rows are walked in chunks that stay in the first cache; their sums are trees (MAX_ROW, SUM_ROW). Columns are summed
// in double precision, MK_SUM_BLOCK rows at a time.

typedef struct {
    const T *x, *y;  // the input; for gradients dy and the output of the forward pass
    T *out;
    const int64_t *labels;
    const T *g;
    int64_t n, inner, bands;
    bool log;
} NAME(job);

// What the row loops have of a block of rows: their maxima m and sums s of exp(x - m), and those terms, where they fit.
typedef struct {
    T m[MK_ROWS], s[MK_ROWS], terms[MK_CHUNK];
} NAME(block);

// How many rows make a block: short rows are walked together, since the exponential's loop wants length.
MK_INLINE int64_t NAME(block_rows)(int64_t n) { return mk_clamp(MK_CHUNK / n, 1, MK_ROWS); }

// Fills a block; the terms go to `out`, or where that is NULL to block->terms, of a row longer than that in pieces.
MK_INLINE void NAME(fill)(NAME(block) *block, const T *x, int64_t rows, int64_t n, T *out) {
    MAX_ROW(x, rows, n, block->m);
    if (n > MK_CHUNK) {
        T m = block->m[0], part;
        block->s[0] = 0;
        for (int64_t c = 0; c < n; c += MK_CHUNK) {
            int64_t length = mk_min(MK_CHUNK, n - c);
            T *to = out ? out + c : block->terms;
            for (int64_t i = 0; i < length; i++) to[i] = EXP(x[c + i] - m);
            if (out) continue;
            SUM_ROW(to, 1, length, &part);
            block->s[0] += part;
        }
        if (out) SUM_ROW(out, 1, n, block->s);
        return;
    }
    T *to = out ? out : block->terms;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++) to[r * n + i] = x[r * n + i] - block->m[r];
    MK_INTERLEAVED for (int64_t i = 0; i < rows * n; i++) to[i] = EXP(to[i]);
    SUM_ROW(to, rows, n, block->s);
}

MK_CLONES(static, void, NAME(rows), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const NAME(job) *p = context;
    int64_t n = p->n, step = NAME(block_rows)(n);
    NAME(block) block;
    for (int64_t first = begin; first < end; first += step) {
        int64_t rows = mk_min(step, end - first);
        const T *x = p->x + first * n;
        T *y = p->out + first * n;
        NAME(fill)(&block, x, rows, n, p->log ? NULL : y);
        for (int64_t r = 0; r < rows; r++) {
            if (p->log) {
                T m = block.m[r], l = LOG(block.s[r]);
                for (int64_t i = r * n; i < (r + 1) * n; i++) y[i] = x[i] - m - l;
            } else {
                T s = block.s[r];
                for (int64_t i = r * n; i < (r + 1) * n; i++) y[i] /= s;
            }
        }
    }
}

// Adds what a block of rows has summed up to the whole sum, behind the last row of the block.
MK_INLINE void NAME(flush)(int64_t row, int64_t rows, int64_t width, double *part, double *sum) {
    if ((row + 1) % MK_SUM_BLOCK != 0 && row + 1 != rows) return;
    for (int64_t j = 0; j < width; j++) {
        sum[j] += part[j];
        part[j] = 0;
    }
}

MK_CLONES(static, void, NAME(columns), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const NAME(job) *p = context;
    for (int64_t t = begin; t < end; t++) {
        int64_t column = t % p->bands * MK_BAND, width = mk_min(MK_BAND, p->inner - column);
        int64_t base = t / p->bands * p->n * p->inner + column;
        const T *x = p->x + base;
        T *y = p->out + base, m[MK_BAND];
        double s[MK_BAND], part[MK_BAND];
        for (int64_t j = 0; j < width; j++) {
            m[j] = x[j];
            s[j] = part[j] = 0;
        }
        for (int64_t i = 1; i < p->n; i++)
            for (int64_t j = 0; j < width; j++) {
                T v = x[i * p->inner + j];
                m[j] = ((v > m[j]) | (v != v)) ? v : m[j];
            }
        for (int64_t i = 0; i < p->n; i++) {
            for (int64_t j = 0; j < width; j++) {
                T e = EXP(x[i * p->inner + j] - m[j]);
                part[j] += (double)e;
                if (!p->log) y[i * p->inner + j] = e;
            }
            NAME(flush)(i, p->n, width, part, s);
        }
        if (p->log)
            for (int64_t j = 0; j < width; j++) s[j] = (double)LOG((T)s[j]);
        for (int64_t i = 0; i < p->n; i++)
            for (int64_t j = 0; j < width; j++) {
                int64_t k = i * p->inner + j;
                y[k] = p->log ? x[k] - m[j] - (T)s[j] : y[k] / (T)s[j];
            }
    }
}

MK_CLONES(static, void, NAME(backward_rows), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const NAME(job) *p = context;
    int64_t n = p->n;
    for (int64_t r = begin; r < end; r++) {
        const T *dy = p->x + r * n, *y = p->y + r * n;
        T *dx = p->out + r * n, s = 0;
        if (p->log) {
            SUM_ROW(dy, 1, n, &s);
            for (int64_t i = 0; i < n; i++) dx[i] = dy[i] - EXP(y[i]) * s;
        } else {
            for (int64_t c = 0; c < n; c += MK_CHUNK) {
                T terms[MK_CHUNK], part;
                int64_t length = mk_min(MK_CHUNK, n - c);
                for (int64_t i = 0; i < length; i++) terms[i] = dy[c + i] * y[c + i];
                SUM_ROW(terms, 1, length, &part);
                s += part;
            }
            for (int64_t i = 0; i < n; i++) dx[i] = y[i] * (dy[i] - s);
        }
    }
}

MK_CLONES(static, void, NAME(backward_columns), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const NAME(job) *p = context;
    for (int64_t t = begin; t < end; t++) {
        int64_t column = t % p->bands * MK_BAND, width = mk_min(MK_BAND, p->inner - column);
        int64_t base = t / p->bands * p->n * p->inner + column;
        const T *dy = p->x + base, *y = p->y + base;
        T *dx = p->out + base;
        double s[MK_BAND], part[MK_BAND];
        for (int64_t j = 0; j < width; j++) s[j] = part[j] = 0;
        for (int64_t i = 0; i < p->n; i++) {
            for (int64_t j = 0; j < width; j++) {
                int64_t k = i * p->inner + j;
                part[j] += p->log ? (double)dy[k] : (double)dy[k] * (double)y[k];
            }
            NAME(flush)(i, p->n, width, part, s);
        }
        for (int64_t i = 0; i < p->n; i++)
            for (int64_t j = 0; j < width; j++) {
                int64_t k = i * p->inner + j;
                dx[k] = p->log ? dy[k] - EXP(y[k]) * (T)s[j] : y[k] * (dy[k] - (T)s[j]);
            }
    }
}

MK_CLONES(static, void, NAME(loss_rows), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const NAME(job) *p = context;
    int64_t n = p->n, step = NAME(block_rows)(n);
    NAME(block) block;
    for (int64_t first = begin; first < end; first += step) {
        int64_t rows = mk_min(step, end - first);
        NAME(fill)(&block, p->x + first * n, rows, n, NULL);
        for (int64_t r = 0; r < rows; r++) block.s[r] = LOG(block.s[r]);
        for (int64_t r = 0; r < rows; r++)
            p->out[first + r] = block.s[r] - (p->x[(first + r) * n + p->labels[first + r]] - block.m[r]);
    }
}

MK_CLONES(static, void, NAME(loss_backward_rows), (int64_t begin, int64_t end, void *context), (begin, end, context)) {
    const NAME(job) *p = context;
    int64_t n = p->n, step = NAME(block_rows)(n);
    NAME(block) block;
    for (int64_t first = begin; first < end; first += step) {
        int64_t rows = mk_min(step, end - first);
        T *dx = p->out + first * n;
        NAME(fill)(&block, p->x + first * n, rows, n, dx);
        for (int64_t r = 0; r < rows; r++) {
            T s = block.s[r], g = p->g[first + r];
            for (int64_t i = r * n; i < (r + 1) * n; i++) dx[i] = dx[i] / s * g;
            dx[r * n + p->labels[first + r]] -= g;
        }
    }
}
