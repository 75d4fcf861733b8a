import MartletCore

/// A part of the files.
public enum DatasetSubset: String, Sendable, CaseIterable, NamedChoice {
    /// What is not for validation.
    case training
    /// The last of the order.
    case validation
}

/// Batches of images or texts from a folder, with what they were made of. `fit`, `evaluate` and `predict` take it as it is; in
/// a loop and in the stages of a pipeline it is a `Dataset` of pairs of inputs and labels.
///
/// ```swift
/// for (images, labels) in train.take(1) { print(images.shape, labels.shape) }
/// let scaled = train.map { images, labels in (images / 255, labels) }
/// ```
public struct DirectoryDataset: BatchSource, Sequence, CustomStringConvertible {
    /// The batches: images, `float32` of 0 to 255 and shape `(n, height, width, channels)`, or strings of shape `(n,)`, with
    /// their labels.
    public let batches: Dataset<Batch>
    /// The names of the classes by their numbers; empty without labels.
    public let classNames: [String]
    /// The files, before they are shuffled.
    public let filePaths: [String]
    private let inputs: String

    /// - Parameter inputs: what the inputs are, for the description: `Image`.
    package init(of inputs: String, batches: Dataset<Batch>, classNames: [String], filePaths: [String]) {
        (self.inputs, self.batches, self.classNames, self.filePaths) = (inputs, batches, classNames, filePaths)
    }

    public var length: DatasetLength { batches.length }
    public func readBatches() throws -> () throws -> Batch? { try batches.readBatches() }
    public func readBatches(number: Int) throws -> () throws -> Batch? { try batches.readBatches(number: number) }

    /// The batches as pairs of inputs and labels. A reading throws a `MartletError` where there are no labels: then take
    /// `images`.
    public var dataset: Dataset<(Tensor, Tensor)> {
        batches.map { batch in
            guard let labels = batch.targets.first else {
                throw MartletError("Expected labels. The folder was opened without: take the property \(inputs.lowercased())s.")
            }
            return (batch.inputs[0], labels)
        }
    }

    /// The images of the batches, without labels.
    public var images: Dataset<Tensor> { batches.map { $0.inputs[0] } }
    /// The texts of the batches, without labels.
    public var texts: Dataset<Tensor> { batches.map { $0.inputs[0] } }

    /// The number of files and the classes.
    public var description: String {
        let names = classNames.prefix(10).joined(separator: ", ")
        let classes = classNames.isEmpty ? "no labels" : "\(classNames.count) classes: \(names)"
        return "\(inputs)DirectoryDataset(\(filePaths.count) files, \(classes)\(classNames.count > 10 ? ", ..." : ""))"
    }

    public func makeIterator() -> DatasetIterator<(Tensor, Tensor)> { dataset.makeIterator() }
    public var underestimatedCount: Int { batches.underestimatedCount }
    /// The number of batches; nil when it is unknown.
    public var count: Int? { batches.count }
    /// Calls `body` with each pair.
    /// - Throws: the error of the reading or of `body`.
    public func forEach(_ body: ((Tensor, Tensor)) throws -> Void) throws { try dataset.forEach(body) }

    // MARK: - The stages of a pipeline

    /// The pairs that `transform` makes of them, as `Dataset.map`.
    public func map<Output: Sendable>(
        _ transform: @escaping @Sendable (Tensor, Tensor) throws -> Output
    ) -> Dataset<Output> { dataset.map { try transform($0, $1) } }
    /// The first `count` pairs.
    public func take(_ count: Int) -> Dataset<(Tensor, Tensor)> { dataset.take(count) }
    /// All pairs but the first `count`.
    public func skip(_ count: Int) -> Dataset<(Tensor, Tensor)> { dataset.skip(count) }
    /// The pairs, kept in memory by the first reading.
    public func cache() -> Dataset<(Tensor, Tensor)> { dataset.cache() }
    /// The pairs, prepared ahead of their use.
    public func prefetch(_ count: Int? = nil) -> Dataset<(Tensor, Tensor)> { dataset.prefetch(count) }
    /// The pairs `count` times, without end when nil.
    public func `repeat`(_ count: Int? = nil) -> Dataset<(Tensor, Tensor)> { dataset.repeat(count) }
    /// The pairs in another order, as `Dataset.shuffle`.
    public func shuffle(bufferSize: ShuffleBuffer, seed: Int? = nil) -> Dataset<(Tensor, Tensor)> {
        dataset.shuffle(bufferSize: bufferSize, seed: seed)
    }
    /// The single inputs with their labels.
    public func unbatch() -> Dataset<(Tensor, Tensor)> { dataset.unbatch() }
}
