import MartletCore

/// `(1 - p[y]^q) / q` of class numbers y: between cross-entropy, for q near 0, and absolute error, for q near 1, which
/// wrong labels disturb less.
///
/// Z. Zhang, M. Sabuncu, *Generalized cross entropy loss for training deep neural networks with noisy labels*, 2018.
///
/// Source: [`keras.losses.CategoricalGeneralizedCrossEntropy`](https://keras.io/api/losses/probabilistic_losses/#categoricalgeneralizedcrossentropy-class).
public final class CategoricalGeneralizedCrossEntropy: Loss, ConfigurableLoss, Described {
    /// Above 0 and below 1.
    public private(set) var q: Double

    /// Makes the loss.
    public init(
        q: Double = 0.5, name: String = "categorical_generalized_cross_entropy",
        reduction: Reduction = .sumOverBatchSize
    ) {
        self.q = q
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: CategoricalGeneralizedCrossEntropy()) {
        $0("q", \.q, .between(0, 1))
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let isTarget = Tensor.oneHot(classNumbers(yTrue, of: yPred), depth: yPred.shape[-1], dtype: yPred.dtype)
        return (1 - (yPred * isTarget).sum(axis: -1).pow(q)) / q
    }

    override var keepsIntegerTargets: Bool { true }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        try SparseCategoricalCrossentropy(name: name).validate(target: target, prediction: prediction)
    }
}

extension LossConvertible where Self == CategoricalGeneralizedCrossEntropy {
    /// See ``CategoricalGeneralizedCrossEntropy``.
    public static func categoricalGeneralizedCrossEntropy(
        q: Double = 0.5, reduction: Reduction = .sumOverBatchSize
    ) -> CategoricalGeneralizedCrossEntropy { CategoricalGeneralizedCrossEntropy(q: q, reduction: reduction) }
}
