import MartletCore

/// Samples in memory: tensors whose first axis counts the samples, for a model's inputs, targets and sample weights.
///
/// ```swift
/// let data = try TensorDataset(x: [images], y: [labels])
/// for batch in data.batches(of: 32, rows: order) { step(batch.x[0], batch.y[0]) }
/// ```
public struct TensorDataset: Sendable {
    /// What the model takes.
    public let x: [Tensor]
    /// What it shall give. Empty for prediction.
    public let y: [Tensor]
    /// What each sample counts for in the losses: none, one for all targets, or one for each.
    public let sampleWeights: [Tensor]
    /// The number of samples.
    public let count: Int

    /// Takes tensors of one length.
    /// - Throws: `MartletError` when there is no input, or a tensor has no axis or another number of samples than the first.
    public init(x: [Tensor], y: [Tensor] = [], sampleWeights: [Tensor] = []) throws(MartletError) {
        guard let first = x.first, first.rank > 0 else {
            throw MartletError("Expected inputs x whose first axis counts the samples. Received \(x.first.map { "\($0.spec)" } ?? "none").")
        }
        let named = [("x", x), ("y", y), ("sampleWeights", sampleWeights)]
        for (name, tensors) in named {
            for (i, tensor) in tensors.enumerated() where tensor.rank == 0 || tensor.shape[0] != first.shape[0] {
                throw MartletError(
                    "Expected \(first.shape[0]) samples in \(name)[\(i)], as in x[0]. Received \(tensor.spec).")
            }
        }
        self.x = x
        self.y = y
        self.sampleWeights = sampleWeights
        count = first.shape[0]
    }

    /// Samples that go through a model together. A batch shares nothing with the dataset.
    public struct Batch: Sendable {
        public let x: [Tensor]
        public let y: [Tensor]
        public let sampleWeights: [Tensor]
    }

    /// Batches of `size` samples; the last holds what is left, unless `dropRemainder`.
    /// Stops when `size` is below 1 or a row is not one of the dataset's.
    ///
    /// - Parameter rows: the samples to take, in order: a range for a part of the data, a permutation for shuffled data;
    ///   all when nil.
    public func batches(
        of size: Int, rows: (some RandomAccessCollection<Int> & Sendable)? = Range<Int>?.none, dropRemainder: Bool = false
    ) -> Batches {
        require(size >= 1, "batches", "Expected a batch size of 1 or more. Received: \(size).")
        let chosen = rows.map(Array.init) ?? Array(0..<count)
        if let row = chosen.first(where: { !(0..<count).contains($0) }) {
            stop("batches", "Expected rows in 0..<\(count). Received: \(row).")
        }
        let whole = chosen.count / size
        let number = dropRemainder || chosen.count % size == 0 ? whole : whole + 1
        return Batches(dataset: self, rows: chosen, size: size, endIndex: number)
    }

    /// The batches of one pass, each made when it is asked for.
    public struct Batches: RandomAccessCollection, Sendable {
        fileprivate let dataset: TensorDataset
        fileprivate let rows: [Int]
        fileprivate let size: Int
        public let endIndex: Int
        public var startIndex: Int { 0 }

        public subscript(index: Int) -> Batch {
            require(indices.contains(index), "batches", "Expected a batch in 0..<\(endIndex). Received: \(index).")
            let part = rows[index * size..<Swift.min((index + 1) * size, rows.count)]
            return Batch(
                x: dataset.x.map { $0.rows(part) }, y: dataset.y.map { $0.rows(part) },
                sampleWeights: dataset.sampleWeights.map { $0.rows(part) })
        }
    }
}

extension Tensor {
    /// A new tensor of the given rows of the first axis. Rows that follow each other are copied together.
    fileprivate func rows(_ rows: ArraySlice<Int>) -> Tensor {
        let shape = Shape(unchecked: [rows.count] + self.shape.dimensions.dropFirst())
        let result = Tensor(uninitialized: TensorSpec(shape, dtype))
        let rowSize = shape.dimensions.dropFirst().reduce(dtype.byteCount, *)
        withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            var position = rows.startIndex
            while position < rows.endIndex {
                var end = position + 1
                while end < rows.endIndex, rows[end] == rows[end - 1] + 1 { end += 1 }
                (result.mutablePointer + (position - rows.startIndex) * rowSize)
                    .copyMemory(from: base + rows[position] * rowSize, byteCount: (end - position) * rowSize)
                position = end
            }
        }
        return result
    }
}
