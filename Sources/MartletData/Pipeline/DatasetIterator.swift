import Foundation
import MartletCore

/// Reads a `Dataset` from its start or from a position. Copies share their place. When the last copy goes, workers stop and
/// files are closed.
public struct DatasetIterator<Element: Sendable>: IteratorProtocol {
    let reading: Reading

    /// The next element, nil at the end. An error ends the reading: it goes to the log and to `error`.
    public mutating func next() -> Element? {
        do {
            return try reading.next()
        } catch {
            Settings.logger.error("Reading data ended early: \(error)")
            return nil
        }
    }

    /// The next element, nil at the end.
    /// - Throws: the error that ends the reading: a `MartletError` with stage, element and file.
    public mutating func nextElement() throws -> Element? { try reading.next() }

    /// Passes over the next `count` elements. Stages that know how leave them unmade.
    /// - Returns: how many there were.
    /// - Throws: the error that ends the reading.
    package mutating func skip(_ count: Int) throws -> Int { try reading.skip(count) }

    /// The error that ended the reading, nil when there was none.
    public var error: (any Error)? { reading.error }

    /// The place behind the last element that was taken.
    public var checkpoint: DatasetPosition { reading.position }

    /// The number of elements that were left out because of errors, as `onError` allows.
    public var skipped: Int { reading.run.skipped }

    /// What was wrong with the first 20 of them.
    public var failures: [String] { reading.run.failures }

    /// Owns a run; not for several threads.
    final class Reading: @unchecked Sendable {
        let run: Run
        private var reader: Reader<Element>?
        private let pipeline: String
        private let number: Int
        private var taken = 0
        private(set) var error: (any Error)?
        private var finalFacts: [Int: [Int]] = [:]

        init(_ stage: Stage<Element>, at position: DatasetPosition?) {
            pipeline = stage.path
            number = position?.reading ?? stage.readings.next()
            run = Run(threads: stage.threads ?? WorkerPool.automaticCount, facts: position?.facts ?? [:])
            do {
                if let position { try go(to: position, stage) }
                let reader = try stage.open(Opening(run: run, epoch: number))
                if let position, position.taken > 0 {
                    taken = try reader.skip(position.taken)
                    guard taken == position.taken else {
                        throw MartletError(
                            "Expected at least \(position.taken) elements before the position. There are \(taken): "
                                + "the data is not what it was.", at: pipeline)
                    }
                }
                self.reader = reader
            } catch {
                self.error = error
                end()
            }
        }

        private func go(to position: DatasetPosition, _ stage: Stage<Element>) throws {
            guard position.pipeline == pipeline else {
                throw MartletError(
                    "Expected a position in the pipeline \(pipeline). Received one in \(position.pipeline).", at: "checkpoint")
            }
            guard position.taken >= 0, (0..<1 << 31).contains(position.reading) else {
                throw MartletError(
                    "Expected numbers from 0 on. Received: \(position.taken) elements of reading \(position.reading).",
                    at: "checkpoint")
            }
            stage.readings.goOn(after: position.reading)
        }

        deinit { end() }

        private var isFailureReported = false

        func next() throws -> Element? {
            if let error, !isFailureReported {
                isFailureReported = true
                throw error
            }
            guard let reader else { return nil }
            var elements: [Element] = []
            do {
                try reader.read(1, into: &elements)
            } catch {
                self.error = error
                isFailureReported = true
                end()
                throw error
            }
            if let element = elements.first {
                taken += 1
                return element
            }
            end()
            if run.skipped > 0 {
                let named = run.failures.prefix(5).joined(separator: " ")
                Settings.warn(
                    "\(run.skipped) elements could not be made and were left out or replaced, of \(pipeline). The first: "
                        + named)
            }
            return nil
        }

        func skip(_ count: Int) throws -> Int {
            if let error, !isFailureReported {
                isFailureReported = true
                throw error
            }
            guard let reader, count > 0 else { return 0 }
            do {
                let skipped = try reader.skip(count)
                taken += skipped
                return skipped
            } catch {
                self.error = error
                isFailureReported = true
                end()
                throw error
            }
        }

        private func end() {
            finalFacts = run.allFacts
            reader = nil
            run.cancel()
        }

        var position: DatasetPosition {
            DatasetPosition(
                pipeline: pipeline, reading: number, taken: taken, facts: reader == nil ? finalFacts : run.allFacts)
        }
    }
}

extension Dataset: Sequence {
    /// Begins a reading. Each has a number, counted from 0: in each, shuffles have another order and random maps other numbers.
    public func makeIterator() -> DatasetIterator<Element> { DatasetIterator(reading: .init(stage, at: nil)) }

    /// Begins at a position of this pipeline: the iterator gives what followed there, whatever the number of threads. The next
    /// plain reading then has the number after the position's.
    ///
    /// It is quick where stages can pass over elements without making them: slices of tensors, ranges, exact shuffles, maps,
    /// batches. Elsewhere it reads anew what lies before.
    /// - Throws: `MartletError` for a position of another pipeline, or when the data has become shorter.
    public func makeIterator(at position: DatasetPosition) throws -> DatasetIterator<Element> {
        let iterator = DatasetIterator<Element>(reading: .init(stage, at: position))
        if let error = iterator.error { throw error }
        return iterator
    }

    /// Calls `body` with each element.
    /// - Throws: the error of the pipeline or of `body`.
    public func forEach(_ body: (Element) throws -> Void) throws {
        var iterator = makeIterator()
        while let element = try iterator.nextElement() { try body(element) }
    }

    /// All elements.
    /// - Throws: the error of the pipeline.
    public func array() throws -> [Element] {
        guard length != .infinite else {
            throw MartletError("Expected a dataset that ends. Use take(_:).", at: "\(self)")
        }
        var elements: [Element] = []
        var held = HeldMemory("array")
        try forEach { element in
            try elements.append(element, askingAt: held.place)
            try held.add(element)
        }
        return elements
    }

    public var underestimatedCount: Int { count ?? 0 }
}

extension Dataset: AsyncSequence {
    public typealias Failure = any Error

    /// Begins a reading for `for try await`. Elements are read on a thread of their own; a cancelled task stops waiting.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(reading: makeIterator().reading)
    }

    /// Reads for `for try await`.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let reading: DatasetIterator<Element>.Reading
        private let queue = DispatchQueue(label: "martlet.dataset")

        init(reading: DatasetIterator<Element>.Reading) { self.reading = reading }

        /// The next element, nil at the end. Throws the pipeline's error, or `CancellationError`.
        public func next() async throws -> Element? {
            let (answer, reading) = (Answer<Element?>(), reading)
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    answer.expect(continuation)
                    queue.async { answer.give(Result { try reading.next() }) }
                }
            } onCancel: {
                answer.give(.failure(CancellationError()))
                reading.run.cancelSoon()
            }
        }
    }

    /// The first of two answers counts.
    private final class Answer<Value: Sendable>: Sendable {
        private enum State {
            case early(Result<Value, any Error>?)
            case expected(CheckedContinuation<Value, any Error>)
            case given
        }
        private let state = Guarded(State.early(nil))

        func expect(_ continuation: CheckedContinuation<Value, any Error>) {
            let early: Result<Value, any Error>? = state.withLock {
                guard case .early(let result?) = $0 else {
                    $0 = .expected(continuation)
                    return nil
                }
                $0 = .given
                return result
            }
            if let early { continuation.resume(with: early) }
        }

        func give(_ result: Result<Value, any Error>) {
            let waiting: CheckedContinuation<Value, any Error>? = state.withLock {
                switch $0 {
                case .early(nil): $0 = .early(result)
                case .expected(let continuation):
                    $0 = .given
                    return continuation
                default: break
                }
                return nil
            }
            waiting?.resume(with: result)
        }
    }
}
