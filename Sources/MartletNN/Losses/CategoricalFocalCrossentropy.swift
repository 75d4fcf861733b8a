import MartletCore

/// Categorical cross-entropy that counts what is predicted well little: `-Σ α (1 - p)^γ y log p` over the classes.
///
/// T. Lin et al., *Focal loss for dense object detection*, 2017.
///
/// Source: [`keras.losses.CategoricalFocalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#categoricalfocalcrossentropy-class).
public final class CategoricalFocalCrossentropy: Loss, ConfigurableLoss, Described {
    /// The weight of all classes.
    public private(set) var alpha: Double
    /// How little what is predicted well counts.
    public private(set) var gamma: Double
    /// Whether predictions are logits, not probabilities.
    public private(set) var fromLogits: Bool
    /// Targets are drawn towards the uniform distribution by this share.
    public private(set) var labelSmoothing: Double
    /// The axis that is reduced.
    public private(set) var axis: Int

    /// Makes the loss.
    public init(
        alpha: Double = 0.25, gamma: Double = 2, fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
        name: String = "categorical_focal_crossentropy", reduction: Reduction = .sumOverBatchSize
    ) {
        self.alpha = alpha
        self.gamma = gamma
        self.fromLogits = fromLogits
        self.labelSmoothing = labelSmoothing
        self.axis = axis
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: CategoricalFocalCrossentropy()) {
        $0("alpha", \.alpha)
        $0("gamma", \.gamma)
        $0("from_logits", \.fromLogits)
        $0("label_smoothing", \.labelSmoothing, .in(0...1))
        $0("axis", \.axis)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let share = labelSmoothing / Double(yPred.shape[-1])
        let y = labelSmoothing == 0 ? yTrue : yTrue * (1 - labelSmoothing) + share
        let given = fromLogits ? yPred.softmax(axis: axis) : yPred
        let p = (given / given.sum(axis: axis, keepDims: true)).clipped(min: kerasEpsilon, max: 1 - kerasEpsilon)
        return -(alpha * (1 - p).pow(gamma) * y * p.log()).sum(axis: axis)
    }
}

extension LossConvertible where Self == CategoricalFocalCrossentropy {
    /// See ``CategoricalFocalCrossentropy``.
    public static func categoricalFocalCrossentropy(
        alpha: Double = 0.25, gamma: Double = 2, fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
        reduction: Reduction = .sumOverBatchSize
    ) -> CategoricalFocalCrossentropy {
        CategoricalFocalCrossentropy(
            alpha: alpha, gamma: gamma, fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis,
            reduction: reduction)
    }
}
