import MartletCore

/// Where `fit`, `evaluate` and `predict` take batches from: a `Dataset`, the `batches(of:)` of a `TensorDataset`, or a type of
/// your own.
public protocol BatchSource: Sendable {
    /// The number of batches in a reading.
    var length: DatasetLength { get }
    /// Begins a reading: the closure gives one batch after the other, nil at the end.
    func readBatches() throws -> () throws -> Batch?
    /// Begins a certain reading, counted from 0, so that training that goes on from a backup sees the batches that follow. By
    /// default every reading is the same.
    func readBatches(number: Int) throws -> () throws -> Batch?
}

extension BatchSource {
    public func readBatches(number: Int) throws -> () throws -> Batch? { try readBatches() }
}

extension Batches: BatchSource {
    public var length: DatasetLength { .count(count) }

    public func readBatches() throws -> () throws -> Batch? {
        try requireMemory()
        let iterator = makeIterator()
        return { iterator.next() }
    }
}

/// An element of a `Dataset` that training takes as a batch. Tensors, lists and tuples of them are batches already.
public protocol BatchConvertible {
    /// The element as a batch.
    var batch: Batch { get }
}

extension Batch: BatchConvertible {
    public var batch: Batch { self }
}

extension Dataset: BatchSource {
    /// The elements as batches: a `Batch` or another `BatchConvertible`; inputs, `Tensor`, `[Tensor]` or texts, `[String]`; or a
    /// tuple of inputs and targets, or of inputs, targets and weights. Throws for elements of other types.
    public func readBatches() throws -> () throws -> Batch? { try batches(of: makeIterator()) }

    public func readBatches(number: Int) throws -> () throws -> Batch? {
        try batches(of: makeIterator(at: DatasetPosition(startOf: number, of: self)))
    }

    private func batches(of iterator: DatasetIterator<Element>) throws -> () throws -> Batch? {
        guard Dataset.makesBatches else {
            throw MartletError(
                "Expected batches: tensors or lists of texts (inputs), tuples of inputs and targets or of inputs, targets and "
                    + "weights, or Batch. Received elements of type \(Element.self). Make batches of them with map and batch.", at: "\(self)")
        }
        var iterator = iterator
        return { try iterator.nextElement().flatMap(Dataset.batch) }
    }

    private static var makesBatches: Bool {
        Element.self is any BatchConvertible.Type || Element.self == Tensor.self || Element.self == [Tensor].self
            || Element.self == (Tensor, Tensor).self || Element.self == (Tensor, Tensor, Tensor).self
            || Element.self == ([Tensor], [Tensor]).self || Element.self == ([Tensor], Tensor).self
            || Element.self == ([Tensor], [Tensor], [Tensor]).self || Element.self == [String].self
            || Element.self == ([String], Tensor).self || Element.self == ([String], Tensor, Tensor).self
    }

    private static func batch(_ element: Element) -> Batch? {
        switch element {
        case let element as any BatchConvertible: element.batch
        case let x as Tensor: Batch(inputs: [x])
        case let x as [Tensor]: Batch(inputs: x)
        case let (x, y) as (Tensor, Tensor): Batch(inputs: [x], targets: [y])
        case let (x, y, weight) as (Tensor, Tensor, Tensor): Batch(inputs: [x], targets: [y], sampleWeights: [weight])
        case let (x, y) as ([Tensor], [Tensor]): Batch(inputs: x, targets: y)
        case let (x, y) as ([Tensor], Tensor): Batch(inputs: x, targets: [y])
        case let (x, y, weights) as ([Tensor], [Tensor], [Tensor]): Batch(inputs: x, targets: y, sampleWeights: weights)
        case let x as [String]: Batch(inputs: [Tensor(strings: x)])
        case let (x, y) as ([String], Tensor): Batch(inputs: [Tensor(strings: x)], targets: [y])
        case let (x, y, weight) as ([String], Tensor, Tensor):
            Batch(inputs: [Tensor(strings: x)], targets: [y], sampleWeights: [weight])
        default: nil
        }
    }
}
