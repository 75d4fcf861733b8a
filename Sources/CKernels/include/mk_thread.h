// The thread pool: one for the process, ours. Work is cut by shape alone, so results have the same bits with any number
// of threads.
#ifndef MK_THREAD_H
#define MK_THREAD_H

#include "mk_common.h"

// Runs fn(task, context) for every task in 0..<tasks, on the calling thread and the pool's, and returns when all are
// done. `tasks` must depend on shapes only, never on the number of threads. Every task has the caller's floating-point
// mode. Several threads may call at one time: together with the workers that help them they are as many as
// mk_thread_count says, so each further caller takes the place of a worker, and where there is none left each runs its
// tasks by itself. So does a call from inside a task.
void mk_parallel_for(int64_t tasks, void (*fn)(int64_t task, void *context), void *context);

// The same for work of some microseconds: threads that sleep are left asleep, as to wake one costs more than it saves.
void mk_parallel_for_awake(int64_t tasks, void (*fn)(int64_t task, void *context), void *context);

// Kernels that the calling thread runs between these two, which may lie in each other, belong together: it counts as a
// caller in between, too.
void mk_begin_run(void);
void mk_end_run(void);

// Makes the calling thread one of those that prepare data beside the training: it runs its kernels by itself, does not
// count as a caller, and leaves the processor to threads that compute.
void mk_become_helper_thread(void);

// Whether the calling thread runs its kernels by itself from now on; returns what held before. For a thread that shares
// work of another kind with others, so that the processors are taken already: to wake a worker for a kernel of some
// microseconds would stop one of them.
bool mk_set_runs_alone(bool runs_alone);

// The number of threads that work on a kernel, the calling one included.
int mk_thread_count(void);
// Sets it (1...256), for the kernels that start from now on. Worker threads are started and stopped by the next kernel
// that has work for them.
void mk_set_thread_count(int count);

#endif
