#include "mk_float_mode.h"
#include "ewise_floats.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#define STANDARD 0x1f80u           // to nearest, every exception masked
#define FLUSHING (0x8000u | 0x40u) // results to zero, operands to zero
#define FLAGS 0x3fu                // what happened so far: no part of the mode
static inline mk_float_mode read_register(void) { return __builtin_ia32_stmxcsr(); }
static inline void write_register(mk_float_mode value) { __builtin_ia32_ldmxcsr((unsigned)value); }
#elif defined(__aarch64__)
#define STANDARD 0u
#define FLUSHING (1u << 24)
#define FLAGS 0u
static inline mk_float_mode read_register(void) {
    uint64_t value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}
static inline void write_register(mk_float_mode value) { __asm__ volatile("msr fpcr, %0" : : "r"(value)); }
#else
#define STANDARD 0u
#define FLUSHING 0u
#define FLAGS 0u
static inline mk_float_mode read_register(void) { return 0; }
static inline void write_register(mk_float_mode value) { (void)value; }
#endif

const float mk_one_f32 = 1;
const double mk_one_f64 = 1;

static atomic_bool keeps;
static _Thread_local int of_thread = -1;

bool mk_flushes_denormals(void) {
    return of_thread < 0 ? !atomic_load_explicit(&keeps, memory_order_relaxed) : of_thread > 0;
}
void mk_set_flushes_denormals(bool flushes) { atomic_store_explicit(&keeps, !flushes, memory_order_relaxed); }

int mk_set_thread_flushes_denormals(int flushes) {
    int before = of_thread;
    of_thread = flushes;
    return before;
}

// What is restored is the whole register: flags that kernels raise are none of the caller's.
mk_float_mode mk_enter_float_mode(void) {
    mk_float_mode before = read_register(), wanted = STANDARD | (mk_flushes_denormals() ? FLUSHING : 0);
    if ((before & ~(mk_float_mode)FLAGS) != wanted) write_register(wanted);
    return before;
}

void mk_leave_float_mode(mk_float_mode before) {
    if (read_register() != before) write_register(before);
}

mk_float_mode mk_current_float_mode(void) { return read_register() & ~(mk_float_mode)FLAGS; }
void mk_set_float_mode(mk_float_mode mode) { write_register(mode); }
