import CKernels
import Foundation
import Synchronization
import TestSupport
import Testing

/// The thread pool under several callers at once.
@Suite(.ownSession) struct PoolTests {
    /// A job whose tasks count themselves, each at a place of its own, and run a smaller job inside.
    private struct Job {
        let counts: UnsafeMutableBufferPointer<Int>
        let depth: Int
        let mode: mk_float_mode
        let strangeModes: UnsafeMutableBufferPointer<Int>

        init(tasks: Int, depth: Int) {
            counts = .allocate(capacity: tasks)
            counts.initialize(repeating: 0)
            strangeModes = .allocate(capacity: tasks)
            strangeModes.initialize(repeating: 0)
            self.depth = depth
            mode = mk_current_float_mode()
        }

        /// Runs it; whether each task ran once, in the caller's mode.
        func run(awake: Bool = false) -> Bool {
            let task: @convention(c) (Int64, UnsafeMutableRawPointer?) -> Void = { number, context in
                let job = context!.load(as: Job.self)
                job.counts[Int(number)] += 1
                if mk_current_float_mode() != job.mode { job.strangeModes[Int(number)] += 1 }
                if job.depth > 0, number % 5 == 0, !Job(tasks: 7, depth: job.depth - 1).run() {
                    job.counts[Int(number)] += 100
                }
            }
            var job = self
            if awake {
                mk_parallel_for_awake(Int64(counts.count), task, &job)
            } else {
                mk_parallel_for(Int64(counts.count), task, &job)
            }
            defer {
                counts.deallocate()
                strangeModes.deallocate()
            }
            return counts.allSatisfy { $0 == 1 } && strangeModes.allSatisfy { $0 == 0 }
        }
    }

    /// Callers of all kinds beside each other, more than there are places for jobs, while the number of threads changes.
    @Test(arguments: [1, 2, 3, 70]) func everyTaskRunsOnceInTheCallersMode(callers: Int) {
        let threads = mk_thread_count()
        defer { mk_set_thread_count(threads) }
        let failures = Mutex(0)
        let group = DispatchGroup()
        let running = Atomic(callers)
        for caller in 0..<callers {
            let thread = Thread {
                // Each thread rounds in another direction.
                let before = mk_current_float_mode()
                defer { mk_set_float_mode(before) }
                #if arch(x86_64)
                mk_set_float_mode(before ^ UInt64(caller % 4) << 13)
                #elseif arch(arm64)
                mk_set_float_mode(before ^ UInt64(caller % 4) << 22)
                #endif
                var wrong = 0
                for round in 0..<(2000 / callers) {
                    let isRun = (round / 10 + caller) % 2 == 0
                    if isRun { mk_begin_run() }
                    let job = Job(tasks: 1 + (round * 7 + caller) % 40, depth: round % 3)
                    if !job.run(awake: round % 4 == 0) { wrong += 1 }
                    if isRun { mk_end_run() }
                }
                failures.withLock { $0 += wrong }
                running.subtract(1, ordering: .relaxed)
                group.leave()
            }
            group.enter()
            thread.start()
        }
        var count: Int32 = 1
        while running.load(ordering: .relaxed) > 0 {
            count = count % 9 + 1
            mk_set_thread_count(count)
            _ = Job(tasks: 9, depth: 0).run()
        }
        group.wait()
        #expect(failures.withLock { $0 } == 0)
    }

    /// Tasks long enough for workers to wake, if they were called.
    @Test func aThreadRunsItsTasksByItself() {
        let threads = mk_thread_count()
        mk_set_thread_count(4)
        defer { mk_set_thread_count(threads) }
        let task: @convention(c) (Int64, UnsafeMutableRawPointer?) -> Void = { number, context in
            usleep(1000)
            context!.assumingMemoryBound(to: pthread_t.self)[Int(number)] = pthread_self()
        }
        var runners = [pthread_t](repeating: pthread_t(), count: 20)
        #expect(!mk_set_runs_alone(true))
        mk_begin_run()
        mk_parallel_for(Int64(runners.count), task, &runners)
        mk_end_run()
        #expect(mk_set_runs_alone(false))
        #expect(runners.allSatisfy { pthread_equal($0, pthread_self()) != 0 })
    }
}
