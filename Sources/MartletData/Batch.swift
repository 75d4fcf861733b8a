import MartletCore

/// A part of the samples, as a training step takes it.
public struct Batch: Sendable {
    /// One tensor for each input.
    public let inputs: [Tensor]
    /// One tensor for each output.
    public let targets: [Tensor]
    /// Weights, one for each sample: none, one tensor for all outputs, or one for each.
    public let sampleWeights: [Tensor]

    /// Makes a batch, for calls of `trainStep`.
    public init(inputs: [Tensor], targets: [Tensor] = [], sampleWeights: [Tensor] = []) {
        self.inputs = inputs
        self.targets = targets
        self.sampleWeights = sampleWeights
    }

    /// The number of samples.
    public var count: Int { inputs[0].shape[0] }

    /// The weights for the loss and the metrics of one output, nil when there are none.
    public func sampleWeight(ofOutput index: Int) -> Tensor? {
        sampleWeights.count > 1 ? sampleWeights[index] : sampleWeights.first
    }
}

extension Batch {
    /// The only input. Stops when there are several: then `inputs` has them.
    public var x: Tensor { only(inputs, "x", "inputs") }
    /// The only target. Stops when there are several, or none: then `targets` has them.
    public var y: Tensor { only(targets, "y", "targets") }

    private func only(_ tensors: [Tensor], _ name: String, _ all: String) -> Tensor {
        guard
            require(
                tensors.count == 1, "Batch.\(name)",
                "Expected a batch of one tensor in \"\(all)\". Received: \(tensors.count). Use batch.\(all) instead.")
        else { return .nothing }
        return tensors[0]
    }
}
