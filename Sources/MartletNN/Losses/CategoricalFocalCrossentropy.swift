import MartletCore

/// Categorical cross-entropy that counts what is predicted well little: `-Σ α (1 - p)^γ y log p` over the classes.
///
/// T. Lin et al., *Focal loss for dense object detection*, 2017.
///
/// Source: [`keras.losses.CategoricalFocalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#categoricalfocalcrossentropy-class).
public final class CategoricalFocalCrossentropy: Loss, ConfigurableLoss, Described {
    /// The weight of all classes; of the first one where each has its own.
    public var alpha: Double { alphas[0] }
    /// The weight of each class along the last axis; one number for all.
    public private(set) var alphas: [Double]
    /// How little what is predicted well counts.
    public private(set) var gamma: Double
    /// Whether predictions are logits, not probabilities.
    public private(set) var fromLogits: Bool
    /// Targets are drawn towards the uniform distribution by this share.
    public private(set) var labelSmoothing: Double
    /// The axis that is reduced.
    public private(set) var axis: Int

    /// Makes the loss.
    public convenience init(
        alpha: Double = 0.25, gamma: Double = 2, fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
        name: String = "categorical_focal_crossentropy", reduction: Reduction = .sumOverBatchSize
    ) {
        self.init(
            alpha: [alpha], gamma: gamma, fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis, name: name,
            reduction: reduction)
    }

    /// Makes the loss with a weight for each class along the last axis. Stops when there is none.
    public init(
        alpha: [Double], gamma: Double = 2, fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
        name: String = "categorical_focal_crossentropy", reduction: Reduction = .sumOverBatchSize
    ) {
        Argument.check(!alpha.isEmpty, "CategoricalFocalCrossentropy", "alpha", expected: "at least one weight", received: alpha)
        alphas = alpha.isEmpty ? [0.25] : alpha
        self.gamma = gamma
        self.fromLogits = fromLogits
        self.labelSmoothing = labelSmoothing
        self.axis = axis
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: CategoricalFocalCrossentropy()) {
        $0.custom(
            "alpha",
            read: { loss, config in
                guard let alphas = try config.numbers("alpha") else { return }
                guard !alphas.isEmpty else {
                    throw MartletError("Expected at least one weight. Received: [].", at: "\(config.className).alpha")
                }
                loss.alphas = alphas
            }, write: { $0.alphas.count == 1 ? .double($0.alpha) : .array($0.alphas.map { .double($0) }) })
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
        let factor = (1 - p).pow(gamma)
        let weight = alphas.count == 1 ? alpha * factor : Tensor(alphas, dtype: p.dtype) * factor
        return -(weight * y * p.log()).sum(axis: axis)
    }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        try super.validate(target: target, prediction: prediction)
        guard alphas.count > 1, prediction.rank > 0, let classes = prediction[-1], classes != alphas.count else { return }
        throw MartletError(
            "Expected a weight for each of \(classes) classes in alpha of the loss \(name), or one number. Received: "
                + "\(alphas.count) weights.")
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
