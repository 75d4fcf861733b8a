// The parts of pooling.
#ifndef MK_POOL_INTERNAL_H
#define MK_POOL_INTERNAL_H

#include "internal.h"
#include "mk_pool.h"

typedef enum { MK_POOL_MAX, MK_POOL_MAX_GRADIENT, MK_POOL_AVERAGE, MK_POOL_AVERAGE_GRADIENT } mk_pool_kind;

// Windows that touch and stay inside. The forward pass reads inputs, a gradient reads outputs (and winners).
bool mk_pool_takes_tiles(const mk_pool_plan *plan);
void mk_pool_tiles(mk_pool_kind kind, const mk_pool_plan *plan, float *inputs, float *outputs, int32_t *winners);

#endif
