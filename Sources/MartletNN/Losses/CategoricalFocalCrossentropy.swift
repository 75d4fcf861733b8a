import MartletCore
import MartletFormats

/// Categorical cross-entropy that counts what is predicted well little: `-Σ α (1 - p)^γ y log p` over the classes.
///
/// T. Lin et al., *Focal loss for dense object detection*, 2017.
///
/// Source: [`keras.losses.CategoricalFocalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#categoricalfocalcrossentropy-class).
public final class CategoricalFocalCrossentropy: Loss, ConfigurableLoss {
    /// The weight of all classes.
    public let alpha: Double
    /// How little what is predicted well counts.
    public let gamma: Double
    /// Whether predictions are logits, not probabilities.
    public let fromLogits: Bool
    /// Targets are drawn towards the uniform distribution by this share.
    public let labelSmoothing: Double
    /// The axis that is reduced.
    public let axis: Int

    /// Makes the loss.
    public init(
        alpha: Double = 0.25, gamma: Double = 2, fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
        name: String = "categorical_focal_crossentropy",
        reduction: Reduction = .sumOverBatchSize
    ) {
        Self.check(labelSmoothing: labelSmoothing, in: "CategoricalFocalCrossentropy")
        self.alpha = alpha
        self.gamma = gamma
        self.fromLogits = fromLogits
        self.labelSmoothing = labelSmoothing
        self.axis = axis
        super.init(name: name, reduction: reduction)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            alpha: config.value("alpha", default: 0.25), gamma: config.value("gamma", default: 2),
            fromLogits: config.value("from_logits", default: false),
            labelSmoothing: config.value("label_smoothing", default: 0), axis: config.value("axis", default: -1),
            name: config.objectName, reduction: config.reduction)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let share = labelSmoothing / Double(yPred.shape[-1])
        let y = labelSmoothing == 0 ? yTrue : yTrue * (1 - labelSmoothing) + share
        let given = fromLogits ? yPred.softmax(axis: axis) : yPred
        let p = (given / given.sum(axis: axis, keepDims: true)).clipped(min: kerasEpsilon, max: 1 - kerasEpsilon)
        return -(alpha * (1 - p).pow(gamma) * y * p.log()).sum(axis: axis)
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "alpha": .double(alpha),
            "gamma": .double(gamma),
            "from_logits": .bool(fromLogits),
            "label_smoothing": .double(labelSmoothing),
            "axis": .int(axis),
        ]) { $1 }
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
