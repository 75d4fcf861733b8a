#include "sgemm.h"

// Sixteen registers of four floats, without fused multiplication on x86: right everywhere, for comparison.
#define LANES 4
#define ROWS_1 10
#define ROWS_2 6
#define ROWS_3 4
#define ROWS_4 2
#define PANEL 2
#define NAME(x) MK_PASTE(x, baseline)
#include "sgemm_tile.h"
#undef LANES
#undef NAME

#if defined(__x86_64__)
// Sixteen registers of eight floats.
#pragma clang attribute push(__attribute__((target(MK_AVX2))), apply_to = function)
#define LANES 8
#define NAME(x) MK_PASTE(x, avx2)
#include "sgemm_tile.h"
#undef LANES
#undef NAME
#pragma clang attribute pop
#undef ROWS_1
#undef ROWS_2
#undef ROWS_3
#undef ROWS_4
#undef PANEL

#pragma clang attribute push(__attribute__((target(MK_AVX512), min_vector_width(512))), apply_to = function)
#define NAME(x) MK_PASTE(x, avx512)
#include "sgemm_wide.h"
#pragma clang attribute pop
#endif
