#define _GNU_SOURCE
#include "mk_thread.h"
#include "mk_float_mode.h"
#include "mk_system.h"

#include <cblas.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#define MAX_THREADS 256
#define MAX_CALLERS 64
// Kernels of one training step follow each other within microseconds: a thread that waits that long for the next one
// saves the futex calls and the wake-up, which cost about as much. Where threads outnumber cores, the one that is
// waited for may need the core.
#define SPIN_NANOSECONDS 40000
#define SPIN_NANOSECONDS_CROWDED 500
// Between two kernels a caller is still at work: for so long it counts among those that compute.
#define LINGER_NANOSECONDS 100000
// A third of the processor time of a thread of the usual niceness, where both want the same core.
#define HELPER_NICENESS 5

// A caller's job. It is published by its fields first and `ends` last: the first task that nobody has taken (low half),
// and the one after the last. Who moves an end by one owns the task there, of whatever job it is, and may read the
// fields: they cannot change before that task is counted in `unfinished`. So a worker that comes late needs no
// check-in, and the caller waits for work only, never for workers. The caller takes tasks from the front and workers
// from the back, so that of arrays that one kernel after the other passes over, each core has its part in its own
// cache.
typedef struct {
    _Alignas(64) atomic_uint_fast64_t ends;
    void (*fn)(int64_t, void *);
    void *context;
    mk_float_mode mode;
    _Alignas(64) atomic_int_fast64_t unfinished; // tasks that are not done
    atomic_bool caller_sleeps;
    pthread_cond_t done;
} job;

// Every caller works on its own job, and workers go from job to job. Callers and the workers that help them are
// `wanted` together, so each further caller takes the place of a worker: the threads that compute stay as many as were
// asked for, and where callers alone are enough, each runs its tasks by itself.
static struct {
    job jobs[MAX_CALLERS];
    _Alignas(64) atomic_uint_fast64_t callers; // a bit for each job that belongs to a thread
    _Alignas(64) atomic_int jobs_used;         // workers look at the first so many
    atomic_int wanted;                         // threads asked for, 0 until somebody asks
    atomic_int helpers;                        // workers below this number may take tasks
    atomic_int crowd;                          // the most callers at one time, of late
    atomic_int_fast64_t crowd_time;            // when they were as many
    atomic_int_fast64_t spin;
    atomic_int started;                        // workers that run or are about to stop
    atomic_int staying;                        // workers from this number on stop
    _Alignas(64) atomic_int sleepers;          // workers that wait for their `work`
    bool asleep[MAX_THREADS];                  // which; needs the mutex
    pthread_mutex_t mutex;
    pthread_cond_t work[MAX_THREADS];
    pthread_mutex_t resizing; // its owner starts and stops workers
    pthread_t workers[MAX_THREADS];
} pool;

static pthread_once_t once = PTHREAD_ONCE_INIT;

// The calling thread's job while it has one, and whether it runs a task: a kernel inside of it has no job.
static _Thread_local int own_job = -1;
static _Thread_local int runs = 0;
static _Thread_local bool is_in_task = false;

// Nothing runs, nobody sleeps.
static void reset(void) {
    for (int i = 0; i < MAX_CALLERS; i++) {
        atomic_store(&pool.jobs[i].ends, 0);
        atomic_store(&pool.jobs[i].unfinished, 0);
        atomic_store(&pool.jobs[i].caller_sleeps, false);
        pthread_cond_init(&pool.jobs[i].done, NULL);
    }
    for (int i = 0; i < MAX_THREADS; i++) {
        pool.asleep[i] = false;
        pthread_cond_init(&pool.work[i], NULL);
    }
    pthread_mutex_init(&pool.mutex, NULL);
    pthread_mutex_init(&pool.resizing, NULL);
    atomic_store(&pool.callers, 0);
    atomic_store(&pool.jobs_used, 0);
    atomic_store(&pool.helpers, 0);
    atomic_store(&pool.crowd, 0);
    atomic_store(&pool.started, 0);
    atomic_store(&pool.staying, 0);
    atomic_store(&pool.sleepers, 0);
    own_job = -1;
}

static void initialise(void) {
    openblas_set_num_threads(1);
    reset();
    // The child of a fork has the forking thread only: it starts its own workers when it needs them.
    pthread_atfork(NULL, NULL, reset);
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
static inline int relaxed(atomic_int *value) { return atomic_load_explicit(value, memory_order_relaxed); }

// Takes the next task of a job from the caller's end or the workers'; -1 when there is none.
static inline int64_t take_task(job *j, bool from_back) {
    uint_fast64_t ends = atomic_load_explicit(&j->ends, memory_order_relaxed), rest;
    do {
        if (first_of(ends) >= end_of(ends)) return -1;
        rest = from_back ? ends - ((uint64_t)1 << 32) : ends + 1;
    } while (!atomic_compare_exchange_weak_explicit(&j->ends, &ends, rest, memory_order_acquire, memory_order_relaxed));
    return from_back ? end_of(rest) : first_of(ends);
}

static inline bool has_tasks(job *j) {
    uint64_t ends = atomic_load(&j->ends);
    return first_of(ends) < end_of(ends);
}

// Counts a task as done. Sequential order here and in the caller: either the caller sees the count or this thread sees
// that it sleeps.
static inline void finish_task(job *j) {
    if (atomic_fetch_sub(&j->unfinished, 1) == 1 && atomic_load(&j->caller_sleeps)) {
        pthread_mutex_lock(&pool.mutex);
        pthread_cond_signal(&j->done);
        pthread_mutex_unlock(&pool.mutex);
    }
}

static bool is_done(job *j) { return atomic_load(&j->unfinished) <= 0; }

static bool must_stop(int number) { return number >= relaxed(&pool.staying); }

// A job with tasks for the worker, from the one at `first` on; NULL when there is none.
static job *find_job(int number, int first) {
    int count = atomic_load(&pool.jobs_used);
    for (int i = 0; i < count; i++) {
        job *j = &pool.jobs[(first + i) % count];
        // The job first: the number of helpers is set before a job is published.
        if (has_tasks(j)) return number < relaxed(&pool.helpers) ? j : NULL;
    }
    return NULL;
}

// Waits in a loop, as long as the worker may help at all.
static job *await_job(int number, int first) {
    for (int64_t end = 0;;) {
        for (int i = 0; i < 16; i++) {
            job *found = find_job(number, first);
            if (found != NULL) return found;
            relax();
        }
        if (number >= relaxed(&pool.helpers) || must_stop(number)) return NULL;
        int64_t t = now();
        if (end == 0) end = t + atomic_load_explicit(&pool.spin, memory_order_relaxed);
        if (t >= end) return NULL;
    }
}

static job *sleep_until_job(int number, int first) {
    job *found;
    pthread_mutex_lock(&pool.mutex);
    pool.asleep[number] = true;
    atomic_fetch_add(&pool.sleepers, 1);
    while ((found = find_job(number, first)) == NULL && !must_stop(number)) {
        pthread_cond_wait(&pool.work[number], &pool.mutex);
    }
    atomic_fetch_sub(&pool.sleepers, 1);
    pool.asleep[number] = false;
    pthread_mutex_unlock(&pool.mutex);
    return found;
}

static void *worker(void *argument) {
    int number = (int)(intptr_t)argument, at = 0;
    mk_float_mode mode = mk_current_float_mode();
    is_in_task = true;
    while (!must_stop(number)) {
        job *j = await_job(number, at);
        if (j == NULL) j = sleep_until_job(number, at);
        if (j == NULL) break;
        at = (int)(j - pool.jobs);
        while (number < relaxed(&pool.helpers)) {
            int64_t task = take_task(j, true);
            if (task < 0) break;
            if (j->mode != mode) mk_set_float_mode(mode = j->mode);
            j->fn(task, j->context);
            finish_task(j);
        }
    }
    return NULL;
}

static void stop_workers(int staying) {
    pthread_mutex_lock(&pool.mutex);
    atomic_store(&pool.staying, staying);
    for (int i = staying; i < relaxed(&pool.started); i++) pthread_cond_signal(&pool.work[i]);
    pthread_mutex_unlock(&pool.mutex);
    for (int i = staying; i < relaxed(&pool.started); i++) pthread_join(pool.workers[i], NULL);
    atomic_store(&pool.started, staying);
}

// Brings the number of workers to `count`, or as near as the system allows, unless another caller is about to. Signals
// stay with the program's own threads.
static void resize(int count) {
    if (pthread_mutex_trylock(&pool.resizing) != 0) return;
    int started = relaxed(&pool.started);
    if (started > count) stop_workers(count);
    atomic_store(&pool.spin, count < mk_usable_cpus() ? SPIN_NANOSECONDS : SPIN_NANOSECONDS_CROWDED);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_store(&pool.staying, count);
    while (started < count && pthread_create(&pool.workers[started], NULL, worker, (void *)(intptr_t)started) == 0) {
        pthread_setname_np(pool.workers[started], "martlet-worker");
        atomic_store(&pool.started, ++started);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started < count) {
        int asked = count + 1;
        atomic_compare_exchange_strong(&pool.wanted, &asked, started + 1);
    }
    pthread_mutex_unlock(&pool.resizing);
}

static void wake_workers(int64_t count, int helpers) {
    if (atomic_load(&pool.sleepers) == 0) return;
    pthread_mutex_lock(&pool.mutex);
    for (int i = 0; i < helpers && i < MAX_THREADS && count > 0; i++) {
        if (!pool.asleep[i]) continue;
        pthread_cond_signal(&pool.work[i]);
        count--;
    }
    pthread_mutex_unlock(&pool.mutex);
}

// The most callers that computed at one time within the last LINGER_NANOSECONDS. Threads may overwrite each other's
// notes: what is decided with them is who helps, not what comes out.
static int count_callers(void) {
    int callers = __builtin_popcountll(atomic_load_explicit(&pool.callers, memory_order_relaxed));
    int crowd = relaxed(&pool.crowd);
    if (callers <= 1 && crowd <= 1) return callers;
    int64_t time = now();
    if (callers < crowd && time < atomic_load_explicit(&pool.crowd_time, memory_order_relaxed) + LINGER_NANOSECONDS) {
        return crowd;
    }
    atomic_store_explicit(&pool.crowd, callers, memory_order_relaxed);
    atomic_store_explicit(&pool.crowd_time, time, memory_order_relaxed);
    return callers;
}

// Makes the first free job the calling thread's; -1 when there is none.
static int take_job(void) {
    uint_fast64_t callers = atomic_load_explicit(&pool.callers, memory_order_relaxed);
    int number;
    do {
        if (~callers == 0) return -1;
        number = __builtin_ctzll(~callers);
    } while (!atomic_compare_exchange_weak_explicit(&pool.callers, &callers, callers | (uint64_t)1 << number,
                                                    memory_order_acquire, memory_order_relaxed));
    for (int used = relaxed(&pool.jobs_used); used <= number;) {
        if (atomic_compare_exchange_weak(&pool.jobs_used, &used, number + 1)) break;
    }
    return number;
}

static void return_job(int number) {
    atomic_fetch_and_explicit(&pool.callers, ~((uint64_t)1 << number), memory_order_release);
}

static void await_workers(job *j) {
    for (int64_t end = 0;;) {
        for (int i = 0; i < 16; i++) {
            if (is_done(j)) return;
            relax();
        }
        int64_t t = now();
        if (end == 0) end = t + atomic_load_explicit(&pool.spin, memory_order_relaxed);
        if (t >= end) break;
    }
    pthread_mutex_lock(&pool.mutex);
    atomic_store(&j->caller_sleeps, true);
    while (!is_done(j)) pthread_cond_wait(&j->done, &pool.mutex);
    atomic_store(&j->caller_sleeps, false);
    pthread_mutex_unlock(&pool.mutex);
}

// Runs a job with the help of workers; false when the caller has to run it by itself.
static bool run_shared(job *j, int64_t tasks, void (*fn)(int64_t task, void *context), void *context, bool wakes,
                       int threads) {
    int helpers = threads - count_callers();
    if (relaxed(&pool.helpers) != helpers) atomic_store_explicit(&pool.helpers, helpers, memory_order_relaxed);
    if (helpers < 1) return false;
    if (relaxed(&pool.started) != threads - 1) resize(threads - 1);
    j->fn = fn;
    j->context = context;
    j->mode = mk_current_float_mode();
    atomic_store_explicit(&j->unfinished, tasks, memory_order_relaxed);
    atomic_store(&j->ends, (uint64_t)tasks << 32);
    if (wakes) wake_workers(tasks - 1, helpers);
    is_in_task = true;
    int64_t own = 0;
    for (int64_t task; (task = take_task(j, false)) >= 0; own++) fn(task, context);
    is_in_task = false;
    if (atomic_fetch_sub_explicit(&j->unfinished, own, memory_order_acquire) > own) await_workers(j);
    return true;
}

static void run_tasks(int64_t tasks, void (*fn)(int64_t task, void *context), void *context, bool wakes) {
    pthread_once(&once, initialise);
    int threads = relaxed(&pool.wanted);
    if (tasks > 1 && tasks <= INT32_MAX && threads > 1 && !is_in_task) {
        bool has_job = own_job >= 0;
        int number = has_job ? own_job : take_job();
        if (number >= 0) {
            bool is_run = run_shared(&pool.jobs[number], tasks, fn, context, wakes, threads);
            if (!has_job) return_job(number);
            if (is_run) return;
        }
    }
    for (int64_t i = 0; i < tasks; i++) fn(i, context);
}

void mk_parallel_for(int64_t tasks, void (*fn)(int64_t task, void *context), void *context) {
    run_tasks(tasks, fn, context, true);
}

void mk_parallel_for_awake(int64_t tasks, void (*fn)(int64_t task, void *context), void *context) {
    run_tasks(tasks, fn, context, false);
}

void mk_begin_run(void) {
    pthread_once(&once, initialise);
    if (runs++ == 0 && !is_in_task) own_job = take_job();
}

void mk_end_run(void) {
    if (--runs > 0 || own_job < 0) return;
    return_job(own_job);
    own_job = -1;
}

void mk_become_helper_thread(void) {
    is_in_task = true;
    pthread_setname_np(pthread_self(), "martlet-data");
    setpriority(PRIO_PROCESS, 0, HELPER_NICENESS); // Linux: of this thread
}

bool mk_set_runs_alone(bool runs_alone) {
    bool before = is_in_task;
    is_in_task = runs_alone;
    return before;
}

int mk_thread_count(void) {
    pthread_once(&once, initialise);
    return atomic_load(&pool.wanted);
}

void mk_set_thread_count(int count) {
    pthread_once(&once, initialise);
    atomic_store(&pool.wanted, count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count);
}
