// Vectors of 16 floats, which each instruction set's clone cuts to its own width, for loops over channels.
#ifndef MK_LANES_H
#define MK_LANES_H

#include <stdint.h>

#define MK_LANES 16

// No alignment is assumed.
typedef float mk_lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t mk_lane_bits __attribute__((vector_size(64), aligned(4), may_alias));

// Goes over at least 16 channels; the last step overlaps the one before where 16 do not divide them.
#define MK_FOR_LANES(C, CHANNELS)                                                                                      \
    for (int64_t C = 0; C < (CHANNELS);                                                                                \
         C = C + 2 * MK_LANES > (CHANNELS) && C + MK_LANES < (CHANNELS) ? (CHANNELS) - MK_LANES : C + MK_LANES)

// a where the bits are set, b elsewhere.
#define MK_SELECT(BITS, A, B) ((mk_lanes)(((mk_lane_bits)(A) & (BITS)) | ((mk_lane_bits)(B) & ~(BITS))))

#endif
