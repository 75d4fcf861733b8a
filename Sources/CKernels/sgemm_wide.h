// The tiles of AVX-512: thirty-two registers of sixteen floats. A header of its own, so that their test on other CPUs has the
// same sizes.
#define LANES 16
#define ROWS_1 12
#define ROWS_2 12
#define ROWS_3 8
#define ROWS_4 6
#define PANEL 4
#include "sgemm_tile.h"
