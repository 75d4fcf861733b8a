#include "wide_tiles.h"
#include "../../Sources/CKernels/sgemm.h"

#define LANES 16
#define ROWS_1 12
#define ROWS_2 12
#define ROWS_3 8
#define ROWS_4 6
#define PANEL 4
#define NAME(x) MK_PASTE(x, wide)
#include "../../Sources/CKernels/sgemm_tile.h"

void wide_tiles_use(bool on) { mk_sgemm_use(on ? &mk_sgemm_wide : NULL); }
