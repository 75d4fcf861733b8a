// The loops behind instructions: n elements, contiguous. dst may be exactly one of the sources.
#ifndef MK_EWISE_LOOPS_H
#define MK_EWISE_LOOPS_H

#include "include/mk_ewise.h"

// Iterations are independent even where dst is a source, which the compiler cannot see by itself.
#define MK_VECTOR_LOOP _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < n; i++)
#define MK_PLAIN_LOOP for (int64_t i = 0; i < n; i++)

typedef void mk_loop(mk_op op, int64_t n, const void *const *src, void *dst);
mk_loop f32_loop, f32_checked_loop, f64_loop, i32_loop, i64_loop, u8_loop, bool_loop;

void mk_cast_loop(mk_dtype from, mk_dtype to, int64_t n, const void *src, void *dst);
void mk_select_loop(size_t width, int64_t n, const void *const *src, void *dst);

// Runs one instruction's loop.
void mk_instr_run(const mk_instr *instr, int64_t n, const void *const *src, void *dst);
// The cost of an instruction per element; that of a float32 addition is 1. It decides how finely work is cut.
int64_t mk_instr_cost(const mk_instr *instr);

// Functions that no vector loop can hold.
double mk_digamma(double x);
double mk_erfinv(double x);
double mk_lgamma(double x);

#endif
