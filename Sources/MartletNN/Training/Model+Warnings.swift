import MartletCore
import MartletData
import MartletFormats

/// A loss whose predictions are probabilities, or else logits.
protocol ProbabilityLoss: Loss {
    var fromLogits: Bool { get }
}

extension BinaryCrossentropy: ProbabilityLoss {}
extension BinaryFocalCrossentropy: ProbabilityLoss {}
extension CategoricalCrossentropy: ProbabilityLoss {}
extension CategoricalFocalCrossentropy: ProbabilityLoss {}
extension SparseCategoricalCrossentropy: ProbabilityLoss {}

extension Metric {
    /// Whether it takes targets of 0 and 1 only.
    fileprivate var isBinary: Bool {
        switch self {
        case is BinaryAccuracy, is ConfusionCount, is ConfusionRatio, is ConstrainedRatio, is AUC, is BinaryIoU: true
        default: false
        }
    }
}

extension Model {
    /// Warns of the first input and of the first target that hold NaN.
    func warnOfNaN(in data: TensorDataset, _ compilation: Compilation) {
        for (kind, tensors) in [("x", data.inputs), ("y", data.targets)] {
            for (index, tensor) in tensors.enumerated() {
                guard let sample = tensor.firstSampleWithNaN else { continue }
                let name = "\(kind)\(tensors.count > 1 ? "[\(index)]" : "")"
                let message = "\(name) holds NaN"
                // Later batches have others.
                guard compilation.warned.insert(message).inserted else { continue }
                Settings.warn("\(self.name): \(message), first in sample \(sample). One is enough to make all weights NaN.")
            }
        }
    }

    /// Warns of what computes without an error and is hardly meant, each once for each call of `compile`.
    /// - Parameter sample: the predictions of the first sample, where a model had to compute them.
    func warnOfMistakes(
        in data: TensorDataset, predictions: [PartialShape], sample: [Tensor]?, _ compilation: Compilation
    ) {
        func warn(_ message: String) { compilation.warnOnce(message, of: self) }
        warnOfNaN(in: data, compilation)
        let optimizer = (compilation.optimizer as? LossScaleOptimizer)?.innerOptimizer ?? compilation.optimizer
        for rate in ((optimizer as? MultiOptimizer)?.innerOptimizers ?? [optimizer]).map(\.learningRate) where rate < 0 {
            warn("The learning rate is negative, \(Float(rate)): the loss will grow.")
        }

        let names = outputNames.count == predictions.count ? outputNames : predictions.indices.map { "output_\($0 + 1)" }
        for (index, output) in compilation.outputs.enumerated() {
            guard let place = output.target else { continue }
            let target = data.targets[place]
            if let loss = output.loss as? any ProbabilityLoss {
                let activation = outputActivation(index)
                let range = sample.map { ($0[index].min().item(as: Double.self), $0[index].max().item(as: Double.self)) }
                if let problem = Self.problem(of: loss, after: activation, predictions[index], range) {
                    warn("The output \"\(names[index])\" \(problem)")
                }
                if loss is BinaryCrossentropy || loss is BinaryFocalCrossentropy, !target.isWithinZeroAndOne {
                    warn("The loss \(loss.name) takes targets from 0 to 1. Some targets lie outside.")
                }
            }
            for metric in output.metrics + output.weightedMetrics where metric.isBinary && !target.isWithinZeroAndOne {
                warn(
                    "The metric \(metric.name) takes targets of 0 and 1. Some targets are others, class numbers perhaps: "
                        + "\"accuracy\" fits those.")
            }
        }
    }

    private static func problem(
        of loss: any ProbabilityLoss, after activation: String?, _ shape: PartialShape, _ range: (Double, Double)?
    ) -> String? {
        let fromLogits = Caller.words(swift: "fromLogits: true", keras: "from_logits=True")
        let probabilities: Set = ["softmax", "sigmoid", "hard_sigmoid", "sparsemax", "sparse_sigmoid"]
        if activation == "softmax", shape.rank > 0, shape[-1] == 1 {
            return "ends in a softmax over one unit, which is 1 for every input. Use sigmoid, or a unit for each class."
        }
        if loss.fromLogits {
            guard let activation, probabilities.contains(activation) else { return nil }
            return "ends in \(activation), which gives probabilities, but the loss \(loss.name) has \(fromLogits). "
                + "Leave out one of both."
        }
        let advice = "Use \(loss.name.hasPrefix("binary") ? "sigmoid" : "softmax") there, or \(fromLogits)."
        if let activation {
            if probabilities.contains(activation) { return nil }
            let end = activation == "linear" ? "has no activation" : "ends in \(activation)"
            return "\(end), but the loss \(loss.name) takes probabilities. \(advice)"
        }
        if let range, range.0 < 0 || range.1 > 1 {
            return "gives values outside 0...1, but the loss \(loss.name) takes probabilities. \(advice)"
        }
        return nil
    }

    /// Keras's name of the activation that the output comes from, nil where it is not known.
    private func outputActivation(_ index: Int) -> String? { layerBehindOutput(index)?.activationName }

    /// The layer that computes the numbers of an output, nil where it is not known.
    private func layerBehindOutput(_ index: Int) -> Layer? {
        var layer = (self as? Sequential)?.layers.last { !$0.keepsValues }
        if let graph, graph.outputs.indices.contains(index) {
            var node = graph.outputs[index].node
            while node.layer.keepsValues, let input = node.inputs.first { node = input.node }
            layer = node.layer
        }
        return (layer as? Sequential)?.layerBehindOutput(0) ?? layer
    }

    /// What `summary` says of outputs that are a softmax of 16 bits; empty where there is none.
    var softmaxHints: [String] {
        (0..<(outputCount ?? 0)).compactMap { index in
            guard let layer = layerBehindOutput(index), layer.computeDType.isHalf, layer.activationName == "softmax" else {
                return nil
            }
            return " Hint: the softmax of \"\(layer.name.shortened(to: MartletError.quotedCount))\" gives \(layer.computeDType). "
                + "With dtype: .float32 small probabilities keep their digits."
        }
    }
}

extension Layer {
    /// Whether every number of the output is one of the input.
    fileprivate var keepsValues: Bool { self is Reshape || self is Flatten || self is Permute || self is Identity }

    /// Keras's name of the layer's own activation, nil where there is none or it is one's own.
    fileprivate var activationName: String? {
        switch self {
        case is Softmax: return "softmax"
        default:
            switch config["activation"] {
            case .string(let name)?: return name
            case .object(let object)?:
                guard case .string(let name)? = object["class_name"], name != "function" else { return nil }
                return name
            default: return nil
            }
        }
    }
}

extension Compilation {
    fileprivate func warnOnce(_ message: String, of model: Model) {
        if warned.insert(message).inserted { Settings.warn("\(model.name): \(message)") }
    }
}

extension Tensor {
    /// The first sample that has an element that is NaN, nil where none has. The sum tells quickly that none has.
    fileprivate var firstSampleWithNaN: Int? {
        guard dtype.isFloatingPoint, elementCount > 0, sum().item(as: Double.self).isNaN else { return nil }
        let isNaN = isNaN().flattened()
        guard isNaN.any().item(as: Bool.self) else { return nil }
        return isNaN.cast(to: .int32).argmax().item(as: Int.self) / (elementCount / shape[0])
    }

    fileprivate var isWithinZeroAndOne: Bool {
        elementCount == 0 || dtype == .bool
            || !(min().item(as: Double.self) < 0 || self.max().item(as: Double.self) > 1)
    }
}
