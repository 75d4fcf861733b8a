// Recurrent loops in float32.
#include <string.h>
#include "rnn_internal.h"
#include "mk_vmath.h"

#define T float
#define NAME(x) MK_PASTE(x, f32)
#define sigmoid_f32 f32_sigmoid
#define tanh_f32 f32_tanh
// Rows do not overlap.
#define UNITS_LOOP _Pragma("clang loop vectorize(assume_safety)")
#include "rnn_template.h"
