import MartletCore
import MartletFormats

/// 1 less the Dice coefficient: `1 - 2 Σ y p / (Σ y + Σ p)`.
///
/// Source: [`keras.losses.Dice`](https://keras.io/api/losses/segmentation_losses/#dice-class).
public final class Dice: Loss, ConfigurableLoss {
    /// The axes that are summed over, nil for all: one loss for the whole batch then.
    public let axes: [Int]?

    /// Makes the loss.
    public init(
        axes: [Int]? = nil, name: String = "dice",
        reduction: Reduction = .sumOverBatchSize
    ) {
        self.axes = axes
        super.init(name: name, reduction: reduction)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            axes: config.optionalAxes("axis"), name: config.objectName, reduction: config.reduction)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let both = (yTrue * yPred).sum(axes: axes)
        return 1 - 2 * both / (yTrue.sum(axes: axes) + yPred.sum(axes: axes) + kerasEpsilon)
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "axis": axes.map { $0.count == 1 ? .int($0[0]) : .integers($0) } ?? .null,
        ]) { $1 }
    }
}

extension LossConvertible where Self == Dice {
    /// See ``Dice``.
    public static func dice(
        axes: [Int]? = nil, reduction: Reduction = .sumOverBatchSize
    ) -> Dice { Dice(axes: axes, reduction: reduction) }
}
