import MartletCore
import Synchronization

/// A pipeline of elements: where they come from, and what is done with them on the way. It is a value that only describes;
/// nothing is read before a loop asks, and any number of loops may read it.
///
/// ```swift
/// let train = Dataset.fromTensorSlices(images, labels)
///     .shuffle(bufferSize: .all, seed: 1)
///     .map { image, label in (image.cast(to: .float32) / 255, label) }
///     .batch(32)
///     .prefetch()
/// try train.forEach { x, y in print(x.shape, y.shape) }
/// ```
///
/// The elements do not depend on the number of threads or on how far is read ahead.
///
/// A loop without `try` cannot throw. If something fails there, the loop ends, and the error goes to the log. Where data comes
/// from outside, use `try dataset.forEach { ... }`, `for try await x in dataset`, `dataset.array()`, or `fit`, which throw it.
public struct Dataset<Element: Sendable>: Sendable {
    let stage: Stage<Element>

    init(_ stage: Stage<Element>) { self.stage = stage }

    /// A source.
    init(
        source: String, length: DatasetLength, indexed: Indexed<Element>? = nil,
        identity: (@Sendable () throws -> String)? = nil,
        open: @escaping @Sendable (Opening, Place) throws -> Reader<Element>
    ) {
        let place = Place(stage: source, number: 1, path: source)
        stage = Stage(path: source, number: 1, length: length, indexed: indexed, identity: identity ?? { source }) {
            try open($0, place)
        }
    }

    /// A stage behind this pipeline.
    func then<Output: Sendable>(
        _ name: String, _ length: DatasetLength, indexed: Indexed<Output>? = nil, isRandom: Bool = false,
        open: @escaping @Sendable (Opening, Place, Stage<Element>) throws -> Reader<Output>
    ) -> Dataset<Output> {
        let path = stage.path + " → " + name
        let place = Place(stage: name, number: stage.number + 1, path: path)
        return Dataset<Output>(
            Stage(
                path: path, number: place.number, length: length, indexed: indexed,
                readings: isRandom && !stage.isRandom ? Readings() : stage.readings,
                isRandom: isRandom || stage.isRandom, threads: stage.threads,
                identity: { [stage] in try stage.identity() + " → " + name }
            ) { [stage] in try open($0, place, stage) })
    }

    /// The number of elements, as far as it is known without reading.
    public var length: DatasetLength { stage.length }

    /// The number of elements; nil when it is unknown or infinite.
    public var count: Int? { stage.length.count }

    /// Lets at most `count` workers prepare elements, nil as many as the machine has CPUs but one. With 0, the thread that reads
    /// does everything. The elements are the same.
    public func threads(_ count: Int?) -> Dataset {
        require(count ?? 0 >= 0, "threads", "Expected a number of at least 0. Received: \(count ?? 0).")
        return Dataset(
            Stage(
                path: stage.path, number: stage.number, length: stage.length, indexed: stage.indexed,
                readings: stage.readings, isRandom: stage.isRandom, threads: count ?? WorkerPool.automaticCount,
                identity: stage.identity, open: stage.open))
    }

    /// The pipeline that `transform` makes of this one, for stages that belong together.
    public func apply<Output: Sendable>(_ transform: (Dataset) throws -> Dataset<Output>) rethrows -> Dataset<Output> {
        try transform(self)
    }
}

extension Dataset: CustomStringConvertible, CustomDebugStringConvertible {
    /// The stages.
    public var description: String { "Dataset(\(stage.path))" }
    public var debugDescription: String { description }
}

/// A place in a pipeline, to go on there later, in this process or another: `dataset.makeIterator(at: position)`.
public struct DatasetPosition: Codable, Hashable, Sendable {
    /// The stages of the pipeline.
    let pipeline: String
    /// The number of the reading, counted from 0: shuffles and random maps depend on it.
    public let reading: Int
    /// The number of elements that were taken.
    public let taken: Int
    /// What stages know about the way there; it makes going on quicker, and changes nothing.
    let facts: [Int: [Int]]

    /// The beginning of a reading of `dataset`.
    public init<Element>(startOf reading: Int, of dataset: Dataset<Element>) {
        (pipeline, self.reading, taken, facts) = (dataset.stage.path, reading, 0, [:])
    }

    init(pipeline: String, reading: Int, taken: Int, facts: [Int: [Int]]) {
        (self.pipeline, self.reading, self.taken, self.facts) = (pipeline, reading, taken, facts)
    }
}
