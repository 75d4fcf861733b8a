// The two engines of products, as gemm.c sees them.
#ifndef MK_GEMM_INTERNAL_H
#define MK_GEMM_INTERNAL_H

#include "internal.h"

// Rows of an operand that are longer than this, in floats, are a page each: OpenBLAS gets a copy.
#define MK_UNPACKED_ROW 1024

// mk_gemm_block by OpenBLAS.
void mk_openblas_gemm(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                      const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c);
// Operands of a product of bfloat16, laid out as elements of four bytes that the float32 engine takes: gemm_bf16.c.
typedef struct {
    const struct mk_sgemm_kernels *kernels;
    int64_t per;                // numbers of the inner dimension in an element
    const void *a, *b;
    int64_t row_a, row_b;
    void *room_a, *room_b;      // what was laid out; NULL: the operand is read where it is
} mk_bf16_operands;
// Lays out A and B (NULL: not) of a plan, on the pool, and makes the plan that of what was laid out: its inner dimension is
// even. `kernels`: those that are to be used; NULL: those that suit the CPU.
mk_bf16_operands mk_lay_out_bf16(mk_gemm_plan *plan, const void *a, const void *b, const struct mk_sgemm_kernels *kernels);
void mk_free_bf16(mk_bf16_operands *operands);

// Whether it has float32 kernels that do not pack their operands.
bool mk_openblas_has_unpacked(void);

#endif
