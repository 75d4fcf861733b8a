#include "mk_common.h"
typedef enum { MK_MUL, MK_EXP, MK_ADD, MK_NEG } mk_op;
bool mk_ewise_supports(mk_op op, mk_dtype t);
