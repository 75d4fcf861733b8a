// How floating-point instructions round and what they do with denormal numbers: a mode of each thread. Kernels take
// that of the thread that calls them, on the pool's threads too.
#ifndef MK_FLOAT_MODE_H
#define MK_FLOAT_MODE_H

#include "mk_common.h"

// The mode as the CPU has it: MXCSR without its flags on x86-64, FPCR on aarch64, 0 elsewhere.
typedef uint64_t mk_float_mode;

// Whether mk_enter_float_mode asks for denormals, float32 and float64, to be read and written as zeros of their sign.
// True at first.
bool mk_flushes_denormals(void);
void mk_set_flushes_denormals(bool flushes);
// The same for the calling thread alone: 1 flushes, 0 keeps, -1 is as for the process. Returns what it was.
int mk_set_thread_flushes_denormals(int flushes);

// Gives the calling thread the mode that results are promised for: to nearest, nothing trapped, denormals as set.
// Returns what mk_leave_float_mode needs to restore the mode before. Pairs may lie in each other.
mk_float_mode mk_enter_float_mode(void);
void mk_leave_float_mode(mk_float_mode before);

// The calling thread's mode as it is.
mk_float_mode mk_current_float_mode(void);
void mk_set_float_mode(mk_float_mode mode);

#endif
