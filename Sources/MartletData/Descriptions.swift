import MartletCore

private func list(_ name: String, _ tensors: [Tensor]) -> String? {
    tensors.isEmpty ? nil : "\(name): " + tensors.map(\.spec.text).joined(separator: ", ")
}

extension TensorDataset: CustomStringConvertible, CustomDebugStringConvertible {
    /// Shapes and dtypes.
    public var description: String { "TensorDataset" + wholeBatch.specs }
    public var debugDescription: String { description }
}

extension Batch: CustomStringConvertible, CustomDebugStringConvertible {
    /// Shapes and dtypes.
    public var description: String { "Batch" + specs }
    public var debugDescription: String { description }

    fileprivate var specs: String {
        let parts = [list("inputs", inputs), list("targets", targets), list("sampleWeights", sampleWeights)]
        return "(\(count) samples, " + parts.compactMap { $0 }.joined(separator: "; ") + ")"
    }
}

extension Batches: CustomStringConvertible, CustomDebugStringConvertible {
    /// The number of batches and of what they are.
    public var description: String { "Batches(\(count) of \(size) samples\(isShuffled ? ", shuffled" : ""))" }
    public var debugDescription: String { description }
}

extension ImageDataset: CustomStringConvertible, CustomDebugStringConvertible {
    /// The name, shapes and dtypes.
    public var description: String {
        func text(_ part: Part) -> String { "x \(part.x.spec.text), y \(part.y.spec.text)" }
        return "ImageDataset(\"\(name)\", train: \(text(train)); test: \(text(test)); \(classNames.count) classes)"
    }
    public var debugDescription: String { description }
}
