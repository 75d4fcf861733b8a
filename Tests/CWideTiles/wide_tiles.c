#include "wide_tiles.h"
#include "../../Sources/CKernels/sgemm.h"

#define NAME(x) MK_PASTE(x, wide)
#include "../../Sources/CKernels/sgemm_wide.h"

void wide_tiles_use(bool on) { mk_sgemm_use(on ? &mk_sgemm_wide : NULL); }
