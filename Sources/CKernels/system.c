#define _GNU_SOURCE
#include "mk_system.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// CPUs of the affinity mask; the set is enlarged until the kernel's own fits.
static int affinity_cpus(void) {
    for (int most = 1024; most <= 1 << 20; most *= 2) {
        cpu_set_t *set = CPU_ALLOC(most);
        if (set == NULL) break;
        size_t size = CPU_ALLOC_SIZE(most);
        int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0) return count;
    }
    return mk_machine_cpus();
}

// Reads one line of a file; false when there is none.
static bool read_line(const char *path, char *line, int size) {
    FILE *f = fopen(path, "re");
    if (f == NULL) return false;
    bool ok = fgets(line, size, f) != NULL;
    fclose(f);
    return ok;
}

// Reads a number that is alone in the file `name` of a folder; false when there is none, as where "max" stands for no limit.
static bool read_number(const char *folder, const char *name, long long *number) {
    char path[4608], line[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_line(path, line, sizeof line) && sscanf(line, "%lld", number) == 1;
}

typedef void group_visitor(const char *folder, bool unified, void *state);

// Visits the folders of the process's control group and of all above it that count for a controller: `groups` is
// /proc/self/cgroup, and the groups' folders lie in `root`. Inside a container the path may be the host's; its parts that do
// not exist here say nothing, and the root is the container's own group.
static void visit_groups(
    const char *groups, const char *root, const char *controller, group_visitor *visit, void *state
) {
    FILE *f = fopen(groups, "re");
    if (f == NULL) return;
    char line[4160], folder[4608];
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) continue;
        *controllers++ = 0;
        *group++ = 0;
        // Version 1 mounts a folder for each list of controllers, with links of their single names beside it.
        bool unified = strcmp(line, "0") == 0 && *controllers == 0, counts = unified;
        const char *mount = unified ? "" : controllers;
        char list[256];
        snprintf(list, sizeof list, "%s", controllers);
        for (char *rest = list, *name; (name = strsep(&rest, ",")) != NULL;) counts |= strcmp(name, controller) == 0;
        if (!counts) continue;
        const char *mounts[2] = { mount, unified ? "unified" : controller };
        for (;;) {
            if (strcmp(group, "/") == 0) *group = 0;
            for (int i = 0; i < 2; i++) {
                if (i == 1 && strcmp(mounts[0], mounts[1]) == 0) continue;
                snprintf(folder, sizeof folder, "%s%s%s%s", root, *mounts[i] ? "/" : "", mounts[i], group);
                visit(folder, unified, state);
            }
            char *slash = strrchr(group, '/');
            if (slash == NULL) break;
            *slash = 0;
        }
    }
    fclose(f);
}

// Lowers the CPUs, an int, to the quota of a control group, rounded up.
static void lower_to_quota(const char *folder, bool unified, void *cpus) {
    char path[4608], line[64];
    long long quota = -1, period = -1;
    if (unified) {
        snprintf(path, sizeof path, "%s/cpu.max", folder);
        if (!read_line(path, line, sizeof line) || sscanf(line, "%lld %lld", &quota, &period) != 2) return;
    } else if (!read_number(folder, "cpu.cfs_quota_us", &quota) || !read_number(folder, "cpu.cfs_period_us", &period)) {
        return;
    }
    if (quota <= 0 || period <= 0) return;
    long long most = (quota + period - 1) / period;
    if (most < *(int *)cpus) *(int *)cpus = (int)most;
}

typedef struct {
    int64_t room, spare;
} memory_room;

// The bytes of a control group that the system gives up before it refuses memory: files that it caches.
static int64_t cached_files(const char *folder, bool unified) {
    char path[4608], line[128];
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    FILE *f = fopen(path, "re");
    if (f == NULL) return 0;
    int64_t sum = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        char name[64];
        long long bytes;
        if (sscanf(line, "%63s %lld", name, &bytes) != 2) continue;
        // Version 1 counts the groups below with names of their own.
        const char *start = unified ? "" : "total_";
        if (strncmp(name, start, strlen(start)) != 0) continue;
        const char *rest = name + strlen(start);
        if (strcmp(rest, "inactive_file") == 0 || strcmp(rest, "active_file") == 0) sum += bytes;
    }
    fclose(f);
    return sum;
}

// Lowers the room to what the memory limit of a control group leaves.
static void lower_to_limit(const char *folder, bool unified, void *state) {
    memory_room *memory = state;
    long long limit, used;
    // Version 1 has a number near the largest one where there is no limit.
    if (!read_number(folder, unified ? "memory.max" : "memory.limit_in_bytes", &limit)) return;
    if (limit < 0 || limit > 1LL << 60) return;
    if (!read_number(folder, unified ? "memory.current" : "memory.usage_in_bytes", &used)) used = 0;
    used -= cached_files(folder, unified) + memory->spare;
    int64_t room = limit - (used > 0 ? used : 0);
    if (room < memory->room) memory->room = room > 0 ? room : 0;
}

int64_t mk_group_room(const char *groups, const char *root, int64_t spare) {
    memory_room memory = { .room = INT64_MAX, .spare = spare };
    visit_groups(groups, root, "memory", lower_to_limit, &memory);
    return memory.room;
}

int mk_usable_cpus(void) {
    int cpus = affinity_cpus();
    visit_groups("/proc/self/cgroup", "/sys/fs/cgroup", "cpu", lower_to_quota, &cpus);
    return cpus;
}

int mk_machine_cpus(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

static char cpu_model[128] = "unknown";
static pthread_once_t cpu_model_once = PTHREAD_ONCE_INIT;

static void read_cpu_model(void) {
    FILE *f = fopen("/proc/cpuinfo", "re");
    if (f == NULL) return;
    char line[512];
    while (fgets(line, sizeof line, f) != NULL) {
        char *value = strchr(line, ':');
        if (value == NULL || (strncmp(line, "model name", 10) != 0 && strncmp(line, "Model", 5) != 0)) continue;
        value += 1 + strspn(value + 1, " \t");
        value[strcspn(value, "\n")] = 0;
        snprintf(cpu_model, sizeof cpu_model, "%.127s", value);
        break;
    }
    fclose(f);
}

const char *mk_cpu_model(void) {
    pthread_once(&cpu_model_once, read_cpu_model);
    return cpu_model;
}

uint64_t mk_peak_resident_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

typedef struct {
    void *value;
    void (*destroy)(void *);
} slot;

static _Thread_local slot tls;
static pthread_key_t tls_key;
static pthread_once_t tls_once = PTHREAD_ONCE_INIT;

static void destroy_slot(void *p) {
    slot *s = p;
    void *value = s->value;
    s->value = NULL;
    if (value != NULL && s->destroy != NULL) s->destroy(value);
}

static void make_tls_key(void) {
    if (pthread_key_create(&tls_key, destroy_slot) != 0) abort();
}

void *mk_tls_get(void) { return tls.value; }

void mk_tls_set(void *value, void (*destroy)(void *value)) {
    pthread_once(&tls_once, make_tls_key);
    tls = (slot){ value, destroy };
    pthread_setspecific(tls_key, &tls); // may ask for memory, at a thread's first call only
}

