import MartletCore

/// How surprising the targets 0 and 1 are to predicted probabilities: `mean(-y log p - (1 - y) log(1 - p))` over
/// `axis`.
///
/// Of logits x it is `y softplus(-x) + (1 - y) softplus(x)`, which loses nothing where p would round to 0 or 1.
/// Probabilities that `sigmoid` gave are traced back to their logits, as Keras does on TensorFlow; others are clipped
/// to 1e-7...1 - 1e-7.
///
/// Source:
/// [`keras.losses.BinaryCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#binarycrossentropy-class).
public final class BinaryCrossentropy: Loss, ConfigurableLoss, Described {
    /// Whether predictions are logits, not probabilities.
    public private(set) var fromLogits: Bool
    /// Targets are drawn towards 1/2 by this share.
    public private(set) var labelSmoothing: Double
    /// The axis that is averaged over.
    public private(set) var axis: Int

    /// Makes the loss. Stops when `labelSmoothing` is not in 0...1.
    public init(
        fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1, name: String = "binary_crossentropy",
        reduction: Reduction = .sumOverBatchSize
    ) {
        self.fromLogits = fromLogits
        self.labelSmoothing = labelSmoothing
        self.axis = axis
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: BinaryCrossentropy()) {
        $0("from_logits", \.fromLogits)
        $0("label_smoothing", \.labelSmoothing, .in(0...1))
        $0("axis", \.axis)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let y = labelSmoothing == 0 ? yTrue : yTrue * (1 - labelSmoothing) + 0.5 * labelSmoothing
        return Self.entropy(y, yPred, fromLogits: fromLogits).mean(axis: axis)
    }

    /// The cross-entropy of each element, from the logits where they are known.
    static func entropy(_ y: Tensor, _ yPred: Tensor, fromLogits: Bool) -> Tensor {
        if let x = fromLogits ? yPred : yPred.logits(of: .sigmoid) {
            return y * (-x).softplus() + (1 - y) * x.softplus()
        }
        let p = yPred.clipped(min: kerasEpsilon, max: 1 - kerasEpsilon)
        return -(y * p.log() + (1 - y) * (1 - p).log())
    }
}

extension LossConvertible where Self == BinaryCrossentropy {
    /// How surprising the targets 0 and 1 are to predicted probabilities.
    public static func binaryCrossentropy(
        fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1, reduction: Reduction = .sumOverBatchSize
    ) -> BinaryCrossentropy {
        BinaryCrossentropy(fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis, reduction: reduction)
    }
}
