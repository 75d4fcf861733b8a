import MartletCore
import MartletFormats

/// The options that every optimizer has.
public struct OptimizerOptions: Sendable {
    /// Each gradient by itself is scaled to at most this L2 norm.
    public var clipNorm: Double?
    /// Each element of a gradient is clipped to `-clipValue...clipValue`.
    public var clipValue: Double?
    /// All gradients together are scaled to at most this L2 norm.
    public var globalClipNorm: Double?
    /// Decoupled weight decay: each update also subtracts `learningRate * weightDecay * weight`.
    public var weightDecay: Double?

    /// Makes options; at most one kind of clipping may be given.
    public init(
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, weightDecay: Double? = nil
    ) {
        let given = [clipNorm, clipValue, globalClipNorm].compactMap { $0 }
        require(
            given.count <= 1, "Optimizer",
            "Expected at most one of clipNorm, clipValue and globalClipNorm. Received: \(given.count) of them.")
        require(
            given.allSatisfy { $0 > 0 }, "Optimizer", "Expected a positive clipping bound. Received: \(given).")
        self.clipNorm = clipNorm
        self.clipValue = clipValue
        self.globalClipNorm = globalClipNorm
        self.weightDecay = weightDecay
    }
}

extension OptimizerOptions {
    /// Scales or clips gradients as the options say, as trainers of one's own may.
    public func clip(_ gradients: [Tensor]) -> [Tensor] {
        let scales = scales(for: gradients)
        return gradients.enumerated().map { clipped($1, scale: scales?[$0]) }
    }

    /// What each gradient is multiplied by for its norm's sake, nil when norms are free: `bound / max(norm, bound)`. A
    /// global norm that is not finite makes every gradient NaN, as in TensorFlow.
    func scales(for gradients: [Tensor]) -> [Tensor]? {
        if let bound = clipNorm {
            return gradients.map { bound / maximum($0.square().sum().squareRoot(), bound) }
        }
        guard let bound = globalClipNorm, !gradients.isEmpty else { return nil }
        let squares = gradients.map { $0.square().sum() }
        let norm = squares.dropFirst().reduce(squares[0], +).squareRoot()
        let scale = bound / maximum(norm, bound) + (norm - norm)
        return gradients.map { scale.cast(to: $0.dtype) }
    }

    /// A gradient multiplied by its scale, and its elements clipped.
    func clipped<Number: ElementwiseArithmetic>(_ gradient: Number, scale: Number?) -> Number {
        let scaled = scale.map { gradient * $0 } ?? gradient
        return clipValue.map { scaled.clipped(min: -$0, max: $0) } ?? scaled
    }

    /// These options under Keras's names.
    var config: [String: JSONValue] {
        func json(_ number: Double?) -> JSONValue { number.map { .double($0) } ?? .null }
        return [
            "clipnorm": json(clipNorm), "clipvalue": json(clipValue), "global_clipnorm": json(globalClipNorm),
            "weight_decay": json(weightDecay),
        ]
    }
}
