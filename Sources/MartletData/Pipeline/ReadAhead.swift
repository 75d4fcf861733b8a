import CKernels
import Foundation
import MartletCore

/// A stage that workers can bring forward while nobody waits for it.
package protocol ReadsAhead: AnyObject, Sendable {
    var run: Run { get }
    /// Makes chunks until enough lie ready.
    func readAhead()
    /// Makes a chunk for a reader that waits, here or further upstream; false when there is nothing to do at present.
    func help() -> Bool
    /// Adds a stage upstream that reads ahead, too.
    func adopt(_ stage: any ReadsAhead)
}

/// How many threads a stage may use at a time.
public enum Parallelism: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// The pipeline's workers, as long as elements are missing.
    case automatic
    /// On at most so many threads at a time, the reading one included; 1 makes one element after the other.
    case threads(Int)

    public init(integerLiteral value: Int) { self = .threads(value) }

    /// The most workers beside the reading thread.
    var workers: Int {
        switch self {
        case .automatic: .max
        case .threads(let count): max(1, count) - 1
        }
    }
}

/// The results of a chunk of elements, in order. An error stands in the place of an element.
struct Made<Element> {
    var elements: [Element] = []
    var failures: [(place: Int, error: any Error)] = []
    mutating func fail(_ error: any Error) { failures.append((elements.count, error)) }
}

/// Reads chunks of elements from upstream, one after the other, and turns them into elements, several at a time. They come
/// out in order, so that the number of workers does not show.
///
/// Workers are called as long as less lies ready than `depth` chunks. A reader that finds nothing ready makes a chunk by
/// itself; one whose chunk is in other hands helps upstream before it waits. So a pipeline goes on without any worker.
final class ReadAhead<Input: Sendable, Output: Sendable>: Reader<Output>, ReadsAhead, @unchecked Sendable {
    typealias Transform = (_ inputs: [Input], _ first: Int, _ made: inout Made<Output>) -> Void

    /// How far ahead, in chunks.
    enum Depth {
        /// As many chunks as keep the workers busy; elements that take little time come in larger chunks.
        case chunks
        /// So many elements; more, up to `most`, once the reader had to wait.
        case elements(Int, most: Int)
    }

    let run: Run
    private let place: Place
    private let times: StageTimes?
    private let upstream: Reader<Input>
    private let transform: Transform
    private let workers: Int
    private let hasFixedChunks: Bool
    private let skipsUnmade: Bool
    private let mostAhead: Int
    /// Held while a chunk is read from upstream.
    private let pull = NSLock()

    // Under `pull`.
    private var count = 0

    // Under `run.condition`.
    private var chunk = 1
    private var slots: [Made<Output>?] = []
    private var firstSlot = 0
    private var isAtEnd = false
    private var working = 0
    private var depth: Int
    private var upstreamStages: [Adopted] = []

    // The reader's place in the first slot.
    private var position = 0
    private var failuresMet = 0

    /// The time that a chunk should take: long beside what its handling costs, short beside a training step.
    private static var chunkNanoseconds: UInt64 { 200_000 }
    private static var largestChunk: Int { 256 }

    /// - Parameters:
    ///   - skipsUnmade: whether elements that are passed over need not be made.
    ///   - open: opens upstream for this stage.
    init(
        _ opening: Opening, _ place: Place, _ depth: Depth, _ parallelism: Parallelism, skipsUnmade: Bool = true,
        open: (Opening) throws -> Reader<Input>, transform: @escaping Transform
    ) throws {
        (run, self.place, times) = (opening.run, place, opening.branch == 0 ? opening.run.times : nil)
        self.skipsUnmade = skipsUnmade
        self.transform = transform
        workers = min(parallelism.workers, run.threads)
        switch depth {
        case .chunks:
            // The thread that reads makes chunks, too: with few ready, one waits for the other after each of them.
            let most = workers == 0 ? 0 : 4 * (workers + 1)
            (self.depth, mostAhead, hasFixedChunks) = (most, most, false)
        case .elements(let count, let most): (self.depth, mostAhead, hasFixedChunks) = (count, most, true)
        }
        let adoption = Adoption()
        var inner = opening
        inner.parent = adoption
        upstream = try open(inner)
        super.init()
        upstreamStages = adoption.stages
        adoption.parent = self
        opening.parent?.adopt(self)
    }

    func adopt(_ stage: any ReadsAhead) {
        run.condition.lock()
        // Those of parts that have been read are gone.
        upstreamStages.removeAll { $0.stage == nil }
        upstreamStages.append(Adopted(stage: stage))
        run.condition.unlock()
    }

    // MARK: Making

    func readAhead() {
        while takesPull() ? makeHolding(atMost: .max, isAhead: true) : helpUpstream() {}
        run.condition.lock()
        working -= 1
        run.condition.unlock()
    }

    /// Takes `pull` if it is free within some microseconds, as it is when chunks are only read. Who holds it longer makes what it
    /// reads: a batch of many elements. A worker has more to do then than to wait, upstream or, when it is called again, here.
    private func takesPull() -> Bool {
        for _ in 0..<50 {
            if pull.try() { return true }
            sched_yield()
        }
        return false
    }

    func help() -> Bool {
        pull.try() && makeHolding(atMost: .max, isAhead: true) || helpUpstream()
    }

    private func helpUpstream() -> Bool {
        run.condition.lock()
        let stages = upstreamStages.compactMap(\.stage)
        run.condition.unlock()
        return stages.contains { $0.help() }
    }

    /// Makes the next chunk; `pull` is held, and released on the way. Ahead of the reader only if there is room. Whoever finds
    /// `pull` taken may wait for the condition: it is signalled with the chunk, or when none is made.
    private func makeHolding(atMost limit: Int, isAhead: Bool) -> Bool {
        run.condition.lock()
        guard !isAtEnd, !run.isCancelled, isAhead ? slots.count < depth : slots.isEmpty else {
            pull.unlock()
            if run.waiting > 0 { run.condition.broadcast() }
            run.condition.unlock()
            return false
        }
        let number = firstSlot + slots.count
        slots.append(nil)
        let size = min(hasFixedChunks ? 1 : chunk, limit)
        run.condition.unlock()

        // Where several threads make elements, each runs the kernels for its own: they have the processors already.
        let becameAlone = workers > 0 && !mk_set_runs_alone(true)
        defer { if becameAlone { mk_set_runs_alone(false) } }
        let start = DispatchTime.now().uptimeNanoseconds
        var (inputs, failure) = ([Input](), (any Error)?.none)
        inputs.reserveCapacity(size)
        do { try upstream.read(size, into: &inputs) } catch { failure = error }
        let first = count
        count += inputs.count
        if failure == nil, inputs.count < size {
            run.condition.lock()
            isAtEnd = true
            run.condition.unlock()
        }
        pull.unlock()

        var made = Made<Output>()
        if let times {
            times.measure(place.number, place.stage) { transform(inputs, first, &made) }
        } else {
            transform(inputs, first, &made)
        }
        if let failure { made.fail(failure) }
        let nanoseconds = DispatchTime.now().uptimeNanoseconds - start
        run.condition.lock()
        adapt(size, nanoseconds)
        slots[number - firstSlot] = made
        if run.waiting > 0 { run.condition.broadcast() }
        run.condition.unlock()
        return true
    }

    private func adapt(_ size: Int, _ nanoseconds: UInt64) {
        guard !hasFixedChunks, size == chunk else { return }
        let fitting = Self.chunkNanoseconds / max(1, nanoseconds / UInt64(size))
        chunk = max(1, min(Int(fitting), 2 * size, Self.largestChunk))
    }

    // MARK: Reading

    override func read(_ count: Int, into elements: inout [Output]) throws {
        var left = count
        while left > 0, try prepareFirst(left) {
            try take(&left, into: &elements)
        }
    }

    /// Brings about that the first slot is ready; false at the end. It never waits for `pull`: a worker that has read something
    /// may hold it in a source that blocks.
    private func prepareFirst(_ wanted: Int) throws -> Bool {
        run.condition.lock()
        defer { run.condition.unlock() }
        var hasHelped = true
        while true {
            if run.isCancelled { throw CancellationError() }
            callWorkers()
            if let first = slots.first {
                if first != nil { return true }
                if hasHelped {
                    run.condition.unlock()
                    hasHelped = help()
                    run.condition.lock()
                    continue
                }
            } else if isAtEnd {
                return false
            } else if pull.try() {
                run.condition.unlock()
                _ = makeHolding(atMost: wanted, isAhead: false)
                run.condition.lock()
                continue
            }
            if hasFixedChunks, firstSlot > 0 { depth = min(2 * depth, mostAhead) }
            run.waiting += 1
            if let times {
                times.measure(place.number, place.stage, waits: true) { run.condition.wait() }
            } else {
                run.condition.wait()
            }
            run.waiting -= 1
            hasHelped = true
        }
    }

    /// Has workers come if less than half of what should lie ready does. Needs the lock.
    private func callWorkers() {
        guard workers > 0, !isAtEnd, slots.count <= depth / 2 else { return }
        while working < min(workers, hasFixedChunks ? 1 : workers), working + slots.count < max(1, depth) {
            working += 1
            WorkerPool.shared.submit(self)
        }
    }

    private func take(_ left: inout Int, into elements: inout [Output]) throws {
        run.condition.lock()
        defer { run.condition.unlock() }
        guard let made = slots[0] else { return }
        let end = failuresMet < made.failures.count ? made.failures[failuresMet].place : made.elements.count
        let taken = min(left, end - position)
        elements += made.elements[position..<position + taken]
        position += taken
        left -= taken
        guard position == end, left > 0 || failuresMet >= made.failures.count else { return }
        if failuresMet < made.failures.count {
            failuresMet += 1
            let error = made.failures[failuresMet - 1].error
            if failuresMet == made.failures.count, position == made.elements.count { dropFirst() }
            throw error
        }
        dropFirst()
    }

    private func dropFirst() {
        slots.removeFirst()
        firstSlot += 1
        (position, failuresMet) = (0, 0)
        // A thread that found no room may be asleep.
        if run.waiting > 0, slots.count == depth / 2 { run.condition.broadcast() }
    }

    override func skip(_ count: Int) throws -> Int {
        pull.lock()
        run.condition.lock()
        let isUntouched = skipsUnmade && slots.isEmpty && !isAtEnd
        run.condition.unlock()
        guard isUntouched else {
            pull.unlock()
            return try super.skip(count)
        }
        defer { pull.unlock() }
        let skipped = try upstream.skip(count)
        self.count += skipped
        return skipped
    }
}

/// A stage upstream, which whoever reads it keeps.
private struct Adopted {
    weak var stage: (any ReadsAhead)?
}

/// Stands for a stage that is being made, for those upstream of it.
private final class Adoption: ReadsAhead, @unchecked Sendable {
    var stages: [Adopted] = []
    weak var parent: (any ReadsAhead)?
    var run: Run { fatalError("It runs nothing.") }
    func readAhead() {}
    func help() -> Bool { false }

    func adopt(_ stage: any ReadsAhead) {
        if let parent { parent.adopt(stage) } else { stages.append(Adopted(stage: stage)) }
    }
}
