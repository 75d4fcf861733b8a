// The loops of attention.c for one element type T. A tile has the scores of `rows` queries and `keys` keys.

typedef struct {
    const mk_attention_plan *plan;
    const T *query, *key, *value, *bias, *dout;
    const uint8_t *mask;
    T *out, *log_sum;
    T *dquery, *dkey, *dvalue; // dquery [parts]
    int64_t rows, keys;        // of a tile
    int64_t parts;             // ranges of keys that tasks share out
} NAME(job);

// A tile of one head.
typedef struct {
    int64_t batch, head, row, rows, key, keys;
} NAME(tile);

// The keys of a tile, of those before `end`: none that no query of it sees, unless one that sees nothing sees all alike.
static int64_t NAME(keys_of)(const NAME(job) *p, const NAME(tile) *t, int64_t end) {
    if (p->plan->causal && !p->mask) end = mk_min(end, t->row + t->rows);
    return mk_min(p->keys, end - t->key);
}

// scores = scale Q K^T
static void NAME(products)(const NAME(job) *p, const NAME(tile) *t, T *scores) {
    const mk_attention_plan *a = p->plan;
    int64_t group = t->head / (a->heads / a->key_heads);
    int64_t row_q = a->heads * a->depth, row_k = a->key_heads * a->depth;
    const T *q = p->query + (t->batch * a->queries + t->row) * row_q + t->head * a->depth;
    const T *k = p->key + (t->batch * a->keys + t->key) * row_k + group * a->depth;
    mk_gemm_block(a->type, false, true, t->rows, t->keys, a->depth, a->scale, q, row_q, k, row_k, 0, scores, t->keys);
}

// Whether the query of a row sees no key at all.
static bool NAME(sees_nothing)(const NAME(job) *p, const NAME(tile) *t, int64_t row) {
    const mk_attention_plan *a = p->plan;
    const int64_t *s = a->mask_strides;
    const uint8_t *mask = p->mask + t->batch * s[0] + t->head * s[1] + row * s[2];
    int64_t visible = a->causal ? mk_min(row + 1, a->keys) : a->keys;
    return visible > 0 && memchr(mask, 1, s[3] == 0 ? 1 : (size_t)visible) == NULL;
}

// Adds the bias, and puts -infinity where a query does not see a key, or 0 everywhere when it sees none.
MK_INLINE void NAME(restrict_row)(const NAME(job) *p, const NAME(tile) *t, int64_t row, bool nothing, T *restrict s) {
    const mk_attention_plan *a = p->plan;
    if (p->bias) {
        const int64_t *b = a->bias_strides;
        const T *bias = p->bias + t->batch * b[0] + t->head * b[1] + row * b[2] + t->key * b[3];
        if (b[3] == 0) for (int64_t j = 0; j < t->keys; j++) s[j] += bias[0];
        else for (int64_t j = 0; j < t->keys; j++) s[j] += bias[j];
    }
    if (nothing) {
        for (int64_t j = 0; j < t->keys; j++) s[j] = 0;
        return;
    }
    if (p->mask) {
        const int64_t *m = a->mask_strides;
        const uint8_t *mask = p->mask + t->batch * m[0] + t->head * m[1] + row * m[2] + t->key * m[3];
        if (m[3] != 0) for (int64_t j = 0; j < t->keys; j++) s[j] = mask[j] ? s[j] : (T)-INFINITY;
    }
    if (a->causal)
        for (int64_t j = mk_max(0, row + 1 - t->key); j < t->keys; j++) s[j] = (T)-INFINITY;
}

// One tile of the softmax: takes the scores to exp(score - max), where max is the largest of this tile and those
// before, and keeps up each row's max and sum. What the rows of `out` hold so far is scaled to the new max.
MK_CLONES(static, void, NAME(exponentials), (const NAME(job) *p, const NAME(tile) *t, const bool *nothing, T *scores,
           T *restrict max, T *restrict sum, T *restrict fresh, T *restrict tile_sum, T *out),
          (p, t, nothing, scores, max, sum, fresh, tile_sum, out)) {
    const mk_attention_plan *a = p->plan;
    bool is_first = t->key == 0, is_plain = !p->bias && !p->mask && !a->causal;
    for (int64_t i = 0; i < t->rows && !is_plain; i++)
        NAME(restrict_row)(p, t, t->row + i, p->mask && nothing[i], scores + i * t->keys);
    MAX_ROWS(scores, t->rows, t->keys, fresh);
    for (int64_t i = 0; i < t->rows; i++) {
        T *restrict s = scores + i * t->keys;
        T old = max[i], m = is_first || fresh[i] > old || fresh[i] != fresh[i] ? fresh[i] : old;
        T base = m == (T)-INFINITY ? 0 : m; // all of them are invisible so far: their exponentials are 0
        MK_INTERLEAVED for (int64_t j = 0; j < t->keys; j++) s[j] = EXP(s[j] - base);
        max[i] = m;
        fresh[i] = is_first ? 0 : EXP(old - base);
        if (is_first || old == m) continue;
        T *restrict o = out + i * a->heads * a->value_depth;
        for (int64_t j = 0; j < a->value_depth; j++) o[j] *= fresh[i];
    }
    SUM_ROWS(scores, t->rows, t->keys, tile_sum);
    for (int64_t i = 0; i < t->rows; i++) // fresh: what the sum so far is scaled by
        sum[i] = is_first ? tile_sum[i] : sum[i] * fresh[i] + tile_sum[i];
}

MK_CLONES(static, void, NAME(finish), (const NAME(job) *p, const NAME(tile) *t, T *restrict max, const T *restrict sum, T *out),
          (p, t, max, sum, out)) {
    const mk_attention_plan *a = p->plan;
    T *log_sum = p->log_sum + (t->batch * a->queries + t->row) * a->heads + t->head;
    for (int64_t i = 0; i < t->rows; i++) max[i] = (max[i] == (T)-INFINITY ? 0 : max[i]) + LOG(sum[i]);
    for (int64_t i = 0; i < t->rows; i++) {
        T *restrict o = out + i * a->heads * a->value_depth;
        T factor = 1 / sum[i];
        for (int64_t j = 0; j < a->value_depth; j++) o[j] *= factor;
        log_sum[i * a->heads] = max[i];
    }
}

// Tasks: blocks of queries of each head.
static void NAME(forward_task)(int64_t task, void *context) {
    const NAME(job) *p = context;
    const mk_attention_plan *a = p->plan;
    int64_t blocks = mk_ceil_div(a->queries, p->rows), entry = task / blocks;
    NAME(tile) t = {.batch = entry / a->heads, .head = entry % a->heads, .row = task % blocks * p->rows};
    t.rows = mk_min(p->rows, a->queries - t.row);
    int64_t row_v = a->key_heads * a->value_depth, row_o = a->heads * a->value_depth;
    const T *value = p->value + t.batch * a->keys * row_v + t.head / (a->heads / a->key_heads) * a->value_depth;
    T *out = p->out + (t.batch * a->queries + t.row) * row_o + t.head * a->value_depth;

    T *scores = mk_scratch((size_t)(p->rows * (p->keys + 4)) * sizeof(T) + (size_t)p->rows);
    T *max = scores + p->rows * p->keys, *sum = max + p->rows, *fresh = sum + p->rows, *tile_sum = fresh + p->rows;
    bool *nothing = (bool *)(tile_sum + p->rows);
    for (int64_t i = 0; i < t.rows && p->mask; i++) nothing[i] = NAME(sees_nothing)(p, &t, t.row + i);
    if (a->keys == 0)
        for (int64_t i = 0; i < t.rows; i++) {
            memset(out + i * row_o, 0, (size_t)a->value_depth * sizeof(T));
            p->log_sum[(t.batch * a->queries + t.row + i) * a->heads + t.head] = (T)-INFINITY;
        }
    if (a->keys == 0) return;
    for (; t.key < a->keys; t.key += p->keys) {
        t.keys = NAME(keys_of)(p, &t, a->keys);
        if (t.keys <= 0) break;
        NAME(products)(p, &t, scores);
        NAME(exponentials)(p, &t, nothing, scores, max, sum, fresh, tile_sum, out);
        mk_gemm_block(a->type, false, false, t.rows, a->value_depth, t.keys, 1, scores, t.keys, value + t.key * row_v,
                      row_v, t.key == 0 ? 0 : 1, out, row_o);
    }
    NAME(finish)(p, &t, max, sum, out);
}

// o · g of one row, in lanes.
MK_INLINE T NAME(dot)(const T *restrict o, const T *restrict g, int64_t n) {
    enum { lanes = 64 / sizeof(T) };
    T part[lanes] = { 0 }, sum = 0;
    int64_t j = 0;
    for (; j + lanes <= n; j += lanes)
        for (int64_t l = 0; l < lanes; l++) part[l] += o[j + l] * g[j + l];
    for (; j < n; j++) sum += o[j] * g[j];
    for (int64_t l = 0; l < lanes; l++) sum += part[l];
    return sum;
}

// weights = exp(scores - log_sum), and dscores = weights (dscores - dO · O); 0 for a query that sees nothing: it depends on
// no score.
MK_CLONES(static, void, NAME(weights), (const NAME(job) *p, const NAME(tile) *t, const bool *nothing, T *scores, T *dscores),
          (p, t, nothing, scores, dscores)) {
    const mk_attention_plan *a = p->plan;
    int64_t row_o = a->heads * a->value_depth, first = t->batch * a->queries + t->row;
    const T *log_sum = p->log_sum + first * a->heads + t->head;
    bool is_plain = !p->bias && !p->mask && !a->causal;
    for (int64_t i = 0; i < t->rows; i++) {
        T *restrict s = scores + i * t->keys, *restrict d = dscores + i * t->keys;
        bool none = p->mask && nothing[i];
        if (!is_plain) NAME(restrict_row)(p, t, t->row + i, none, s);
        T l = log_sum[i * a->heads], own = NAME(dot)(p->out + (first + i) * row_o + t->head * a->value_depth,
                                                     p->dout + (first + i) * row_o + t->head * a->value_depth, a->value_depth);
        MK_INTERLEAVED for (int64_t j = 0; j < t->keys; j++) {
            T w = EXP(s[j] - l);
            s[j] = w;
            d[j] = w * (d[j] - own);
        }
        if (none) memset(d, 0, (size_t)t->keys * sizeof(T));
    }
}

static void NAME(clear)(T *rows, int64_t count, int64_t length, int64_t stride) {
    for (int64_t i = 0; i < count; i++) memset(rows + i * stride, 0, (size_t)length * sizeof(T));
}

// Tasks: ranges of keys of each key head, for all queries of its heads. Each has a dquery of its own to add to.
static void NAME(backward_task)(int64_t task, void *context) {
    const NAME(job) *p = context;
    const mk_attention_plan *a = p->plan;
    int64_t part = task % p->parts, entry = task / p->parts, batch = entry / a->key_heads, group = entry % a->key_heads;
    int64_t shared = a->heads / a->key_heads, tiles = mk_ceil_div(a->keys, p->keys);
    int64_t first = part * tiles / p->parts * p->keys, last = mk_min((part + 1) * tiles / p->parts * p->keys, a->keys);
    int64_t row_q = a->heads * a->depth, row_k = a->key_heads * a->depth;
    int64_t row_o = a->heads * a->value_depth, row_v = a->key_heads * a->value_depth;
    const T *key = p->key + batch * a->keys * row_k + group * a->depth;
    const T *value = p->value + batch * a->keys * row_v + group * a->value_depth;
    T *dkey = p->dkey + batch * a->keys * row_k + group * a->depth;
    T *dvalue = p->dvalue + batch * a->keys * row_v + group * a->value_depth;
    T *dquery = p->dquery + (part * a->batch + batch) * a->queries * row_q;
    if (first >= last)
        NAME(clear)(dquery + group * shared * a->depth, a->queries, shared * a->depth, row_q);

    T *weights = mk_scratch((size_t)(2 * p->rows * p->keys) * sizeof(T) + (size_t)p->rows);
    T *dscores = weights + p->rows * p->keys;
    bool *nothing = (bool *)(dscores + p->rows * p->keys);
    NAME(clear)(dkey + first * row_k, last - first, a->depth, row_k);
    NAME(clear)(dvalue + first * row_v, last - first, a->value_depth, row_v);
    NAME(tile) t = {.batch = batch};
    for (t.key = first; t.key < last; t.key += p->keys) {
        const T *k = key + t.key * row_k, *v = value + t.key * row_v;
        T *dk = dkey + t.key * row_k, *dv = dvalue + t.key * row_v;
        for (t.head = group * shared; t.head < (group + 1) * shared; t.head++)
            for (t.row = 0; t.row < a->queries; t.row += p->rows) {
                t.rows = mk_min(p->rows, a->queries - t.row);
                t.keys = NAME(keys_of)(p, &t, last);
                T *dq = dquery + t.row * row_q + t.head * a->depth;
                if (t.keys <= 0) {
                    if (t.key == first) NAME(clear)(dq, t.rows, a->depth, row_q);
                    continue;
                }
                int64_t place = batch * a->queries + t.row;
                const T *q = p->query + place * row_q + t.head * a->depth;
                const T *dout = p->dout + place * row_o + t.head * a->value_depth;
                for (int64_t i = 0; i < t.rows && p->mask; i++) nothing[i] = NAME(sees_nothing)(p, &t, t.row + i);
                NAME(products)(p, &t, weights);
                mk_gemm_block(a->type, false, true, t.rows, t.keys, a->value_depth, 1, dout, row_o, v, row_v, 0, dscores,
                              t.keys);
                NAME(weights)(p, &t, nothing, weights, dscores);
                mk_gemm_block(a->type, true, false, t.keys, a->value_depth, t.rows, 1, weights, t.keys, dout, row_o, 1, dv,
                              row_v);
                mk_gemm_block(a->type, true, false, t.keys, a->depth, t.rows, a->scale, dscores, t.keys, q, row_q, 1, dk,
                              row_k);
                mk_gemm_block(a->type, false, false, t.rows, a->depth, t.keys, a->scale, dscores, t.keys, k, row_k,
                              t.key == first ? 0 : 1, dq, row_q);
            }
    }
}

static void NAME(forward)(const mk_attention_plan *plan, const void *query, const void *key, const void *value,
                          const uint8_t *mask, const void *bias, void *out, void *log_sum) {
    NAME(job) job = {.plan = plan, .query = query, .key = key, .value = value, .mask = mask, .bias = bias, .out = out,
                     .log_sum = log_sum};
    mk_tile_sizes(plan, &job.rows, &job.keys);
    mk_parallel_for(plan->batch * plan->heads * mk_ceil_div(plan->queries, job.rows), NAME(forward_task), &job);
}

static void NAME(backward)(const mk_attention_plan *plan, const void *query, const void *key, const void *value,
                           const uint8_t *mask, const void *bias, const void *out, const void *log_sum,
                           const void *dout, void *dquery, void *dkey, void *dvalue) {
    NAME(job) job = {.plan = plan, .query = query, .key = key, .value = value, .mask = mask, .bias = bias,
                     .out = (T *)out, .log_sum = (T *)log_sum, .dout = dout, .dquery = dquery, .dkey = dkey,
                     .dvalue = dvalue};
    mk_tile_sizes(plan, &job.rows, &job.keys);
    int64_t tasks = plan->batch * plan->key_heads;
    job.parts = mk_clamp(MK_ENOUGH_TASKS / mk_max(tasks, 1), 1, mk_max(mk_ceil_div(plan->keys, job.keys), 1));
    int64_t count = plan->batch * plan->queries * plan->heads * plan->depth;
    size_t bytes = (size_t)(job.parts * count) * sizeof(T);
    if (job.parts > 1) job.dquery = mk_alloc_or_stop(bytes);
    mk_parallel_for(tasks * job.parts, NAME(backward_task), &job);
    if (job.parts > 1) {
        mk_sum_parts(plan->type, job.dquery, job.parts, count);
        memcpy(dquery, job.dquery, (size_t)count * sizeof(T));
        mk_free(job.dquery, bytes);
    }
}
