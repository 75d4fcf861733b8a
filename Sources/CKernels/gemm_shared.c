// One matrix B, or several, that many tasks multiply with.

#include "gemm_internal.h"
#include "sgemm.h"

static void pack_panel(int64_t task, void *context) {
    const mk_shared_b *s = context;
    int64_t panels = mk_ceil_div(s->n, mk_sgemm_panel_width(s->kernels)), matrix = task / panels, p = task % panels;
    mk_sgemm_pack(s->kernels, s->n, s->k, s->transpose, (const float *)s->b + matrix * s->stride, s->row, p, p + 1,
                  s->panels + matrix * mk_sgemm_panels_size(s->kernels, s->n, s->k));
}

static void pack(mk_shared_b *s) {
    int64_t tasks = mk_ceil_div(s->n, mk_sgemm_panel_width(s->kernels)) * s->count;
    s->bytes = (size_t)(s->count * mk_sgemm_panels_size(s->kernels, s->n, s->k)) * sizeof(float);
    s->panels = mk_alloc_or_stop(s->bytes);
    // A float takes about a tenth of a nanosecond.
    if (s->bytes >= 4 * MK_GRAIN) mk_parallel_for(tasks, pack_panel, s);
    else for (int64_t task = 0; task < tasks; task++) pack_panel(task, s);
}

// Whether loops of ours multiply with the matrices: who has named kernels has decided that.
static bool choose_kernels(mk_shared_b *s) {
    if (s->kernels != NULL) return true;
    s->kernels = mk_sgemm_chosen();
    return mk_gemm_is_ours(s->type, s->transpose, s->m, s->n);
}

void mk_share_b(mk_shared_b *s) {
    s->panels = NULL;
    if (choose_kernels(s) && mk_sgemm_packs(s->kernels, s->m, s->n, s->k, s->transpose, s->row)) pack(s);
}

mk_weights *mk_make_weights(mk_weights_kind kind, mk_shared_b shared) {
    // For a few rows it is as good to read B where it is: memory's speed decides.
    if (shared.m < 4 || shared.k == 0 || !choose_kernels(&shared)) return NULL;
    mk_weights *w = mk_alloc_or_stop(sizeof *w);
    pack(&shared);
    *w = (mk_weights){ kind, shared };
    return w;
}

void mk_free_weights(mk_weights *w) {
    if (w == NULL) return;
    mk_unshare_b(&w->shared);
    mk_free(w, sizeof *w);
}

void mk_unshare_b(mk_shared_b *s) {
    if (s->panels != NULL) mk_free(s->panels, s->bytes);
    s->panels = NULL;
}

void mk_gemm_with(const mk_shared_b *s, int64_t matrix, bool transpose_a, int64_t m, const void *a, int64_t row_a,
                  double beta, void *c, int64_t row_c) {
    if (s->panels == NULL) {
        mk_gemm_block(s->type, transpose_a, s->transpose, m, s->n, s->k, 1, a, row_a,
                      mk_at(s->b, matrix * s->stride, mk_size_of(s->type)), s->row, beta, c, row_c);
        return;
    }
    mk_sgemm_product product = {
        .kernels = s->kernels, .m = m, .n = s->n, .k = s->k, .transpose_a = transpose_a, .a = a, .c = c,
        .row_a = row_a, .row_c = row_c, .alpha = 1, .beta = (float)beta,
        .panels = s->panels + matrix * mk_sgemm_panels_size(s->kernels, s->n, s->k),
    };
    mk_sgemm(&product);
}
