import MartletCore

/// Samples in memory: inputs, targets, and weights. The first axis of each tensor counts the samples. A value that threads may
/// share.
public struct TensorDataset: Sendable {
    /// One tensor for each input of a model.
    public let inputs: [Tensor]
    /// One tensor for each output of a model; empty for data without targets.
    public let targets: [Tensor]
    /// Weights, one for each sample: none, one tensor for all outputs, or one for each.
    public let sampleWeights: [Tensor]

    /// Makes a dataset.
    /// - Throws: `MartletError` when a tensor has no first axis or the numbers of samples differ.
    public init(inputs: [Tensor], targets: [Tensor] = [], sampleWeights: [Tensor] = []) throws {
        guard let first = inputs.first else { throw MartletError("Expected at least one input.", at: "x") }
        for (name, tensors) in [("x", inputs), ("y", targets)] {
            for (index, tensor) in tensors.enumerated() {
                let place = tensors.count == 1 ? name : "\(name)[\(index)]"
                guard tensor.rank >= 1 else {
                    throw MartletError("Expected a first axis that counts the samples. Received: a scalar.", at: place)
                }
                guard first.rank >= 1, tensor.shape[0] == first.shape[0] else {
                    throw MartletError(
                        "Expected as many samples as x has, \(first.rank >= 1 ? first.shape[0] : 0). "
                            + "Received: \(tensor.shape[0]), in shape \(tensor.shape).", at: place)
                }
            }
        }
        for weights in sampleWeights where weights.rank < 1 || weights.shape[0] != first.shape[0] {
            throw MartletError(
                "Expected a weight for each of \(first.shape[0]) samples. Received: shape \(weights.shape).",
                at: "sampleWeight")
        }
        self.inputs = inputs
        self.targets = targets
        self.sampleWeights = sampleWeights
    }

    /// The number of samples.
    public var count: Int { inputs[0].shape[0] }

    /// The number of batches of `size`. The last batch is smaller when `size` does not divide the number of samples.
    public func batchCount(size: Int) -> Int {
        guard require(size >= 1, "batchCount", "Expected a batch size of at least 1. Received: \(size).") else { return 0 }
        return count / size + (count % size == 0 ? 0 : 1)
    }

    /// Batch number `index` of `size` samples, in the samples' own order, or in `order`, a vector of sample numbers.
    public func batch(_ index: Int, size: Int, order: Tensor? = nil) -> Batch {
        let first = index * min(size, count)
        let range = first..<(count - first < size ? count : first + size)
        let places = order.map { $0[range] }
        func part(_ tensor: Tensor) -> Tensor { places.map { tensor.gathered(at: $0) } ?? tensor[range] }
        return Batch(
            inputs: inputs.map(part), targets: targets.map(part), sampleWeights: sampleWeights.map(part))
    }

    /// The samples of a range.
    public subscript(range: Range<Int>) -> TensorDataset {
        TensorDataset(
            unchecked: inputs.map { $0[range] }, targets.map { $0[range] }, sampleWeights.map { $0[range] })
    }

    private init(unchecked inputs: [Tensor], _ targets: [Tensor], _ sampleWeights: [Tensor]) {
        self.inputs = inputs
        self.targets = targets
        self.sampleWeights = sampleWeights
    }

    /// Checks that no floating-point number is NaN or infinite.
    /// - Throws: `MartletError` with the place of the first such number.
    public func requireFinite() throws {
        for (name, tensors) in [("x", inputs), ("y", targets)] {
            for tensor in tensors where tensor.dtype.isFloatingPoint {
                let bad = tensor.isFinite().logicalNot()
                guard bad.any().item(as: Bool.self) else { continue }
                let first = bad.flattened().argmax().item(as: Int.self)
                let value: Double = tensor.flattened()[first].item()
                throw MartletError(
                    "Expected finite numbers. Received: \(value) in sample \(first / max(1, tensor.elementCount / count)).",
                    at: name)
            }
        }
    }
}
