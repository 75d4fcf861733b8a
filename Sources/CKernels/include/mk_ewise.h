// Elementwise programs: one instruction or many, over any broadcast inputs.
//
// A program is a list of instructions over registers. It runs tile by tile (512 elements, so that registers
// stay in the first-level cache), and an instruction is one contiguous vectorised loop over the tile. A single
// operation and a fused graph run the same loops, so they give the same bits; and as every loop treats each element
// alike, the bits depend neither on an element's position nor on the number of threads.
#ifndef MK_EWISE_H
#define MK_EWISE_H

#include "mk_common.h"

// Which operand types an operation takes. float16 and bfloat16 are only moved and converted.
enum {
    MK_ON_FLOATS = 1,                            // float32, float64
    MK_ON_INTEGERS = 2,                          // int32, int64, uint8
    MK_ON_BOOL = 4,
    MK_ON_NUMBERS = MK_ON_FLOATS | MK_ON_INTEGERS,
    MK_ON_ALL = MK_ON_NUMBERS | MK_ON_BOOL,
};

// The operations: X(NAME, function, operand types). A new one is a line here and a function `f32_…`, `f64_…`, `i32_…`
// (mk_vmath.h, ewise_f64.c, ewise_integer.c); the lists differ in how their loops are built.

// Integers wrap. sign(NaN) and relu(NaN) are NaN.
#define MK_UNARY_ARITHMETIC(X) \
    X(NEG, neg, MK_ON_NUMBERS) X(ABS, abs, MK_ON_NUMBERS) X(SIGN, sign, MK_ON_NUMBERS) \
    X(SQUARE, square, MK_ON_NUMBERS) X(RELU, relu, MK_ON_NUMBERS)
// round: half to even.
#define MK_UNARY_ROOTS(X) \
    X(SQRT, sqrt, MK_ON_FLOATS) X(RSQRT, rsqrt, MK_ON_FLOATS) X(RECIPROCAL, reciprocal, MK_ON_FLOATS) \
    X(FLOOR, floor, MK_ON_FLOATS) X(CEIL, ceil, MK_ON_FLOATS) X(ROUND, round, MK_ON_FLOATS) X(TRUNC, trunc, MK_ON_FLOATS)
#define MK_UNARY_MATH(X) \
    X(EXP, exp, MK_ON_FLOATS) X(EXP2, exp2, MK_ON_FLOATS) X(EXPM1, expm1, MK_ON_FLOATS) \
    X(LOG, log, MK_ON_FLOATS) X(LOG2, log2, MK_ON_FLOATS) X(LOG1P, log1p, MK_ON_FLOATS) \
    X(SIN, sin, MK_ON_FLOATS) X(COS, cos, MK_ON_FLOATS) X(TAN, tan, MK_ON_FLOATS) \
    X(ASIN, asin, MK_ON_FLOATS) X(ACOS, acos, MK_ON_FLOATS) X(ATAN, atan, MK_ON_FLOATS) \
    X(SINH, sinh, MK_ON_FLOATS) X(COSH, cosh, MK_ON_FLOATS) X(TANH, tanh, MK_ON_FLOATS) \
    X(ASINH, asinh, MK_ON_FLOATS) X(ACOSH, acosh, MK_ON_FLOATS) X(ATANH, atanh, MK_ON_FLOATS) \
    X(SIGMOID, sigmoid, MK_ON_FLOATS) X(SOFTPLUS, softplus, MK_ON_FLOATS) \
    X(ERF, erf, MK_ON_FLOATS) X(ERFC, erfc, MK_ON_FLOATS) X(ERFINV, erfinv, MK_ON_FLOATS)
#define MK_UNARY_SPECIAL(X) X(LGAMMA, lgamma, MK_ON_FLOATS) X(DIGAMMA, digamma, MK_ON_FLOATS)
// The result is bool.
#define MK_UNARY_PREDICATES(X) \
    X(ISNAN, isnan, MK_ON_FLOATS) X(ISINF, isinf, MK_ON_FLOATS) X(ISFINITE, isfinite, MK_ON_FLOATS)
// Integers wrap; min and max hand a NaN on. gate: b where a > 0, else 0.
#define MK_BINARY_ARITHMETIC(X) \
    X(ADD, add, MK_ON_NUMBERS) X(SUB, sub, MK_ON_NUMBERS) X(MUL, mul, MK_ON_NUMBERS) \
    X(MIN, min, MK_ON_NUMBERS) X(MAX, max, MK_ON_NUMBERS) X(GATE, gate, MK_ON_NUMBERS)
// root_add: sqrt(a) + b.
#define MK_BINARY_QUOTIENT(X) X(DIV, div, MK_ON_FLOATS) X(ROOT_ADD, root_add, MK_ON_FLOATS)
#define MK_BINARY_MATH(X) X(ATAN2, atan2, MK_ON_FLOATS) X(HYPOT, hypot, MK_ON_FLOATS)
// floor_div and mod follow the divisor's sign, as in Python; an integer divided by zero gives 0. An integer to a
// negative power is 0, save for the bases 1 and -1.
#define MK_BINARY_DIVISION(X) X(FLOOR_DIV, floor_div, MK_ON_NUMBERS) X(MOD, mod, MK_ON_NUMBERS)
#define MK_BINARY_POWER(X) X(POW, pow, MK_ON_NUMBERS)
// The result is bool.
#define MK_BINARY_COMPARISON(X) \
    X(EQ, eq, MK_ON_ALL) X(NE, ne, MK_ON_ALL) X(LT, lt, MK_ON_ALL) \
    X(LE, le, MK_ON_ALL) X(GT, gt, MK_ON_ALL) X(GE, ge, MK_ON_ALL)
#define MK_UNARY_LOGICAL(X) X(NOT, not, MK_ON_BOOL)
#define MK_BINARY_LOGICAL(X) X(AND, and, MK_ON_BOOL) X(OR, or, MK_ON_BOOL) X(XOR, xor, MK_ON_BOOL)
// Shifts by more than the width, or by a negative amount, shift everything out; to the right the sign stays.
#define MK_UNARY_BITWISE(X) X(BIT_NOT, bit_not, MK_ON_INTEGERS)
#define MK_BINARY_BITWISE(X) \
    X(BIT_AND, bit_and, MK_ON_INTEGERS) X(BIT_OR, bit_or, MK_ON_INTEGERS) X(BIT_XOR, bit_xor, MK_ON_INTEGERS) \
    X(SHIFT_LEFT, shift_left, MK_ON_INTEGERS) X(SHIFT_RIGHT, shift_right, MK_ON_INTEGERS)

// Two or three operations as one, each rounded: a program that joins them reads and writes less, and has the same bits.
// a b + c, a b - c, c - a b, (a + b) c, (a - b) c, c - a / b, a + (b - a) c
#define MK_TERNARY_ARITHMETIC(X) \
    X(MUL_ADD, mul_add, MK_ON_FLOATS) X(MUL_SUB, mul_sub, MK_ON_FLOATS) X(SUB_PRODUCT, sub_product, MK_ON_FLOATS) \
    X(ADD_MUL, add_mul, MK_ON_FLOATS) X(SUB_MUL, sub_mul, MK_ON_FLOATS) \
    X(SUB_QUOTIENT, sub_quotient, MK_ON_FLOATS) X(LERP, lerp, MK_ON_FLOATS)

#define MK_UNARY_OPS(X) \
    MK_UNARY_ARITHMETIC(X) MK_UNARY_ROOTS(X) MK_UNARY_MATH(X) MK_UNARY_SPECIAL(X) MK_UNARY_PREDICATES(X) \
    MK_UNARY_LOGICAL(X) MK_UNARY_BITWISE(X)
#define MK_BINARY_OPS(X) \
    MK_BINARY_ARITHMETIC(X) MK_BINARY_QUOTIENT(X) MK_BINARY_MATH(X) MK_BINARY_DIVISION(X) MK_BINARY_POWER(X) MK_BINARY_COMPARISON(X) \
    MK_BINARY_LOGICAL(X) MK_BINARY_BITWISE(X)

#define MK_ENUMERATOR(NAME, name, types) MK_##NAME,
typedef enum {
    MK_COPY,    // dst = src0, of any type
    MK_CAST,    // dst = src0 converted from `type` to `to`: floats round to nearest even, float to integer saturates (NaN
                // gives 0), integer to integer wraps, anything to bool is != 0
    MK_SELECT,  // dst = src0 ? src1 : src2, of any type; src0 is bool
    MK_UNARY_OPS(MK_ENUMERATOR)
    MK_BINARY_OPS(MK_ENUMERATOR)
    MK_TERNARY_ARITHMETIC(MK_ENUMERATOR)
    MK_OP_COUNT,
} mk_op;
#undef MK_ENUMERATOR

// One instruction. `type` is the type of the operands (of src1 and src2 for select); `to` counts for a cast only.
typedef struct {
    uint16_t op;
    uint8_t type, to;
    uint16_t dst, src[3];
} mk_instr;

enum {
    MK_EWISE_MAX_INPUTS = 32,
    MK_EWISE_MAX_OUTPUTS = 32,
    MK_EWISE_MAX_REGISTERS = 128,
    MK_EWISE_MAX_INSTRUCTIONS = 128,
};

// A program. Registers 0..<inputs hold the inputs and are never written; instructions write the others, as often as
// they like, except that a register named in `output_registers` is written once.
typedef struct {
    int32_t rank;                     // the loop space, row-major
    int32_t inputs, outputs, registers, instructions;
    const int64_t *dims;              // [rank]
    const int64_t *strides;           // [inputs][rank], in elements; 0 repeats. NULL: every input is contiguous
    const uint8_t *input_types;       // [inputs], mk_dtype
    const mk_instr *code;             // [instructions]
    const uint16_t *output_registers; // [outputs]; written by an instruction (copy an input that is to be an output)
} mk_ewise;

bool mk_ewise_supports(mk_op op, mk_dtype type);
// 1, 2 or 3 operands.
int32_t mk_ewise_arity(mk_op op);
// The type of what an instruction writes.
mk_dtype mk_ewise_result(mk_op op, mk_dtype type, mk_dtype to);

// NULL when the program is sound (limits, types, registers written before they are read), else what is wrong with it.
// Check a program once, when it is built: mk_ewise_run trusts it.
const char *mk_ewise_flaw(const mk_ewise *program);

// Runs a program. Outputs are contiguous. An output may be exactly the memory of a contiguous input of the same element
// size, and must not overlap anything else. Never allocates.
void mk_ewise_run(const mk_ewise *program, const void *const *inputs, void *const *outputs);

// Runs the one instruction `op` (see mk_instr for the types). strides: [arity][rank], or NULL when all are contiguous.
void mk_ewise_single(mk_op op, mk_dtype type, mk_dtype to, int32_t rank, const int64_t *dims, const int64_t *strides,
                     const void *const *inputs, void *output);

#endif
