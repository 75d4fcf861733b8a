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
           T *restrict max, T *restrict sum, T *restrict fresh, T *out),
          (p, t, nothing, scores, max, sum, fresh, out)) {
    const mk_attention_plan *a = p->plan;
    bool is_first = t->key == 0, is_plain = !p->bias && !p->mask && !a->causal;
    for (int64_t i = 0; i < t->rows && !is_plain; i++)
        NAME(restrict_row)(p, t, t->row + i, p->mask && nothing[i], scores + i * t->keys);
    MAX_ROWS(scores, t->rows, t->keys, fresh);
    for (int64_t i = 0; i < t->rows; i++) {
        T *restrict s = scores + i * t->keys;
        T old = max[i], m = is_first || fresh[i] > old || fresh[i] != fresh[i] ? fresh[i] : old;
        T base = m == (T)-INFINITY ? 0 : m; // all of them are invisible so far: their exponentials are 0
        for (int64_t j = 0; j < t->keys; j++) s[j] = EXP(s[j] - base);
        max[i] = m;
        fresh[i] = is_first ? 0 : EXP(old - base);
        if (is_first || old == m) continue;
        T *restrict o = out + i * a->heads * a->value_depth;
        for (int64_t j = 0; j < a->value_depth; j++) o[j] *= fresh[i];
    }
    for (int64_t i = 0; i < t->rows; i++) {
        T s;
        SUM_ROWS(scores + i * t->keys, 1, t->keys, &s);
        sum[i] = is_first ? s : sum[i] * fresh[i] + s; // fresh: what the sum so far is scaled by
    }
}

MK_CLONES(static, void, NAME(finish), (const NAME(job) *p, const NAME(tile) *t, const T *max, const T *sum, T *out),
          (p, t, max, sum, out)) {
    const mk_attention_plan *a = p->plan;
    T *log_sum = p->log_sum + (t->batch * a->queries + t->row) * a->heads + t->head;
    for (int64_t i = 0; i < t->rows; i++) {
        T *restrict o = out + i * a->heads * a->value_depth;
        T factor = 1 / sum[i];
        for (int64_t j = 0; j < a->value_depth; j++) o[j] *= factor;
        log_sum[i * a->heads] = (max[i] == (T)-INFINITY ? 0 : max[i]) + LOG(sum[i]);
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

    T *scores = mk_scratch((size_t)(p->rows * (p->keys + 3)) * sizeof(T) + (size_t)p->rows);
    T *max = scores + p->rows * p->keys, *sum = max + p->rows, *fresh = sum + p->rows;
    bool *nothing = (bool *)(fresh + p->rows);
    for (int64_t i = 0; i < t.rows && p->mask; i++) nothing[i] = NAME(sees_nothing)(p, &t, t.row + i);
    if (a->keys == 0)
        for (int64_t i = 0; i < t.rows; i++) {
            memset(out + i * row_o, 0, (size_t)a->value_depth * sizeof(T));
            p->log_sum[(t.batch * a->queries + t.row + i) * a->heads + t.head] = (T)-INFINITY;
        }
    if (a->keys == 0) return;
    for (; t.key < a->keys; t.key += p->keys) {
        if (a->causal && !p->mask && t.key >= t.row + t.rows) break;
        t.keys = mk_min(p->keys, a->keys - t.key);
        NAME(products)(p, &t, scores);
        NAME(exponentials)(p, &t, nothing, scores, max, sum, fresh, out);
        mk_gemm_block(a->type, false, false, t.rows, a->value_depth, t.keys, 1, scores, t.keys, value + t.key * row_v,
                      row_v, t.key == 0 ? 0 : 1, out, row_o);
    }
    NAME(finish)(p, &t, max, sum, out);
}

// weights = exp(scores - log_sum), and delta = dO · O for each row.
MK_CLONES(static, void, NAME(weights), (const NAME(job) *p, const NAME(tile) *t, const bool *nothing, T *scores,
           T *restrict delta), (p, t, nothing, scores, delta)) {
    const mk_attention_plan *a = p->plan;
    int64_t row_o = a->heads * a->value_depth, first = t->batch * a->queries + t->row;
    const T *log_sum = p->log_sum + first * a->heads + t->head;
    bool is_plain = !p->bias && !p->mask && !a->causal;
    for (int64_t i = 0; i < t->rows; i++) {
        T *restrict s = scores + i * t->keys;
        if (!is_plain) NAME(restrict_row)(p, t, t->row + i, p->mask && nothing[i], s);
        T l = log_sum[i * a->heads];
        for (int64_t j = 0; j < t->keys; j++) s[j] = EXP(s[j] - l);
        const T *restrict o = p->out + (first + i) * row_o + t->head * a->value_depth;
        const T *restrict g = p->dout + (first + i) * row_o + t->head * a->value_depth;
        double d = 0;
        for (int64_t j = 0; j < a->value_depth; j++) d += (double)(o[j] * g[j]);
        delta[i] = (T)d;
    }
}

// dscores = weights (dscores - delta); 0 for a query that sees nothing: it depends on no score.
MK_CLONES(static, void, NAME(score_gradient), (const NAME(tile) *t, const bool *nothing, const T *restrict weights,
           const T *restrict delta, T *restrict dscores), (t, nothing, weights, delta, dscores)) {
    for (int64_t i = 0; i < t->rows; i++) {
        const T *restrict w = weights + i * t->keys;
        T *restrict d = dscores + i * t->keys, own = delta[i];
        bool none = nothing && nothing[i];
        for (int64_t j = 0; j < t->keys; j++) d[j] = none ? 0 : w[j] * (d[j] - own);
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
    T *dquery = p->dquery + (part * a->batch + batch) * a->queries * row_q;
    if (first >= last)
        NAME(clear)(dquery + group * shared * a->depth, a->queries, shared * a->depth, row_q);

    T *weights = mk_scratch((size_t)(2 * p->rows * p->keys + p->rows) * sizeof(T) + (size_t)p->rows);
    T *dscores = weights + p->rows * p->keys, *delta = dscores + p->rows * p->keys;
    bool *nothing = (bool *)(delta + p->rows);
    for (int64_t key = first; key < last; key += p->keys) {
        NAME(tile) t = {.batch = batch, .key = key, .keys = mk_min(p->keys, last - key)};
        const T *k = p->key + (batch * a->keys + key) * row_k + group * a->depth;
        const T *v = p->value + (batch * a->keys + key) * row_v + group * a->value_depth;
        T *dk = p->dkey + (batch * a->keys + key) * row_k + group * a->depth;
        T *dv = p->dvalue + (batch * a->keys + key) * row_v + group * a->value_depth;
        double onto = 0; // what dk and dv hold counts from the second time on
        for (t.head = group * shared; t.head < (group + 1) * shared; t.head++)
            for (t.row = 0; t.row < a->queries; t.row += p->rows) {
                t.rows = mk_min(p->rows, a->queries - t.row);
                T *dq = dquery + t.row * row_q + t.head * a->depth;
                if (a->causal && !p->mask && key >= t.row + t.rows) {
                    if (key == first) NAME(clear)(dq, t.rows, a->depth, row_q);
                    continue;
                }
                int64_t place = batch * a->queries + t.row;
                const T *q = p->query + place * row_q + t.head * a->depth;
                const T *dout = p->dout + place * row_o + t.head * a->value_depth;
                for (int64_t i = 0; i < t.rows && p->mask; i++) nothing[i] = NAME(sees_nothing)(p, &t, t.row + i);
                NAME(products)(p, &t, weights);
                NAME(weights)(p, &t, nothing, weights, delta);
                mk_gemm_block(a->type, true, false, t.keys, a->value_depth, t.rows, 1, weights, t.keys, dout, row_o, onto,
                              dv, row_v);
                mk_gemm_block(a->type, false, true, t.rows, t.keys, a->value_depth, 1, dout, row_o, v, row_v, 0, dscores,
                              t.keys);
                NAME(score_gradient)(&t, p->mask ? nothing : NULL, weights, delta, dscores);
                mk_gemm_block(a->type, true, false, t.keys, a->depth, t.rows, a->scale, dscores, t.keys, q, row_q, onto,
                              dk, row_k);
                mk_gemm_block(a->type, false, false, t.rows, a->depth, t.keys, a->scale, dscores, t.keys, k, row_k,
                              key == first ? 0 : 1, dq, row_q);
                onto = 1;
            }
        if (onto == 0) {
            NAME(clear)(dk, t.keys, a->depth, row_k);
            NAME(clear)(dv, t.keys, a->value_depth, row_v);
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
