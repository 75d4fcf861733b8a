// OpenBLAS's kernels. It chooses them when it is loaded, by a table of CPU models, and gives models that its version does
// not know those of a CPU of 2004: Debian 12's does so on every Intel model of 2022 and later. What the CPU can do is a
// better ground than its name. OpenBLAS reads OPENBLAS_CORETYPE only while it initialises itself, so it does that again,
// before anything has used it.
#define _GNU_SOURCE
#include "mk_openblas.h"
#include "mk_system.h"

#include <cblas.h>
#include <dirent.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

// Not declared by any header, and only in libraries that hold kernels of several families (DYNAMIC_ARCH).
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
// Only in libraries with threads of their own kind, not in those with OpenMP or with none.
extern int blas_thread_shutdown_(void) __attribute__((weak));

static mk_core_origin origin = MK_CORE_OWN_CHOICE;

const char *mk_openblas_config(void) { return openblas_get_config(); }
const char *mk_openblas_core(void) { return openblas_get_corename(); }
int mk_openblas_threads(void) { return openblas_get_num_threads(); }
mk_core_origin mk_openblas_origin(void) { return origin; }

// What one thread maps for OpenBLAS: 134,225,920 bytes by 0.3.21 (strace -e mmap; BUFFER_SIZE of its sources, which later
// versions keep).
#define BUFFER ((uint64_t)128 << 20)
// What the rest of a small training needs above what is mapped at the start. `martlet demo --data digits --limit 60` was
// tried under falling limits (ulimit -v): it takes 57 MiB with one thread, and 5 MiB more with each further one.
#define ROOM_AT_START ((uint64_t)64 << 20)
#define ROOM_PER_THREAD ((uint64_t)8 << 20)

// The bytes that the process has mapped, and how many of OpenBLAS's buffers are among them.
static void read_mappings(uint64_t *mapped, uint64_t *data, uint64_t *buffers) {
    *mapped = *data = *buffers = 0;
    FILE *f = fopen("/proc/self/maps", "re");
    if (f == NULL) return;
    char line[4352];
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned long start, end, inode;
        char mode[8];
        if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", &start, &end, mode, &inode) != 4) continue;
        *mapped += end - start;
        if (mode[1] == 'w' && mode[3] == 'p') *data += end - start;
        // Neighbours are one mapping.
        if (inode == 0 && strcmp(mode, "rw-p") == 0) *buffers += (end - start) / BUFFER;
    }
    fclose(f);
}

// What a limit leaves beside the bytes in use; all there is without one.
static uint64_t room(int resource, uint64_t used) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

static bool is_limited(void) { return room(RLIMIT_AS, 0) != UINT64_MAX || room(RLIMIT_DATA, 0) != UINT64_MAX; }

bool mk_openblas_has_room(int callers, uint64_t *needed, uint64_t *left) {
    *needed = *left = 0;
    // Of all that is mapped, and of what is private and can be written. Without limits no mapping is read.
    if (!is_limited()) return true;
    uint64_t mapped, data, buffers, own = openblas_get_parallel() == 1 ? (uint64_t)openblas_get_num_threads() - 1 : 0;
    read_mappings(&mapped, &data, &buffers);
    // Each of OpenBLAS's own threads takes a buffer when it begins, each caller at its first product.
    uint64_t wanted = own + (uint64_t)callers;
    *needed = (wanted > buffers ? wanted - buffers : 0) * BUFFER + ROOM_AT_START + (uint64_t)callers * ROOM_PER_THREAD;
    uint64_t left_of_data = room(RLIMIT_DATA, data);
    *left = room(RLIMIT_AS, mapped);
    if (left_of_data < *left) *left = left_of_data;
    return *left >= *needed;
}

static bool is_among(const char *name, const char *const *names) {
    for (; *names != NULL; names++) {
        if (strcasecmp(name, *names) == 0) return true;
    }
    return false;
}

const char *mk_better_core(const char *core, const char *simd_level) {
    // A name that is in neither list is of a later OpenBLAS, which knows better.
    static const char *const with_avx2[] = { "Haswell", "Zen", "Excavator", NULL };
    static const char *const below[] = {
        "Unknown", "Generic", "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2", "Penryn",
        "Dunnington", "Nehalem", "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Nano", "Sandybridge", "Bobcat",
        "Bulldozer", "Piledriver", "Steamroller", NULL,
    };
    if (strcmp(simd_level, "avx512") == 0 && (is_among(core, below) || is_among(core, with_avx2))) return "SkylakeX";
    if (strcmp(simd_level, "avx2") == 0 && is_among(core, below)) return "Haswell";
    return NULL;
}

#if defined(__linux__)
static int is_here(struct dl_phdr_info *info, size_t size, void *found) {
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, at = (uintptr_t)&origin;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && at - start < info->dlpi_phdr[i].p_memsz) *(bool *)found = true;
    }
    return 1; // the first object is the program itself
}

static int threads_of_process(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL) return INT_MAX;
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

// Whether nobody can be inside OpenBLAS: Martlet is part of the program, whose main function has not begun; or there is
// no thread but this one and those that OpenBLAS itself has begun, which wait for work.
static bool is_alone(void) {
    bool in_program = false;
    dl_iterate_phdr(is_here, &in_program);
    if (in_program) return true;
    int own = openblas_get_parallel() == 1 ? openblas_get_num_threads() - 1 : 0;
    return threads_of_process() <= 1 + own;
}

// OpenBLAS starts a thread for each CPU but one when it is loaded, and each of them looks for work in a loop: on Debian 12 for
// 130 ms, in which a worker of ours or a thread that prepares data gets half of that CPU. Products run on Martlet's own
// threads. Whoever asks OpenBLAS for threads later gets new ones. Under a limit of memory a thread may be in the loop in which
// OpenBLAS tries to get its buffer, and never end.
static void stop_threads(void) {
    if (blas_thread_shutdown_ == NULL || openblas_get_parallel() != 1 || !is_alone() || is_limited()) return;
    openblas_set_num_threads(1);
    blas_thread_shutdown_();
}

#if defined(__x86_64__)
static mk_core_origin choose(void) {
    const char *pinned = getenv("OPENBLAS_CORETYPE");
    if (pinned != NULL && *pinned != 0) return MK_CORE_PINNED;
    // In a static library our turn may come before OpenBLAS's own, which then finds the choice made.
    bool is_dynamic = gotoblas_dynamic_init != NULL && gotoblas_dynamic_quit != NULL;
    if (is_dynamic) gotoblas_dynamic_init();
    const char *better = mk_better_core(openblas_get_corename(), mk_cpu_simd_level());
    if (better == NULL) return MK_CORE_OWN_CHOICE;
    if (!is_dynamic) return MK_CORE_NOT_DYNAMIC;
    if (!is_alone()) return MK_CORE_THREADS;
    if (setenv("OPENBLAS_CORETYPE", better, 1) != 0) return MK_CORE_REFUSED;
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    if (pinned == NULL) unsetenv("OPENBLAS_CORETYPE");
    else setenv("OPENBLAS_CORETYPE", "", 1);
    return mk_better_core(openblas_get_corename(), mk_cpu_simd_level()) == NULL ? MK_CORE_SWITCHED : MK_CORE_REFUSED;
}

#endif

// Before any thread of Martlet. Later would be too late: a thread inside OpenBLAS would lose its kernels.
__attribute__((constructor)) static void prepare(void) {
#if defined(__x86_64__)
    origin = choose();
#endif
    stop_threads();
}
#endif
