#define _GNU_SOURCE
#include "mk_memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define ALIGNMENT 64
#define HUGE_PAGE ((size_t)2 << 20)
#define LARGEST ((size_t)1 << 46)
#define CLASSES 160
// The process holds no more than what it once needed at one time, and a quarter of that (or this) for sizes that
// change.
#define SLACK ((size_t)256 << 20)

typedef struct block {
    struct block *next;
} block;

static struct {
    pthread_mutex_t mutex;
    block *free[CLASSES];
    mk_memory_counts counts;
} memory = { .mutex = PTHREAD_MUTEX_INITIALIZER };

// A fork may come while another thread is in here: the child would wait for it for ever.
static void lock(void) { pthread_mutex_lock(&memory.mutex); }
static void unlock(void) { pthread_mutex_unlock(&memory.mutex); }
__attribute__((constructor)) static void survive_forks(void) { pthread_atfork(lock, unlock, unlock); }

// Sizes are 64, 128, 192, 256 and then four to each power of two: 5, 6, 7 and 8 quarters of it.
static int class_of(size_t bytes) {
    if (bytes <= 256) return bytes == 0 ? 0 : (int)((bytes - 1) / 64);
    int power = 63 - __builtin_clzll(bytes - 1);
    return 4 * (power - 8) + (int)((bytes - 1) >> (power - 2));
}

static size_t size_of_class(int class) {
    if (class < 4) return 64 * (size_t)(class + 1);
    return (size_t)(class % 4 + 5) << (class / 4 + 5);
}

// Takes cached blocks out until `excess` bytes are, the largest first, and returns them as a list. Needs the mutex.
static block *evict(size_t excess) {
    block *list = NULL;
    for (int class = CLASSES - 1; class >= 0 && excess > 0; class--) {
        size_t size = size_of_class(class);
        while (memory.free[class] != NULL && excess > 0) {
            block *b = memory.free[class];
            memory.free[class] = b->next;
            b->next = list;
            list = b;
            memory.counts.bytes_cached -= size;
            excess -= size < excess ? size : excess;
        }
    }
    return list;
}

static void give_back(block *list) {
    while (list != NULL) {
        block *next = list->next;
        free(list);
        list = next;
    }
}

static void *from_system(size_t size) {
    bool is_large = size >= 2 * HUGE_PAGE;
    void *p;
    if (posix_memalign(&p, is_large ? HUGE_PAGE : ALIGNMENT, size) != 0) return NULL;
    // Fewer page faults at the first use, fewer misses later. Where the system declines, nothing is lost.
    if (is_large) madvise(p, size, MADV_HUGEPAGE);
    return p;
}

// A block from the system, after enough cached blocks went back to it to stay within the limit. Called with the mutex,
// which it lets go meanwhile and returns with, except when it returns NULL.
static void *from_system_within_limit(size_t size) {
    const mk_memory_counts *counts = &memory.counts;
    uint64_t peak = counts->bytes_live + size;
    if (peak < counts->peak_bytes_live) peak = counts->peak_bytes_live;
    uint64_t held = counts->bytes_live + counts->bytes_cached + size;
    uint64_t limit = peak + (peak / 4 > SLACK ? peak / 4 : SLACK);
    block *evicted = held > limit ? evict(held - limit) : NULL;
    pthread_mutex_unlock(&memory.mutex);
    give_back(evicted);
    void *p = from_system(size);
    if (p == NULL) {
        mk_memory_trim();
        p = from_system(size);
    }
    if (p != NULL) pthread_mutex_lock(&memory.mutex);
    return p;
}

void *mk_alloc(size_t bytes) {
    if (bytes > LARGEST) return NULL;
    int class = class_of(bytes);
    size_t size = size_of_class(class);
    mk_memory_counts *counts = &memory.counts;

    pthread_mutex_lock(&memory.mutex);
    block *b = memory.free[class];
    if (b != NULL) {
        memory.free[class] = b->next;
        counts->bytes_cached -= size;
    } else {
        b = from_system_within_limit(size);
        if (b == NULL) return NULL;
        counts->system_allocations++;
    }
    counts->allocations++;
    counts->bytes_live += size;
    if (counts->bytes_live > counts->peak_bytes_live) counts->peak_bytes_live = counts->bytes_live;
    pthread_mutex_unlock(&memory.mutex);
    ASAN_POISON_MEMORY_REGION(b, size);
    ASAN_UNPOISON_MEMORY_REGION(b, bytes);
    return b;
}

void mk_free(void *pointer, size_t bytes) {
    if (pointer == NULL) return;
    block *b = pointer;
    int class = class_of(bytes);
    size_t size = size_of_class(class);
    ASAN_POISON_MEMORY_REGION(b, size);
    ASAN_UNPOISON_MEMORY_REGION(b, sizeof *b);
    pthread_mutex_lock(&memory.mutex);
    b->next = memory.free[class];
    memory.free[class] = b;
    memory.counts.bytes_live -= size;
    memory.counts.bytes_cached += size;
    pthread_mutex_unlock(&memory.mutex);
}

mk_memory_counts mk_memory_stats(void) {
    pthread_mutex_lock(&memory.mutex);
    mk_memory_counts counts = memory.counts;
    pthread_mutex_unlock(&memory.mutex);
    return counts;
}

void mk_memory_reset_peak(void) {
    pthread_mutex_lock(&memory.mutex);
    memory.counts.peak_bytes_live = memory.counts.bytes_live;
    pthread_mutex_unlock(&memory.mutex);
}

void mk_memory_trim(void) {
    pthread_mutex_lock(&memory.mutex);
    block *list = evict(SIZE_MAX);
    pthread_mutex_unlock(&memory.mutex);
    give_back(list);
}

static _Noreturn void stop_without_memory(size_t bytes) {
    fprintf(stderr, "martlet: out of memory: the system did not give %zu bytes to a kernel\n", bytes);
    abort();
}

void *mk_alloc_or_stop(size_t bytes) {
    void *p = mk_alloc(bytes);
    if (p == NULL) stop_without_memory(bytes);
    return p;
}

static _Thread_local struct {
    void *block;
    size_t bytes;
} scratch;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void make_scratch_key(void) {
    if (pthread_key_create(&scratch_key, free) != 0) stop_without_memory(sizeof scratch_key);
}

void *mk_scratch(size_t bytes) {
    if (bytes <= scratch.bytes && scratch.block != NULL) return scratch.block;
    pthread_once(&scratch_once, make_scratch_key);
    size_t size = (bytes + bytes / 4 + 4096) / 4096 * 4096;
    free(scratch.block);
    scratch.block = from_system(size);
    scratch.bytes = size;
    if (scratch.block == NULL || pthread_setspecific(scratch_key, scratch.block) != 0) stop_without_memory(size);
    return scratch.block;
}
