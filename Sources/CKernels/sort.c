// Elements become unsigned keys in the same order, which are sorted together with their indices.
#include <string.h>
#include "internal.h"
#include "mk_sort.h"
#include "pairs.h"

static void insertion_sort(mk_pair *pairs, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        mk_pair p = pairs[i];
        int64_t j = i;
        for (; j > 0 && pairs[j - 1].key > p.key; j--) pairs[j] = pairs[j - 1];
        pairs[j] = p;
    }
}

void mk_sort_pairs(mk_pair *pairs, mk_pair *scratch, int64_t n) {
    if (n <= 64) return insertion_sort(pairs, n);
    int64_t counts[8][256] = {0};
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < 8; d++) counts[d][pairs[i].key >> 8 * d & 255]++;
    mk_pair *from = pairs, *to = scratch;
    for (int d = 0; d < 8; d++) {
        if (counts[d][from[0].key >> 8 * d & 255] == n) continue;  // all alike in this digit
        int64_t places[256], place = 0;
        for (int b = 0; b < 256; b++) {
            places[b] = place;
            place += counts[d][b];
        }
        for (int64_t i = 0; i < n; i++) to[places[from[i].key >> 8 * d & 255]++] = from[i];
        mk_pair *swap = from;
        from = to;
        to = swap;
    }
    if (from != pairs) memcpy(pairs, from, (size_t)n * sizeof *pairs);
}

// The key of element i. Adding zero turns -0 into 0.
static inline uint64_t key_at(mk_dtype dtype, const void *in, int64_t i) {
    switch (dtype) {
    case MK_F32: {
        float x = ((const float *)in)[i] + 0.0f;
        uint32_t u;
        memcpy(&u, &x, 4);
        return x != x ? UINT32_MAX : u >> 31 ? ~u : u | 1u << 31;
    }
    case MK_F64: {
        double x = ((const double *)in)[i] + 0.0;
        uint64_t u;
        memcpy(&u, &x, 8);
        return x != x ? UINT64_MAX : u >> 63 ? ~u : u | 1ull << 63;
    }
    case MK_I32: return ((const uint32_t *)in)[i] ^ 1u << 31;
    case MK_I64: return ((const uint64_t *)in)[i] ^ 1ull << 63;
    case MK_U8: case MK_BOOL: return ((const uint8_t *)in)[i];
    default: mk_unsupported("mk_sort", dtype);
    }
}

typedef struct {
    mk_dtype dtype;
    const char *in;
    const char *probes;  // searching: the values to look for
    char *values;
    int64_t *indices;
    int64_t n, k;
    bool flag;  // descending, largest, or right
} job;

// Writes the first k pairs of row r.
static void write_row(const job *p, int64_t r, const mk_pair *pairs) {
    size_t size = mk_size_of(p->dtype);
    for (int64_t i = 0; i < p->k; i++) {
        if (p->indices) p->indices[r * p->k + i] = pairs[i].index;
        if (!p->values) continue;
        memcpy(mk_at_mutable(p->values, r * p->k + i, size), mk_at(p->in, r * p->n + pairs[i].index, size), size);
    }
}

static void sort_range(int64_t begin, int64_t end, void *context) {
    const job *p = context;
    mk_pair *pairs = mk_temporary(2 * p->n, sizeof *pairs);
    for (int64_t r = begin; r < end; r++) {
        for (int64_t i = 0; i < p->n; i++) {
            uint64_t key = key_at(p->dtype, p->in, r * p->n + i);
            pairs[i] = (mk_pair){p->flag ? ~key : key, i};
        }
        mk_sort_pairs(pairs, pairs + p->n, p->n);
        write_row(p, r, pairs);
    }
    mk_free_temporary(pairs);
}

void mk_sort(mk_dtype dtype, const void *in, void *values, int64_t *indices, int64_t rows, int64_t n, bool descending) {
    job p = {.dtype = dtype, .in = in, .values = values, .indices = indices, .n = n, .k = n, .flag = descending};
    if (n > 0) mk_parallel_ranges(rows, mk_grain_of(16 * n), sort_range, &p);
}

static inline bool follows(mk_pair a, mk_pair b) { return a.key > b.key || (a.key == b.key && a.index > b.index); }

// Moves the pair at i down a heap whose root is the last pair in order.
static void sift(mk_pair *heap, int64_t k, int64_t i) {
    mk_pair p = heap[i];
    for (int64_t child; (child = 2 * i + 1) < k; i = child) {
        if (child + 1 < k && follows(heap[child + 1], heap[child])) child++;
        if (!follows(heap[child], p)) break;
        heap[i] = heap[child];
    }
    heap[i] = p;
}

static void top_k_range(int64_t begin, int64_t end, void *context) {
    const job *p = context;
    mk_pair *heap = mk_temporary(p->k, sizeof *heap);
    for (int64_t r = begin; r < end; r++) {
        for (int64_t i = 0; i < p->n; i++) {
            uint64_t key = key_at(p->dtype, p->in, r * p->n + i);
            mk_pair pair = {p->flag ? ~key : key, i};
            if (i < p->k) {
                heap[i] = pair;
                if (i == p->k - 1)
                    for (int64_t j = p->k / 2 - 1; j >= 0; j--) sift(heap, p->k, j);
            } else if (pair.key < heap[0].key) {
                heap[0] = pair;
                sift(heap, p->k, 0);
            }
        }
        for (int64_t left = p->k - 1; left > 0; left--) {
            mk_pair last = heap[0];
            heap[0] = heap[left];
            heap[left] = last;
            sift(heap, left, 0);
        }
        write_row(p, r, heap);
    }
    mk_free_temporary(heap);
}

void mk_top_k(mk_dtype dtype, const void *in, void *values, int64_t *indices, int64_t rows, int64_t n, int64_t k,
              bool largest) {
    job p = {.dtype = dtype, .in = in, .values = values, .indices = indices, .n = n, .k = k, .flag = largest};
    if (k > 0) mk_parallel_ranges(rows, mk_grain_of(4 * n), top_k_range, &p);
}

static void search_range(int64_t begin, int64_t end, void *context) {
    const job *p = context;
    for (int64_t i = begin; i < end; i++) {
        uint64_t key = key_at(p->dtype, p->probes, i);
        int64_t row = i / p->k * p->n, low = 0, high = p->n;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            uint64_t at = key_at(p->dtype, p->in, row + middle);
            if (at < key || (p->flag && at == key)) low = middle + 1;
            else high = middle;
        }
        p->indices[i] = low;
    }
}

void mk_search_sorted(mk_dtype dtype, const void *sorted, const void *values, int64_t *out, int64_t rows, int64_t n,
                      int64_t m, bool right) {
    job p = {.dtype = dtype, .in = sorted, .probes = values, .indices = out, .n = n, .k = m, .flag = right};
    mk_parallel_ranges(rows * m, mk_grain_of(16), search_range, &p);
}
