import Foundation
import MartletCore
import MartletData
import Synchronization
import TestSupport
import Testing

/// What holds for every pipeline.
@Suite(.ownSession) struct PipelineTests {
    @Test(arguments: Pipeline.all)
    func sameElementsWithAnyNumberOfThreads(_ pipeline: Pipeline) throws {
        let expected = try elements(pipeline.dataset.threads(0))
        #expect(!expected.isEmpty)
        for threads in [1, 2, 5, 5] {
            let isSame = try elements(pipeline.dataset.threads(threads)) == expected
            #expect(isSame, "\(threads) threads")
        }
    }

    /// Every place is gone to, and from there another place.
    @Test(arguments: Pipeline.all)
    func positions(_ pipeline: Pipeline) throws {
        let dataset = pipeline.dataset.threads(0)
        let expected = try elements(dataset)
        var iterator = try pipeline.dataset.threads(2).makeIterator(at: DatasetPosition(startOf: 0, of: dataset))
        for taken in 0...expected.count {
            let json = try JSONEncoder().encode(iterator.checkpoint)
            #expect(json.count < 1024)
            let position = try JSONDecoder().decode(DatasetPosition.self, from: json)
            #expect(position.taken == taken)
            var second = try pipeline.dataset.threads(taken % 3).makeIterator(at: position)
            for place in taken..<min(expected.count, taken + 3) {
                #expect(try second.nextElement() == expected[place], "element \(place) after \(taken)")
            }
            let rest = try elements(pipeline.dataset.threads(1), at: second.checkpoint)
            #expect(rest.count == max(0, expected.count - taken - 3) && rest == expected.suffix(rest.count))
            _ = try iterator.nextElement()
        }
    }

    @Test(arguments: Pipeline.all)
    func lengthIsRight(_ pipeline: Pipeline) throws {
        if let count = pipeline.dataset.count { #expect(try pipeline.dataset.array().count == count) }
    }

    @Test func everyReadingHasItsOwnOrder() throws {
        let dataset = Dataset.range(50).shuffle(bufferSize: .all, seed: 1)
        let fixed = Dataset.range(50).shuffle(bufferSize: .all, seed: 1, reshuffleEachIteration: false)
        let same = Dataset.range(50).shuffle(bufferSize: .all, seed: 1)
        let readings = [try dataset.array(), try dataset.array(), try same.repeat(2).array()]
        #expect(readings[0] != readings[1])
        #expect(readings[2] == readings[0] + readings[1])
        #expect(try fixed.array() == fixed.array())
        #expect(try fixed.array() == readings[0])
        // What is made of a shuffle anew counts on.
        let mapped = Dataset.range(50).shuffle(bufferSize: .all, seed: 1)
        #expect(try (0..<2).map { _ in try mapped.map { $0 }.threads(1).array() } == Array(readings[..<2]))
        // After a position, the count of readings goes on.
        let again = Dataset.range(50).shuffle(bufferSize: .all, seed: 1)
        _ = try again.makeIterator(at: DatasetPosition(startOf: 0, of: again))
        #expect(try again.array() == readings[1])
    }

    @Test func seedsAndStagesDiffer() throws {
        func draws(_ seed: Int, _ dataset: Dataset<Int>) throws -> [UInt64] {
            try dataset.randomMap(seed: seed) { $1.next() }.array()
        }
        let plain = Dataset.range(20)
        #expect(try draws(1, plain) == draws(1, .range(20)))
        #expect(try draws(1, plain) != draws(2, .range(20)))
        #expect(try draws(1, .range(20)) != draws(1, Dataset.range(20).take(20)))
        #expect(Set(try draws(1, .range(1000))).count == 1000)
    }

    /// What stages noted on the way shortens the way back to a position.
    @Test(arguments: [0, 2])
    func notesShortenTheWay(threads: Int) throws {
        let asked = Mutex(0)
        let dataset = Dataset.range(50_000).filter {
            asked.withLock { $0 += 1 }
            return $0 % 5 < 2
        }.map { $0 }.threads(threads)
        var iterator = try dataset.makeIterator(at: DatasetPosition(startOf: 0, of: dataset))
        for _ in 0..<10_000 { _ = try iterator.nextElement() }
        let position = iterator.checkpoint
        asked.withLock { $0 = 0 }
        var resumed = try dataset.threads(0).makeIterator(at: position)
        #expect(try resumed.nextElement() == 25_000)
        // The way from the start takes 25,000.
        #expect(asked.withLock { $0 } < 25_000 / 4)
        #expect(try JSONEncoder().encode(position).count < 1024)
    }

    @Test func positionOfAnotherPipeline() throws {
        let dataset = Dataset.range(10).batch(2)
        let position = dataset.makeIterator().checkpoint
        expectError("range(0..<10) → batch(2)", "batch(3)") { try Dataset.range(10).batch(3).makeIterator(at: position) }
        let short = Dataset.fromGenerator { { Int?.none } }
        let long = Dataset.fromGenerator { { 1 } }
        var iterator = long.makeIterator()
        _ = iterator.next()
        expectError("not what it was") { try short.makeIterator(at: iterator.checkpoint) }
    }

    @Test func asyncLoops() async throws {
        var elements: [Int] = []
        for try await element in Dataset.range(20).map({ $0 * 2 }).prefetch() { elements.append(element) }
        #expect(elements == (0..<20).map { $0 * 2 })
        let failing = Dataset.range(5).map { _ -> Int in throw Refusal() }
        do {
            for try await _ in failing { Issue.record("Expected an error.") }
        } catch {
            #expect(error is MartletError)
        }
    }

    @Test func cancelledTasksStopWaiting() async throws {
        let gate = Gate()
        let task = Task {
            for try await _ in Dataset<Int>.fromGenerator({ { gate.wait(); return 1 } }) {}
        }
        while !gate.isEntered { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        gate.open()
    }
}

/// Holds a thread until it is opened.
final class Gate: @unchecked Sendable {
    private let condition = NSCondition()
    private var entered = false
    private var opened = false

    func wait() {
        condition.lock()
        entered = true
        condition.broadcast()
        while !opened { condition.wait() }
        condition.unlock()
    }
    func open() {
        condition.lock()
        opened = true
        condition.broadcast()
        condition.unlock()
    }
    var isEntered: Bool {
        condition.lock()
        defer { condition.unlock() }
        return entered
    }
    func awaitEntry() {
        condition.lock()
        while !entered { condition.wait() }
        condition.unlock()
    }
}
