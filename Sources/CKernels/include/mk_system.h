// What the process runs on: CPU, cores, memory; and one thread-local slot for the Swift side.
#ifndef MK_SYSTEM_H
#define MK_SYSTEM_H

#include "mk_common.h"

// The CPUs that the process may use: its affinity mask, cut by the CPU quota of its control groups (version 1 or 2),
// rounded up; at least 1.
int mk_usable_cpus(void);
// The CPUs that the machine has online.
int mk_machine_cpus(void);
// The CPU's model name as the system tells it, "unknown" when it does not.
const char *mk_cpu_model(void);
// The widest vector instructions of the CPU that Martlet's loops can use: "avx512" (x86-64-v4), "avx2" (with FMA:
// x86-64-v3) or "sse2"; "neon" on aarch64; "none" elsewhere.
const char *mk_cpu_simd_level(void);
// The level that the loops use: the CPU's, or a lower one that the environment variable MARTLET_SIMD names.
const char *mk_simd_level(void);
// The names of this architecture from the lowest level (0) on; NULL behind the last.
const char *mk_simd_level_name(int level);
// Sets the level, at most to the CPU's; false when there is no such name. Only while no kernel runs.
bool mk_set_simd_level(const char *name);

// The bytes that the memory limits of the process's control groups (version 1 or 2) leave it, INT64_MAX where none is set.
// Other processes of a group count; files that the system caches and `spare` bytes of what is used, which the caller can use
// again, do not. `groups` is the file /proc/self/cgroup and `root` the folder /sys/fs/cgroup, or the like.
int64_t mk_group_room(const char *groups, const char *root, int64_t spare);

// The largest resident size of the process so far, in bytes.
uint64_t mk_peak_resident_bytes(void);

// A pointer that each thread has for itself, NULL at first. At the thread's end `destroy` (if any) gets the value.
void *mk_tls_get(void);
void mk_tls_set(void *value, void (*destroy)(void *value));

#endif
