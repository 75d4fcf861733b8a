// The instruction sets of Martlet's own loops: the least of what the CPU has and of what MARTLET_SIMD allows.
#include "clones.h"
#include "mk_system.h"

#include <stdlib.h>
#include <strings.h>

int mk_simd;

// By level, as clones.h numbers them.
#if defined(__x86_64__)
static const char *const names[] = { "sse2", "avx2", "avx512" };
#elif defined(__aarch64__)
static const char *const names[] = { "neon" };
#else
static const char *const names[] = { "none" };
#endif
#define LEVELS ((int)(sizeof names / sizeof *names))

static int cpu_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return 2;
    if (__builtin_cpu_supports("x86-64-v3")) return 1;
#endif
    return 0;
}

bool mk_set_simd_level(const char *name) {
    for (int level = 0; level < LEVELS; level++) {
        if (strcasecmp(name, names[level]) != 0) continue;
        int most = cpu_level();
        mk_simd = level < most ? level : most;
        return true;
    }
    return false;
}

const char *mk_simd_level(void) { return names[mk_simd]; }
const char *mk_cpu_simd_level(void) { return names[cpu_level()]; }
const char *mk_simd_level_name(int level) { return level >= 0 && level < LEVELS ? names[level] : NULL; }

// Before the constructors of anything that could run a loop. Settings warns about a value that says nothing.
__attribute__((constructor(101))) static void choose_level(void) {
    mk_simd = cpu_level();
    const char *cap = getenv("MARTLET_SIMD");
    if (cap != NULL) (void)mk_set_simd_level(cap);
}
