#include "allocation_counter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#if defined(__GLIBC__)
#include <execinfo.h>
#include <unistd.h>
#endif

static _Thread_local uint64_t count;
static _Thread_local bool prints;

uint64_t allocation_count(void) { return count; }
void print_allocations(bool on) { prints = on; }

#if defined(__GLIBC__) && !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))

static void note(void) {
    count++;
    if (!prints) return;
    prints = false;
    void *frames[40];
    backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
    (void)!write(STDERR_FILENO, "\n", 1);
    prints = true;
}

// What the executable defines takes the place of the C library's in every library of the process, Swift's too.
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    note();
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
    note();
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    note();
    *result = __libc_memalign(alignment, size);
    return *result == NULL ? ENOMEM : 0;
}

#endif
