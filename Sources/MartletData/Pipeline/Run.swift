import Foundation
import MartletCore

/// One reading of a pipeline: what its stages share from the first element to the end or to the loss of the iterator.
package final class Run: @unchecked Sendable {
    /// How many workers may prepare elements at a time; 0 leaves all to the thread that reads.
    let threads: Int
    /// Guards what the stages that read ahead have made, and wakes who waits for it. There is one for all of them: it is
    /// locked once for each chunk of elements.
    let condition = NSCondition()
    /// Needs `condition`.
    private(set) var isCancelled = false
    /// Needs `condition`.
    var waiting = 0
    /// Workers in stages of this run. Needs the pool's lock.
    var busy = 0
    /// Whether the pool has written off the workers that are still busy. Needs the pool's lock.
    var isAbandoned = false
    /// What stages have learned about where they are. Needs `condition`.
    private var facts: [Int: [Int]]
    private var skippedElements = 0
    private var firstFailures: [String] = []
    private static let mostFailuresKept = 20

    /// The session of the code that reads, if it has one: workers prepare elements in it.
    let session = Session.scoped

    /// Measures stages while the thread that reads is being profiled.
    let times: StageTimes?

    init(threads: Int, facts: [Int: [Int]]) {
        self.threads = threads
        self.facts = facts
        times = Profiler.isRunning ? StageTimes() : nil
        if threads > 0 { WorkerPool.shared.enter(self) }
    }

    /// Ends the run: workers stop before their next chunk. Waits half a second for those that are busy; a worker that is still
    /// in a source or a closure then ends when that returns.
    func cancel() {
        cancelSoon()
        if let stages = times?.takeStages(), !stages.isEmpty { Profiler.note(stages) }
        if threads > 0 { WorkerPool.shared.leave(self, patience: 0.5) }
    }

    /// Has workers and readers stop, without waiting for them.
    func cancelSoon() {
        condition.lock()
        isCancelled = true
        condition.broadcast()
        condition.unlock()
    }

    /// Elements that stages left out because of errors.
    var skipped: Int { locked { skippedElements } }
    /// Why, for the first of them.
    var failures: [String] { locked { firstFailures } }

    func noteFailure(_ error: any Error) {
        locked {
            skippedElements += 1
            if firstFailures.count < Run.mostFailuresKept { firstFailures.append("\(error)") }
        }
    }

    func fact(_ stage: Int) -> [Int]? { locked { facts[stage] } }
    func note(_ fact: [Int], _ stage: Int) { locked { facts[stage] = fact } }
    var allFacts: [Int: [Int]] { locked { facts } }

    private func locked<R>(_ body: () -> R) -> R {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }
}

/// Pairs of numbers that a stage notes on its way: how far it has come, and what that takes. The reader may be far behind the
/// stage, so older notes are thinned and not dropped.
struct Notes {
    private(set) var numbers: [Int] = []
    private static let most = 32

    /// Adds a pair; the first numbers ascend.
    mutating func add(_ reached: Int, _ taken: Int) {
        numbers += [reached, taken]
        guard numbers.count > 2 * Notes.most else { return }
        let kept = (0..<numbers.count / 2).filter { $0 % 2 == 1 || $0 >= Notes.most * 3 / 4 }
        numbers = kept.flatMap { [numbers[2 * $0], numbers[2 * $0 + 1]] }
    }

    /// The last pair that does not pass `target`, and the notes up to there.
    static func last(upTo target: Int, of numbers: [Int]) -> (reached: Int, taken: Int, notes: Notes)? {
        var found: Int?
        for place in stride(from: 0, to: numbers.count - 1, by: 2) where numbers[place] <= target { found = place }
        return found.map { (numbers[$0], numbers[$0 + 1], Notes(numbers: Array(numbers[...($0 + 1)]))) }
    }
}

/// What a stage needs to be opened for reading.
package struct Opening {
    let run: Run
    /// The number of the reading, as shuffles and random maps count it.
    var epoch: Int
    /// Distinguishes the pipelines that a stage opens for its elements.
    var branch: UInt64 = 0
    /// The next stage towards the reader that reads ahead.
    var parent: (any ReadsAhead)?
    /// Whether a stage nearer to the reader leaves out elements that failed: then an element must be made to know whether it
    /// counts.
    var leavesOutFailures = false

    /// Whether stages may note what they learn: not in pipelines that are opened for single elements, of which there are many.
    var takesNotes = true

    /// For the pipeline that a stage opens as its part `number`.
    func inBranch(_ number: Int) -> Opening {
        var opening = self
        opening.branch = max(1, RandomStream.mix(branch, UInt64(number) &+ 1))
        return opening
    }

    /// Where a stage finds its notes; nil where it takes none.
    func notebook(_ stage: Int) -> Int? {
        takesNotes ? branch == 0 ? stage : Int(truncatingIfNeeded: RandomStream.mix(branch, UInt64(stage))) : nil
    }

    /// The key of a stage's random numbers.
    func key(seed: UInt64, stage: Int) -> UInt64 {
        var key = RandomStream.mix(seed, UInt64(bitPattern: Int64(epoch)))
        key = RandomStream.mix(key, UInt64(stage))
        return branch == 0 ? key : RandomStream.mix(key, branch)
    }
}
