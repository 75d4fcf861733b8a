import MartletCore

/// `mean(max(1 - yTrue · yPred, 0)²)` over the last axis, for targets of -1 and 1; targets of 0 and 1 are taken for
/// these.
///
/// Source: [`keras.losses.SquaredHinge`](https://keras.io/api/losses/hinge_losses/#squaredhinge-class).
public final class SquaredHinge: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: SquaredHinge())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        maximum(1 - signs(yTrue) * yPred, 0).square().mean(axis: -1)
    }
}

extension LossConvertible where Self == SquaredHinge {
    /// `mean(max(1 - yTrue · yPred, 0)²)`
    public static func squaredHinge(reduction: Reduction = .sumOverBatchSize) -> SquaredHinge {
        SquaredHinge(reduction: reduction)
    }
}
