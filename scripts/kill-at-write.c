// For LD_PRELOAD: ends the process with SIGKILL at the n-th call that changes files, n from KILL_AT. With KILL_HALF=1 a write has
// written half of its bytes by then; otherwise the call has not been made. At the end of a process that lives, the number of calls
// goes to the file that KILL_COUNT names.
//
//     cc -shared -fPIC -O1 scripts/kill-at-write.c -o kill-at-write.so -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long last = -1;

static long limit(void) {
    if (last < 0) {
        const char *text = getenv("KILL_AT");
        last = text ? atol(text) : 0;
    }
    return last;
}

static int is_here(void) { return atomic_fetch_add(&calls, 1) + 1 == limit(); }

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int is_file(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    static typeof(&write) real;
    if (!real) real = REAL(write);
    if (is_file(fd) && is_here()) {
        if (getenv("KILL_HALF")) real(fd, bytes, count / 2);
        die();
    }
    return real(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t place) {
    if (is_file(fd) && is_here()) die();
    return REAL(pwrite)(fd, bytes, count, place);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (is_file(fd) && is_here()) die();
    return REAL(writev)(fd, parts, count);
}

#define CHANGING(name, parameters, arguments) \
    int name parameters { \
        if (is_here()) die(); \
        return REAL(name) arguments; \
    }
CHANGING(rename, (const char *old, const char *new), (old, new))
CHANGING(renameat, (int a, const char *old, int b, const char *new), (a, old, b, new))
CHANGING(unlink, (const char *path), (path))
CHANGING(unlinkat, (int at, const char *path, int flags), (at, path, flags))
CHANGING(remove, (const char *path), (path))
CHANGING(rmdir, (const char *path), (path))
CHANGING(mkdir, (const char *path, mode_t mode), (path, mode))
CHANGING(truncate, (const char *path, off_t size), (path, size))
CHANGING(truncate64, (const char *path, off64_t size), (path, size))
CHANGING(ftruncate, (int fd, off_t size), (fd, size))
CHANGING(ftruncate64, (int fd, off64_t size), (fd, size))
CHANGING(fsync, (int fd), (fd))
CHANGING(fdatasync, (int fd), (fd))

#define OPENING(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        int mode = flags & O_CREAT ? va_arg(rest, int) : 0; \
        va_end(rest); \
        if (flags & (O_CREAT | O_TRUNC) && is_here()) die(); \
        return REAL(name)(path, flags, mode); \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name) \
    int name(int at, const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        int mode = flags & O_CREAT ? va_arg(rest, int) : 0; \
        va_end(rest); \
        if (flags & (O_CREAT | O_TRUNC) && is_here()) die(); \
        return REAL(name)(at, path, flags, mode); \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("KILL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}
