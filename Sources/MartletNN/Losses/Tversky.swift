import MartletCore
import MartletFormats

/// 1 less the Tversky index: `1 - Σ y p / (Σ y p + α Σ (1 - p) y + β Σ p (1 - y))`. With both 1/2 it is `Dice`.
///
/// Source: [`keras.losses.Tversky`](https://keras.io/api/losses/segmentation_losses/#tversky-class).
public final class Tversky: Loss, ConfigurableLoss {
    /// The weight of what is missed.
    public let alpha: Double
    /// The weight of what is predicted wrongly.
    public let beta: Double
    /// The axes that are summed over, nil for all: one loss for the whole batch then.
    public let axes: [Int]?

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

    public convenience init(config: Configuration) throws {
        try self.init(
            alpha: config.value("alpha", default: 0.5), beta: config.value("beta", default: 0.5),
            axes: config.optionalAxes("axis"), name: config.objectName, reduction: config.reduction)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let both = (yTrue * yPred).sum(axes: axes)
        let missed = ((1 - yPred) * yTrue).sum(axes: axes)
        let wrong = (yPred * (1 - yTrue)).sum(axes: axes)
        return 1 - both / (both + missed * alpha + wrong * beta + kerasEpsilon)
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "alpha": .double(alpha),
            "beta": .double(beta),
            "axis": axes.map { $0.count == 1 ? .int($0[0]) : .integers($0) } ?? .null,
        ]) { $1 }
    }
}

extension LossConvertible where Self == Tversky {
    /// See ``Tversky``.
    public static func tversky(
        alpha: Double = 0.5, beta: Double = 0.5, axes: [Int]? = nil, reduction: Reduction = .sumOverBatchSize
    ) -> Tversky { Tversky(alpha: alpha, beta: beta, axes: axes, reduction: reduction) }
}
