// What each operation takes and gives, and the loop that runs it.
#include "ewise_loops.h"

#include <string.h>

static uint8_t operand_types(mk_op op) {
    switch (op) {
#define MK_CASE(NAME, name, types) case MK_##NAME: return types;
    MK_UNARY_OPS(MK_CASE)
    MK_BINARY_OPS(MK_CASE)
    MK_TERNARY_ARITHMETIC(MK_CASE)
#undef MK_CASE
    default: return 0;
    }
}

bool mk_ewise_supports(mk_op op, mk_dtype type) {
    if ((unsigned)type > MK_BOOL) return false;
    if (op == MK_COPY || op == MK_CAST || op == MK_SELECT) return true;
    switch (type) {
    case MK_F32: case MK_F64: return operand_types(op) & MK_ON_FLOATS;
    case MK_I32: case MK_I64: case MK_U8: return operand_types(op) & MK_ON_INTEGERS;
    case MK_BOOL: return operand_types(op) & MK_ON_BOOL;
    case MK_F16: case MK_BF16: return false;
    }
    return false;
}

int32_t mk_ewise_arity(mk_op op) {
    switch (op) {
    case MK_SELECT: return 3;
#define MK_CASE(NAME, name, types) case MK_##NAME:
    MK_TERNARY_ARITHMETIC(MK_CASE) return 3;
    MK_BINARY_OPS(MK_CASE) return 2;
#undef MK_CASE
    default: return 1;
    }
}

mk_dtype mk_ewise_result(mk_op op, mk_dtype type, mk_dtype to) {
    switch (op) {
    case MK_CAST: return to;
#define MK_CASE(NAME, name, types) case MK_##NAME:
    MK_UNARY_PREDICATES(MK_CASE) MK_BINARY_COMPARISON(MK_CASE) return MK_BOOL;
#undef MK_CASE
    default: return type;
    }
}

int64_t mk_instr_cost(const mk_instr *instr) {
    switch (instr->op) {
#define MK_CASE(NAME, name, types) case MK_##NAME:
    MK_UNARY_MATH(MK_CASE) MK_BINARY_POWER(MK_CASE) case MK_ATAN2: case MK_HYPOT: return instr->type == MK_F32 ? 4 : 32;
    MK_BINARY_DIVISION(MK_CASE) return 8;
    MK_UNARY_SPECIAL(MK_CASE) return 64;
#undef MK_CASE
    default: return 1;
    }
}

mk_loop *mk_instr_loop(const mk_instr *instr) {
    mk_op op = (mk_op)instr->op;
    mk_dtype type = (mk_dtype)instr->type;
    if (op == MK_COPY || op == MK_CAST) return NULL;
    if (op == MK_SELECT) return mk_select_loop(mk_size_of(type));
    switch (type) {
    case MK_F32: return f32_checked_loop(op);
    case MK_F64: return f64_loop(op);
    case MK_I32: return i32_loop(op);
    case MK_I64: return i64_loop(op);
    case MK_U8: return u8_loop(op);
    case MK_BOOL: return bool_loop(op);
    case MK_F16: case MK_BF16: return NULL;
    }
    return NULL;
}

bool mk_takes_scalar(mk_op op, int32_t operand) {
    switch (op) {
    case MK_SELECT: return operand > 0;
#define MK_CASE(NAME, name, types) case MK_##NAME:
    MK_BINARY_ARITHMETIC(MK_CASE) MK_BINARY_QUOTIENT(MK_CASE) MK_BINARY_COMPARISON(MK_CASE) MK_BINARY_LOGICAL(MK_CASE)
    MK_TERNARY_ARITHMETIC(MK_CASE) return true;
#undef MK_CASE
    default: return false;
    }
}

void mk_instr_run(const mk_instr *instr, int64_t n, const void *const *src, void *dst) {
    mk_dtype type = (mk_dtype)instr->type;
    switch ((mk_op)instr->op) {
    case MK_COPY: if (src[0] != dst) memcpy(dst, src[0], (size_t)n * mk_size_of(type)); return;
    case MK_CAST: mk_cast_loop(type, (mk_dtype)instr->to, n, src[0], dst); return;
    default: mk_instr_loop(instr)(n, 0, src[0], src[1], src[2], dst);
    }
}
