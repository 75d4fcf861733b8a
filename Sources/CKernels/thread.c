#define _GNU_SOURCE
#include "mk_thread.h"
#include "mk_system.h"

#include <cblas.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#define MAX_THREADS 256
// Kernels of one training step follow each other within microseconds: a thread that waits that long for the next one
// saves the futex calls and the wake-up, which cost about as much. Where threads outnumber cores, the one that is
// waited for may need the core.
#define SPIN_NANOSECONDS 40000
#define SPIN_NANOSECONDS_CROWDED 500

// A job is published by its fields first and `ends` last: the first task that nobody has taken (low half), and the one
// after the last. Who moves an end by one owns the task there, of whatever job it is, and may read the fields: they
// cannot change before that task is counted in `unfinished`. So a worker that comes late needs no check-in, and the
// caller waits for work only, never for workers. The caller takes tasks from the front and workers from the back, so
// that of arrays that one kernel after the other passes over, each core has its part in its own cache.
static struct {
    atomic_bool busy;            // a thread has the pool
    atomic_int wanted;           // threads asked for, 0 until somebody asks
    int started;                 // workers that run; belongs to who is `busy`
    pthread_t workers[MAX_THREADS];
    atomic_bool stop;
    int64_t spin;

    void (*fn)(int64_t, void *);
    void *context;
    _Alignas(64) atomic_uint_fast64_t ends;
    _Alignas(64) atomic_int_fast64_t unfinished; // tasks that are not done
    _Alignas(64) atomic_int sleepers;            // workers that wait for `work`
    atomic_bool caller_sleeps;
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
} pool = { .mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };

static pthread_once_t once = PTHREAD_ONCE_INIT;

// The child of a fork has the forking thread only: it starts its own workers when it needs them.
static void forget_pool(void) {
    pool.started = 0;
    pool.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    pool.work = pool.done = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    atomic_store(&pool.ends, 0);
    atomic_store(&pool.unfinished, 0);
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.caller_sleeps, false);
    atomic_store(&pool.stop, false);
    atomic_store(&pool.busy, false);
}

static void initialise(void) {
    openblas_set_num_threads(1);
    pthread_atfork(NULL, NULL, forget_pool);
    int none = 0;
    atomic_compare_exchange_strong(&pool.wanted, &none, mk_usable_cpus());
}

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline uint32_t first_of(uint64_t ends) { return (uint32_t)ends; }
static inline uint32_t end_of(uint64_t ends) { return (uint32_t)(ends >> 32); }

// Takes a task of the current job and runs it; false when there is none.
static bool run_one_task(bool from_back) {
    uint_fast64_t ends = atomic_load_explicit(&pool.ends, memory_order_relaxed), rest;
    do {
        if (first_of(ends) >= end_of(ends)) return false;
        rest = from_back ? ends - ((uint64_t)1 << 32) : ends + 1;
    } while (!atomic_compare_exchange_weak_explicit(&pool.ends, &ends, rest, memory_order_acquire,
                                                    memory_order_relaxed));
    pool.fn(from_back ? end_of(rest) : first_of(ends), pool.context);
    // Sequential order here and in the caller: either the caller sees the count or this thread sees that it sleeps.
    if (atomic_fetch_sub(&pool.unfinished, 1) == 1 && atomic_load(&pool.caller_sleeps)) {
        pthread_mutex_lock(&pool.mutex);
        pthread_cond_signal(&pool.done);
        pthread_mutex_unlock(&pool.mutex);
    }
    return true;
}

static bool has_work(void) {
    uint64_t ends = atomic_load(&pool.ends);
    return first_of(ends) < end_of(ends) || atomic_load(&pool.stop);
}
static bool is_done(void) { return atomic_load(&pool.unfinished) <= 0; }

static bool spin_until(bool (*condition)(void)) {
    for (int64_t end = 0;;) {
        for (int i = 0; i < 16; i++) {
            if (condition()) return true;
            relax();
        }
        int64_t t = now();
        if (end == 0) end = t + pool.spin;
        if (t >= end) return false;
    }
}

static void *worker(void *unused) {
    (void)unused;
    for (;;) {
        while (run_one_task(true)) {}
        if (!spin_until(has_work)) {
            pthread_mutex_lock(&pool.mutex);
            atomic_fetch_add(&pool.sleepers, 1);
            while (!has_work()) pthread_cond_wait(&pool.work, &pool.mutex);
            atomic_fetch_sub(&pool.sleepers, 1);
            pthread_mutex_unlock(&pool.mutex);
        }
        if (atomic_load(&pool.stop)) return NULL;
    }
}

static void stop_workers(void) {
    pthread_mutex_lock(&pool.mutex);
    atomic_store(&pool.stop, true);
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.mutex);
    for (int i = 0; i < pool.started; i++) pthread_join(pool.workers[i], NULL);
    pool.started = 0;
    atomic_store(&pool.stop, false);
}

// Brings the number of workers to `count`, or as near as the system allows. Signals stay with the program's own
// threads.
static void start_workers(int count) {
    if (pool.started > 0) stop_workers();
    pool.spin = count < mk_usable_cpus() ? SPIN_NANOSECONDS : SPIN_NANOSECONDS_CROWDED;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.started < count && pthread_create(&pool.workers[pool.started], NULL, worker, NULL) == 0) {
        pthread_setname_np(pool.workers[pool.started++], "martlet-worker");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pool.started < count) atomic_store(&pool.wanted, pool.started + 1);
}

static void wake_workers(int64_t count) {
    int asleep = atomic_load(&pool.sleepers);
    if (asleep == 0) return;
    pthread_mutex_lock(&pool.mutex);
    if (count >= asleep) pthread_cond_broadcast(&pool.work);
    else for (; count > 0; count--) pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.mutex);
}

static void run_tasks(int64_t tasks, void (*fn)(int64_t task, void *context), void *context, bool wakes) {
    pthread_once(&once, initialise);
    int workers = atomic_load_explicit(&pool.wanted, memory_order_relaxed) - 1;
    if (tasks <= 1 || tasks > INT32_MAX || workers < 1 || atomic_exchange(&pool.busy, true)) {
        for (int64_t i = 0; i < tasks; i++) fn(i, context);
        return;
    }
    if (pool.started != workers) start_workers(workers);
    pool.fn = fn;
    pool.context = context;
    atomic_store_explicit(&pool.unfinished, tasks, memory_order_relaxed);
    atomic_store(&pool.ends, (uint64_t)tasks << 32);
    if (wakes) wake_workers(tasks - 1);
    while (run_one_task(false)) {}
    if (!spin_until(is_done)) {
        pthread_mutex_lock(&pool.mutex);
        atomic_store(&pool.caller_sleeps, true);
        while (!is_done()) pthread_cond_wait(&pool.done, &pool.mutex);
        atomic_store(&pool.caller_sleeps, false);
        pthread_mutex_unlock(&pool.mutex);
    }
    atomic_store(&pool.busy, false);
}

void mk_parallel_for(int64_t tasks, void (*fn)(int64_t task, void *context), void *context) {
    run_tasks(tasks, fn, context, true);
}

void mk_parallel_for_awake(int64_t tasks, void (*fn)(int64_t task, void *context), void *context) {
    run_tasks(tasks, fn, context, false);
}

int mk_thread_count(void) {
    pthread_once(&once, initialise);
    return atomic_load(&pool.wanted);
}

void mk_set_thread_count(int count) {
    pthread_once(&once, initialise);
    atomic_store(&pool.wanted, count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count);
}
