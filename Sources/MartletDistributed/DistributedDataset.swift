import MartletCore
import MartletData

/// A batch, of which this process has the samples that its shards need.
public struct DistributedBatch: Sendable {
    /// The samples that are here.
    public let part: Batch
    /// Their places in the batch.
    public let held: Range<Int>
    /// The number of samples of the whole batch.
    public let count: Int
}

/// Batches for a loop of one's own within a strategy, of which each process has its part. `distribute` of a strategy makes them.
///
/// ```swift
/// for batch in strategy.distribute(data, batchSize: 64, shuffled: true) { strategy.run(step, batch) }
/// ```
///
/// All processes end together: when the data of one has ended or fails. A loop without `try` ends at an error, which goes to the
/// log; `forEach` throws it, in all processes.
public struct DistributedDataset: Sequence {
    fileprivate let strategy: DistributionStrategy
    /// Begins a reading: the closure gives one batch after the other, nil at the end.
    fileprivate let open: () throws -> () throws -> DistributedBatch?

    /// Calls `body` with each batch.
    /// - Throws: the error of the data, of any process, or of `body`.
    public func forEach(_ body: (DistributedBatch) throws -> Void) throws {
        let iterator = makeIterator()
        while let batch = try iterator.nextBatch() { try body(batch) }
    }

    public func makeIterator() -> Iterator { Iterator(strategy, Result(catching: open)) }

    /// Reads the batches once.
    public final class Iterator: IteratorProtocol {
        private let strategy: DistributionStrategy
        private let read: Result<() throws -> DistributedBatch?, any Error>
        private var isAtEnd = false

        fileprivate init(_ strategy: DistributionStrategy, _ read: Result<() throws -> DistributedBatch?, any Error>) {
            (self.strategy, self.read) = (strategy, read)
        }

        /// The next batch, nil when the data of any process has ended.
        /// - Throws: the error of the data, of any process.
        public func nextBatch() throws -> DistributedBatch? {
            guard !isAtEnd else { return nil }
            let next = Result { try read.get()() }
            isAtEnd = true
            isAtEnd = try !strategy.allGoOn(with: next)
            return isAtEnd ? nil : try next.get()
        }

        /// The next batch, nil at the end. An error ends the reading and goes to the log.
        public func next() -> DistributedBatch? {
            do {
                return try nextBatch()
            } catch {
                Settings.logger.error("Reading data ended early: \(error)")
                return nil
            }
        }
    }
}

extension DistributionStrategy {
    /// Distributes the samples of a dataset in memory. Each process takes its part of each batch; the batches are those of
    /// `data.batches(of:)` with the same generator.
    /// - Parameters:
    ///   - batchSize: the number of samples of a batch, for all processes together. Stops when it is below 1.
    ///   - shuffled: whether each reading takes the samples in a new order.
    ///   - dropRemainder: whether the last batch is left out when it is smaller than the others.
    ///   - generator: the random numbers of the orders; nil takes new ones that follow from the session's seed, which is that of
    ///     all processes.
    public func distribute(
        _ data: TensorDataset, batchSize: Int, shuffled: Bool = false, dropRemainder: Bool = false,
        using generator: RandomGenerator? = nil
    ) -> DistributedDataset {
        let size = checked(batchSize)
        let orders = shuffled ? generator ?? RandomGenerator() : nil
        return DistributedDataset(strategy: self) { [self] in
            let order = orders?.permutation(data.count)
            var starts = stride(from: 0, to: data.count, by: size).makeIterator()
            return {
                guard let start = starts.next() else { return nil }
                let count = min(size, data.count - start)
                if dropRemainder, count < size { return nil }
                let held = self.samples(ofBatch: count)
                let places = (start + held.lowerBound)..<(start + held.upperBound)
                let part = order.map { data.batch(0, size: held.count, order: $0[places]) } ?? data[places].wholeBatch
                return DistributedBatch(part: part, held: held, count: count)
            }
        }
    }

    /// Distributes a dataset of samples. Each process makes the samples of its part of each batch, and passes over the others:
    /// slices of tensors, maps and shuffles then leave them unmade.
    /// - Parameters:
    ///   - batchSize: the number of samples of a batch, for all processes together. Stops when it is below 1.
    ///   - dropRemainder: whether the last batch is left out when it is smaller than the others.
    ///   - make: makes a batch of samples. What becomes of a sample must not depend on which others are with it.
    public func distribute<Element: Sendable>(
        _ samples: Dataset<Element>, batchSize: Int, dropRemainder: Bool = false,
        _ make: @escaping ([Element]) throws -> Batch
    ) -> DistributedDataset {
        let size = checked(batchSize)
        return DistributedDataset(strategy: self) { [self] in
            var iterator = samples.makeIterator()
            var isAtEnd = false
            /// Reads a part of what lies ahead, and how many samples there are of `count`.
            func read(_ part: Range<Int>, of count: Int) throws -> (elements: [Element], count: Int) {
                var seen = try iterator.skip(part.lowerBound)
                var elements: [Element] = []
                while seen == part.lowerBound + elements.count, elements.count < part.count,
                    let element = try iterator.nextElement()
                {
                    elements.append(element)
                    seen += 1
                }
                if seen == part.upperBound { seen += try iterator.skip(count - seen) }
                return (elements, seen)
            }
            return {
                guard !isAtEnd else { return nil }
                let start = iterator.checkpoint
                var held = self.samples(ofBatch: size)
                var (elements, count) = try read(held, of: size)
                if count < size {
                    isAtEnd = true
                    guard count > 0, !dropRemainder else { return nil }
                    // The last batch is smaller, and so another part of it is needed here.
                    held = self.samples(ofBatch: count)
                    iterator = try samples.makeIterator(at: start)
                    elements = try read(held, of: count).elements
                }
                return DistributedBatch(part: try make(elements), held: held, count: count)
            }
        }
    }

    /// Distributes a dataset of samples that `batch` can put together: tuples of inputs and targets, and of weights.
    public func distribute<each Part: Batchable>(
        _ samples: Dataset<(repeat each Part)>, batchSize: Int, dropRemainder: Bool = false
    ) -> DistributedDataset {
        distribute(samples, batchSize: batchSize, dropRemainder: dropRemainder) { elements in
            try Self.only(Dataset(elements).threads(0).batch(elements.count))
        }
    }

    /// Distributes a dataset of samples that `batch` can put together.
    public func distribute<Element: Batchable>(
        _ samples: Dataset<Element>, batchSize: Int, dropRemainder: Bool = false
    ) -> DistributedDataset {
        distribute(samples, batchSize: batchSize, dropRemainder: dropRemainder) { elements in
            try Self.only(Dataset(elements).threads(0).batch(elements.count))
        }
    }

    /// Distributes batches that are made already: a `Dataset` behind its `batch`, or a `BatchSource` of your own. Each process
    /// makes the whole batches and keeps its part; `distribute(_:batchSize:)` spares it that.
    public func distribute(_ batches: some BatchSource) -> DistributedDataset {
        DistributedDataset(strategy: self) { [self] in
            let next = try batches.readBatches()
            return {
                guard let batch = try next() else { return nil }
                let held = self.samples(ofBatch: batch.count)
                let part = held.count == batch.count ? batch : batch.mapTensors { $0[held] }
                return DistributedBatch(part: part, held: held, count: batch.count)
            }
        }
    }

    /// The only batch of a dataset of one.
    private static func only(_ batches: some BatchSource) throws -> Batch {
        guard let batch = try batches.readBatches()() else {
            throw MartletError("Expected samples for a batch. Received: none.", at: "distribute")
        }
        return batch
    }

    private func checked(_ size: Int) -> Int {
        require(size >= 1, "distribute", "Expected a batch size of at least 1. Received: \(size).")
        return max(1, size)
    }
}
