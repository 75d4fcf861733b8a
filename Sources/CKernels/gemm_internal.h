// The two engines of products, as gemm.c sees them.
#ifndef MK_GEMM_INTERNAL_H
#define MK_GEMM_INTERNAL_H

#include "internal.h"

// Rows of an operand that are longer than this, in floats, are a page each: OpenBLAS gets a copy.
#define MK_UNPACKED_ROW 1024

// mk_gemm_block by OpenBLAS.
void mk_openblas_gemm(mk_dtype type, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                      const void *a, int64_t row_a, const void *b, int64_t row_b, double beta, void *c, int64_t row_c);
// Whether it has float32 kernels that do not pack their operands.
bool mk_openblas_has_unpacked(void);

#endif
