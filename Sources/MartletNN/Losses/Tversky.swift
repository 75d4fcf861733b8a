import MartletCore

/// 1 less the Tversky index: `1 - Σ y p / (Σ y p + α Σ (1 - p) y + β Σ p (1 - y))`. With both 1/2 it is `Dice`.
///
/// Source: [`keras.losses.Tversky`](https://keras.io/api/losses/segmentation_losses/#tversky-class).
public final class Tversky: Loss, ConfigurableLoss, Described {
    /// The weight of what is missed.
    public private(set) var alpha: Double
    /// The weight of what is predicted wrongly.
    public private(set) var beta: Double
    /// The axes that are summed over, nil for all: one loss for the whole batch then.
    public private(set) var axes: [Int]?

    /// Makes the loss.
    public init(
        alpha: Double = 0.5, beta: Double = 0.5, axes: [Int]? = nil, name: String = "tversky",
        reduction: Reduction = .sumOverBatchSize
    ) {
        self.alpha = alpha
        self.beta = beta
        self.axes = axes
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: Tversky()) {
        $0("alpha", \.alpha)
        $0("beta", \.beta)
        $0("axis", \.axes, as: .axes)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let both = (yTrue * yPred).sum(axes: axes)
        let missed = ((1 - yPred) * yTrue).sum(axes: axes)
        let wrong = (yPred * (1 - yTrue)).sum(axes: axes)
        return 1 - both / (both + missed * alpha + wrong * beta + kerasEpsilon)
    }
}

extension LossConvertible where Self == Tversky {
    /// See ``Tversky``.
    public static func tversky(
        alpha: Double = 0.5, beta: Double = 0.5, axes: [Int]? = nil, reduction: Reduction = .sumOverBatchSize
    ) -> Tversky { Tversky(alpha: alpha, beta: beta, axes: axes, reduction: reduction) }
}
