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

// The quota of one control group in CPUs, rounded up; 0 when it sets none.
static long long quota_of_group(const char *root, const char *group, bool unified) {
    char path[4608], line[64];
    long long quota = -1, period = -1;
    if (unified) {
        snprintf(path, sizeof path, "%s%s/cpu.max", root, group);
        if (!read_line(path, line, sizeof line) || sscanf(line, "%lld %lld", &quota, &period) != 2) return 0;
    } else {
        snprintf(path, sizeof path, "%s%s/cpu.cfs_quota_us", root, group);
        if (!read_line(path, line, sizeof line) || sscanf(line, "%lld", &quota) != 1) return 0;
        snprintf(path, sizeof path, "%s%s/cpu.cfs_period_us", root, group);
        if (!read_line(path, line, sizeof line) || sscanf(line, "%lld", &period) != 1) return 0;
    }
    return quota > 0 && period > 0 ? (quota + period - 1) / period : 0;
}

// The smallest quota from the process's group up to the root. Inside a container the path may be the host's; its parts
// that do not exist here set no quota, and the root is the container's own group.
static int quota_cpus(int cpus) {
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (f == NULL) return cpus;
    char line[4160];
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) continue;
        *controllers++ = 0;
        *group++ = 0;
        bool unified = strcmp(line, "0") == 0 && *controllers == 0, cpu = false;
        for (char *rest = controllers, *name; (name = strsep(&rest, ",")) != NULL;) cpu |= strcmp(name, "cpu") == 0;
        if (!unified && !cpu) continue;
        const char *roots[2] = { unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu",
                                 unified ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup/cpu,cpuacct" };
        for (;;) {
            if (strcmp(group, "/") == 0) *group = 0;
            for (int i = 0; i < 2; i++) {
                long long quota = quota_of_group(roots[i], group, unified);
                if (quota > 0 && quota < cpus) cpus = (int)quota;
            }
            char *slash = strrchr(group, '/');
            if (slash == NULL) break;
            *slash = 0;
        }
    }
    fclose(f);
    return cpus;
}

int mk_usable_cpus(void) {
    return quota_cpus(affinity_cpus());
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

