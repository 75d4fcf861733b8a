// Matrix products, row-major: C = activation(alpha op(A) op(B) + beta C + bias).
#ifndef MK_GEMM_H
#define MK_GEMM_H

#include "mk_common.h"

typedef enum {
    MK_ACTIVATION_NONE = 0,
    MK_ACTIVATION_RELU = 1, // max(x, 0); NaN stays NaN
} mk_activation;

// op(A) is m x k, op(B) is k x n, C is m x n. All extents may be 0.
typedef struct {
    // MK_F32, MK_F64; MK_I32 and MK_I64 (which wrap around) without activation. With MK_BF16, A and B are bfloat16, and C
    // and the bias float32.
    mk_dtype type;
    bool transpose_a, transpose_b;
    int64_t m, n, k;
    int64_t row_a, row_b, row_c;          // elements from one stored row to the next, below 2^31; 0: contiguous
    int64_t batch;                        // number of products
    int64_t stride_a, stride_b, stride_c; // elements from one product's matrix to the next; 0 shares A or B
    double alpha, beta;                   // beta 0: C is written only, whatever it held
    mk_activation activation;
} mk_gemm_plan;

// `bias` has n elements, added to every row, or is NULL. C may overlap nothing.
void mk_gemm(const mk_gemm_plan *plan, const void *a, const void *b, void *c, const void *bias);

// A matrix B, or a convolution's kernel, as the inner loops read it: for weights that stay the same from product to product.
// The bits are those of products without it.
typedef struct mk_weights mk_weights;
// Prepares B for products of this plan; NULL where B is read as it is.
mk_weights *mk_gemm_prepare(const mk_gemm_plan *plan, const void *b);
// mk_gemm with what was prepared for this plan, or with NULL.
void mk_gemm_prepared(const mk_gemm_plan *plan, const void *a, const void *b, const mk_weights *weights, void *c,
                      const void *bias);
void mk_free_weights(mk_weights *weights);

// Who computes float32 products. Automatic: loops of ours where the CPU has AVX2 or AVX-512, OpenBLAS elsewhere and for
// products of few columns. Own: ours, all of them. The bits differ, so to change it changes results.
typedef enum { MK_GEMM_AUTOMATIC = 0, MK_GEMM_OWN = 1, MK_GEMM_OPENBLAS = 2 } mk_gemm_engine;
mk_gemm_engine mk_gemm_engine_in_use(void);
void mk_set_gemm_engine(mk_gemm_engine engine);
// Products of bfloat16 take the numbers of the inner dimension in pairs, the second of a pair first: one fused multiplication
// after the other, in float32. Native: by the CPU's instructions for such pairs (AVX512-BF16). Portable: as float32. The bits
// are the same. Automatic: native where that was faster when it was tried. Where denormal numbers are kept: always portable.
typedef enum { MK_BF16_AUTOMATIC = 0, MK_BF16_NATIVE = 1, MK_BF16_PORTABLE = 2 } mk_bf16_engine;
mk_bf16_engine mk_bf16_engine_in_use(void);
bool mk_bf16_has_native(void);
// Whether the next product of bfloat16 is computed natively.
bool mk_bf16_is_native(void);
void mk_set_bf16_engine(mk_bf16_engine engine);

// C = A B for whole numbers from -128 to 127, contiguous, that are held as float32: each sum is exact, and rounded once to
// float32. Where something else stands among the numbers, it is the product of float32. `weights`: B laid out, or NULL.
void mk_gemm_int8(int64_t m, int64_t n, int64_t k, const float *a, const float *b, const mk_weights *weights, float *c);
mk_weights *mk_gemm_int8_prepare(int64_t n, int64_t k, const float *b);
// Whether the CPU has instructions for such products (AVX512-VNNI).
bool mk_int8_has_native(void);

// Whether loops of ours compute a product, which depends on its type and shape, the SIMD level and the engine.
bool mk_gemm_is_ours(mk_dtype type, bool transpose_b, int64_t m, int64_t n);

#endif
