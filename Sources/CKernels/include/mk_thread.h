// The thread pool: one for the process, ours. Work is cut by shape alone, so results have the same bits with any number
// of threads.
#ifndef MK_THREAD_H
#define MK_THREAD_H

#include "mk_common.h"

// Runs fn(task, context) for every task in 0..<tasks, on the calling thread and the pool's, and returns when all are
// done. `tasks` must depend on shapes only, never on the number of threads. A call from inside a task, or while another
// thread uses the pool, runs every task on the calling thread.
void mk_parallel_for(int64_t tasks, void (*fn)(int64_t task, void *context), void *context);

// The same for work of some microseconds: threads that sleep are left asleep, as to wake one costs more than it saves.
void mk_parallel_for_awake(int64_t tasks, void (*fn)(int64_t task, void *context), void *context);

// The number of threads that work on a kernel, the calling one included.
int mk_thread_count(void);
// Sets it (1...256), for the kernels that start from now on. Worker threads are started and stopped by the next kernel
// that has work for them.
void mk_set_thread_count(int count);

#endif
