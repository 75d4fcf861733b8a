import Foundation
import MartletCore
import MartletData
import Synchronization
import TestSupport
import Testing

/// What happens when a pipeline fails, or is left early.
@Suite(.ownSession) struct FailureTests {
    static let failing = Dataset.range(20).map { if $0 == 13 { throw Refusal() } else { $0 } }

    @Test(arguments: [0, 1, 3])
    func errorsNameStageAndElement(threads: Int) throws {
        for dataset in [FailureTests.failing, FailureTests.failing.prefetch(4)] {
            var elements: [Int] = []
            expectError("map, element 13 of range(0..<20) → map", "no such number") {
                try dataset.threads(threads).forEach { elements.append($0) }
            }
            // What comes before the error has come.
            #expect(elements == Array(0..<13))
        }
        expectError("element 1 (\"b.png\")") {
            try Dataset(["a.png", "b.png"]).map { if $0 == "b.png" { throw Refusal() } }.threads(threads).array()
        }
        expectError("filter, element 3") { try Dataset.range(5).filter { if $0 == 3 { throw Refusal() }; return true }.array() }
        expectError("flatMap, element 2") {
            try Dataset.range(5).flatMap { if $0 == 2 { throw Refusal() } else { Dataset.range($0) } }.threads(threads).array()
        }
        expectError("fromGenerator, element 2") {
            try Dataset<Int>.fromGenerator {
                var n = 0
                return { n += 1; if n == 3 { throw Refusal() } else { return n } }
            }.prefetch().threads(threads).array()
        }
    }

    @Test func plainLoopsEndAndKeepTheError() {
        var iterator = FailureTests.failing.makeIterator()
        var elements: [Int] = []
        while let element = iterator.next() { elements.append(element) }
        #expect(elements == Array(0..<13))
        #expect("\(iterator.error!)".contains("element 13"))
        #expect(iterator.next() == nil)
    }

    @Test(arguments: [0, 2])
    func policies(threads: Int) throws {
        let odd = Dataset.range(10).map { if $0 % 2 == 0 { throw Refusal() } else { $0 } }.threads(threads)
        var iterator = odd.onError(.skip()).makeIterator()
        var elements: [Int] = []
        while let element = try iterator.nextElement() { elements.append(element) }
        #expect(elements == [1, 3, 5, 7, 9] && iterator.skipped == 5)
        #expect(try odd.onError(.replace(0)).array() == [0, 1, 0, 3, 0, 5, 0, 7, 0, 9])
        #expect(try odd.onError(.skip(limit: 5)).array().count == 5)
        expectError("More than 4 elements", "element 8", "no such number") { try odd.onError(.skip(limit: 4)).array() }
        expectError("element 0") { try odd.onError(.fail).array() }
        // A batch is made of what is left.
        #expect(try odd.onError(.skip()).batch(2).array().map { $0.scalars(as: Int.self) } == [[1, 3], [5, 7], [9]])
    }

    /// A source that is open as long as it lives.
    final class Source: Sendable {
        static let open = Mutex(0)
        init() { Source.open.withLock { $0 += 1 } }
        deinit { Source.open.withLock { $0 -= 1 } }
        func next(_ n: Int) -> Int { n }
    }

    @Test func leavingEarlyClosesSources() throws {
        let dataset = Dataset<Int>.fromGenerator {
            let source = Source()
            var n = 0
            return { n += 1; return source.next(n) }
        }.map { $0 + 1 }.shuffle(bufferSize: 5).batch(3).prefetch(2).threads(3)
        for _ in 0..<50 {
            for _ in dataset { break }
            #expect(Source.open.withLock { $0 } == 0)
        }
        var iterator = dataset.makeIterator()
        _ = iterator.next()
        #expect(Source.open.withLock { $0 } == 1)
        // An end closes at once, without waiting for the iterator to go.
        var short = dataset.take(3).makeIterator()
        while short.next() != nil {}
        #expect(Source.open.withLock { $0 } == 1)
        _ = iterator.next()
    }

    /// A worker that hangs in a source is left behind; nobody waits for it, and it ends when the source returns.
    @Test func leavingABlockedSource() throws {
        let gate = Gate()
        let dataset = Dataset<Int>.fromGenerator {
            var n = 0
            return {
                n += 1
                if n > 2 { gate.wait() }
                return n <= 4 ? n : nil
            }
        }.prefetch(4).threads(1)
        do {
            var iterator = dataset.makeIterator()
            #expect(iterator.next() == 1)
            gate.awaitEntry()
        }
        // Another pipeline still has a worker.
        #expect(try Dataset.range(100).map { $0 }.prefetch().threads(1).array().count == 100)
        gate.open()
    }

    @Test func manyReadingsAtATime() throws {
        let dataset = Dataset.range(50).map { $0 * 2 }.prefetch(2).threads(2)
        var iterators = (0..<8).map { _ in dataset.makeIterator() }
        for element in 0..<50 {
            for place in iterators.indices { #expect(try iterators[place].nextElement() == 2 * element) }
        }
    }

    /// Pipelines read inside of a map of another.
    @Test func pipelinesInsideOfMaps() throws {
        let sums = try Dataset.range(30).map { n in
            try Dataset.range(n).map { $0 + 1 }.prefetch().threads(2).array().reduce(0, +)
        }.threads(2).array()
        #expect(sums == (0..<30).map { $0 * ($0 + 1) / 2 })
    }
}

@Suite(.serialized, .ownSession) struct WorkerTests {
    private var workers: Int {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return tasks.filter {
            (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "martlet-data\n"
        }.count
    }

    /// Other tests read pipelines meanwhile, so it waits for a moment at which none is read.
    @Test func noWorkerIsLeft() async throws {
        for _ in Dataset.range(1000).map({ $0 }).prefetch().threads(3) { break }
        while WorkerPool.shared.threadCount > 0 { try await Task.sleep(for: .milliseconds(1)) }
        while workers > 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
}
