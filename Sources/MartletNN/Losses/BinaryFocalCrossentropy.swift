import MartletCore

/// Binary cross-entropy that counts what is predicted well little: `(1 - pₜ)^γ` times it, with pₜ the probability given
/// to the target.
///
/// T. Lin et al., *Focal loss for dense object detection*, 2017.
///
/// Source: [`keras.losses.BinaryFocalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#binaryfocalcrossentropy-class).
public final class BinaryFocalCrossentropy: Loss, ConfigurableLoss, Described {
    /// Whether targets of 1 are weighted by alpha, and those of 0 by 1 - alpha.
    public private(set) var applyClassBalancing: Bool
    /// The weight of targets of 1.
    public private(set) var alpha: Double
    /// How little what is predicted well counts.
    public private(set) var gamma: Double
    /// Whether predictions are logits, not probabilities.
    public private(set) var fromLogits: Bool
    /// Targets are drawn towards 1/2 by this share.
    public private(set) var labelSmoothing: Double
    /// The axis that is reduced.
    public private(set) var axis: Int

    /// Makes the loss.
    public init(
        applyClassBalancing: Bool = false, alpha: Double = 0.25, gamma: Double = 2, fromLogits: Bool = false,
        labelSmoothing: Double = 0, axis: Int = -1, name: String = "binary_focal_crossentropy",
        reduction: Reduction = .sumOverBatchSize
    ) {
        self.applyClassBalancing = applyClassBalancing
        self.alpha = alpha
        self.gamma = gamma
        self.fromLogits = fromLogits
        self.labelSmoothing = labelSmoothing
        self.axis = axis
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: BinaryFocalCrossentropy()) {
        $0("apply_class_balancing", \.applyClassBalancing)
        $0("alpha", \.alpha)
        $0("gamma", \.gamma)
        $0("from_logits", \.fromLogits)
        $0("label_smoothing", \.labelSmoothing, .in(0...1))
        $0("axis", \.axis)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let y = labelSmoothing == 0 ? yTrue : yTrue * (1 - labelSmoothing) + 0.5 * labelSmoothing
        let p = fromLogits ? yPred.sigmoid() : yPred
        let entropy = BinaryCrossentropy.entropy(y, yPred, fromLogits: fromLogits)
        let focal = (1 - (y * p + (1 - y) * (1 - p))).pow(gamma) * entropy
        return (applyClassBalancing ? (y * alpha + (1 - y) * (1 - alpha)) * focal : focal).mean(axis: axis)
    }
}

extension LossConvertible where Self == BinaryFocalCrossentropy {
    /// See ``BinaryFocalCrossentropy``.
    public static func binaryFocalCrossentropy(
        applyClassBalancing: Bool = false, alpha: Double = 0.25, gamma: Double = 2, fromLogits: Bool = false,
        labelSmoothing: Double = 0, axis: Int = -1, reduction: Reduction = .sumOverBatchSize
    ) -> BinaryFocalCrossentropy {
        BinaryFocalCrossentropy(
            applyClassBalancing: applyClassBalancing, alpha: alpha, gamma: gamma, fromLogits: fromLogits,
            labelSmoothing: labelSmoothing, axis: axis, reduction: reduction)
    }
}
