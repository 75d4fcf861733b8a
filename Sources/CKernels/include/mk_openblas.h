// Which of OpenBLAS's kernels run, and who chose them.
#ifndef MK_OPENBLAS_H
#define MK_OPENBLAS_H

#include "mk_common.h"

typedef enum {
    MK_CORE_OWN_CHOICE = 0, // OpenBLAS's, and it fits the CPU
    MK_CORE_SWITCHED,       // OpenBLAS's was below the CPU, and Martlet's took its place
    MK_CORE_PINNED,         // the environment variable OPENBLAS_CORETYPE's
    // Below the CPU, because
    MK_CORE_NOT_DYNAMIC,    // the library has no other kernels
    MK_CORE_THREADS,        // Martlet was loaded into a process whose other threads may have been inside OpenBLAS
    MK_CORE_REFUSED,        // OpenBLAS did not take the better ones
} mk_core_origin;

// OpenBLAS's version and build options, in one line.
const char *mk_openblas_config(void);
// The name of the CPU family whose kernels OpenBLAS uses, such as "SkylakeX" or "Haswell".
const char *mk_openblas_core(void);
int mk_openblas_threads(void);
mk_core_origin mk_openblas_origin(void);

// The kernels that a CPU of a SIMD level (mk_cpu_simd_level) should run instead of `core`'s; NULL where `core` is no
// narrower than the CPU, or not known.
const char *mk_better_core(const char *core, const char *simd_level);

// Whether `callers` threads can use OpenBLAS within the process's limits on address space and data (RLIMIT_AS,
// RLIMIT_DATA). Where it cannot get a buffer, a thread of OpenBLAS asks again for ever. `needed` and `left` get the bytes
// that its buffers and the program still need, and those that the narrower limit leaves; both 0 without a limit.
bool mk_openblas_has_room(int callers, uint64_t *needed, uint64_t *left);

#endif
