import CKernels
import Foundation
import MartletCore

/// The threads that prepare data: one pool for all pipelines, apart from the kernels' pool. They yield the processor to
/// threads that compute, run kernels by themselves, and end when no pipeline is being read.
package final class WorkerPool: @unchecked Sendable {
    package static let shared = WorkerPool()

    /// How many workers a pipeline has unless it says otherwise: all usable CPUs but one, as the reading thread works, too.
    package static let automaticCount = max(1, Int(mk_usable_cpus()) - 1)

    private let condition = NSCondition()
    private var queue: [any ReadsAhead] = []
    /// The runs that are open.
    private var runs: [ObjectIdentifier: Int] = [:]
    private var threads = 0
    private var idle = 0

    private var limit: Int { runs.values.max() ?? 0 }

    /// The workers that exist, except those that were given up.
    package var threadCount: Int {
        condition.lock()
        defer { condition.unlock() }
        return threads
    }

    func enter(_ run: Run) {
        condition.lock()
        runs[ObjectIdentifier(run)] = run.threads
        condition.unlock()
    }

    func leave(_ run: Run, patience: Double) {
        condition.lock()
        defer { condition.unlock() }
        guard runs.removeValue(forKey: ObjectIdentifier(run)) != nil else { return }
        queue.removeAll { $0.run === run }
        condition.broadcast()
        let end = Date(timeIntervalSinceNow: patience)
        while run.busy > 0, condition.wait(until: end) {}
        guard run.busy > 0 else { return }
        // What blocks them cannot be interrupted. They end when it returns; until then, others take their places.
        run.isAbandoned = true
        threads -= run.busy
    }

    /// Has a worker call `readAhead` of a stage.
    func submit(_ stage: any ReadsAhead) {
        condition.lock()
        defer { condition.unlock() }
        guard runs[ObjectIdentifier(stage.run)] != nil else { return }
        queue.append(stage)
        // Those that were called and have not woken yet count as idle.
        if idle < queue.count, threads < limit {
            threads += 1
            Thread.detachNewThread { [self] in work() }
        } else {
            condition.signal()
        }
    }

    private func work() {
        mk_become_helper_thread()
        condition.lock()
        defer { condition.unlock() }
        while true {
            while queue.isEmpty, threads <= limit {
                idle += 1
                condition.wait()
                idle -= 1
            }
            guard !queue.isEmpty else { break }
            if runNext() { return }
        }
        threads -= 1
        condition.broadcast()
    }

    /// Runs a stage without the lock; true when the pool has given this thread up meanwhile.
    private func runNext() -> Bool {
        var stage: (any ReadsAhead)? = queue.removeFirst()
        let run = stage!.run
        run.busy += 1
        condition.unlock()
        Session.within(run.session) { stage?.readAhead() }
        // The stage, and with it perhaps a file, is let go before anybody hears that the thread is done.
        stage = nil
        condition.lock()
        run.busy -= 1
        condition.broadcast()
        return run.isAbandoned
    }
}
