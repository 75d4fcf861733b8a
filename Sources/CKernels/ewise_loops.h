// The loops behind instructions: n elements, contiguous. dst may be exactly one of the sources.
#ifndef MK_EWISE_LOOPS_H
#define MK_EWISE_LOOPS_H

#include "clones.h"
#include "include/mk_ewise.h"

// Iterations are independent even where dst is a source, which the compiler cannot see by itself.
#define MK_VECTOR_LOOP _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < n; i++)
#define MK_PLAIN_LOOP for (int64_t i = 0; i < n; i++)

// Bit k of `scalars`: operand k is one element, the same for all. Only where mk_takes_scalar says so.
#define MK_LOOP_ARGUMENTS int64_t n, unsigned scalars, const void *a, const void *b, const void *c, void *dst
#define MK_LOOP_NAMES n, scalars, a, b, c, dst
typedef void mk_loop(MK_LOOP_ARGUMENTS);

// r[i] = f(X, Y), of which either may be a scalar: x0 or y0, read before the loop, since the compiler cannot know that it
// stays.
#define MK_SCALARS_OF_TWO(f, X, Y) \
    switch (scalars) { \
    case 0: MK_VECTOR_LOOP r[i] = f(X, Y); break; \
    case 1: MK_VECTOR_LOOP r[i] = f(x0, Y); break; \
    case 2: MK_VECTOR_LOOP r[i] = f(X, y0); break; \
    default: MK_VECTOR_LOOP r[i] = f(x0, y0); break; \
    }

// The loop of an operation on a type; NULL where there is none.
mk_loop *f32_loop(mk_op op), *f32_checked_loop(mk_op op), *f64_loop(mk_op op);
mk_loop *i32_loop(mk_op op), *i64_loop(mk_op op), *u8_loop(mk_op op), *bool_loop(mk_op op);
mk_loop *mk_select_loop(size_t width);

void mk_cast_loop(mk_dtype from, mk_dtype to, int64_t n, const void *src, void *dst);

// An instruction's loop; NULL for a copy and a cast.
mk_loop *mk_instr_loop(const mk_instr *instr);
bool mk_takes_scalar(mk_op op, int32_t operand);
// Runs one instruction.
void mk_instr_run(const mk_instr *instr, int64_t n, const void *const *src, void *dst);
// The cost of an instruction per element; that of a float32 addition is 1. It decides how finely work is cut.
int64_t mk_instr_cost(const mk_instr *instr);

// Functions that no vector loop can hold.
double mk_digamma(double x);
double mk_erfinv(double x);
double mk_lgamma(double x);

#define mk_eq(x, y) ((x) == (y))
#define mk_ne(x, y) ((x) != (y))
#define mk_lt(x, y) ((x) < (y))
#define mk_le(x, y) ((x) <= (y))
#define mk_gt(x, y) ((x) > (y))
#define mk_ge(x, y) ((x) >= (y))

#endif
