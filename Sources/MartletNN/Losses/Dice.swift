import MartletCore

/// 1 less the Dice coefficient: `1 - 2 Σ y p / (Σ y + Σ p)`.
///
/// Source: [`keras.losses.Dice`](https://keras.io/api/losses/segmentation_losses/#dice-class).
public final class Dice: Loss, ConfigurableLoss, Described {
    /// The axes that are summed over, nil for all: one loss for the whole batch then.
    public private(set) var axes: [Int]?

    /// Makes the loss.
    public init(axes: [Int]? = nil, name: String = "dice", reduction: Reduction = .sumOverBatchSize) {
        self.axes = axes
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: Dice()) { $0("axis", \.axes, as: .axes) }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let both = (yTrue * yPred).sum(axes: axes)
        return 1 - 2 * both / (yTrue.sum(axes: axes) + yPred.sum(axes: axes) + kerasEpsilon)
    }
}

extension LossConvertible where Self == Dice {
    /// See ``Dice``.
    public static func dice(
        axes: [Int]? = nil, reduction: Reduction = .sumOverBatchSize
    ) -> Dice { Dice(axes: axes, reduction: reduction) }
}
