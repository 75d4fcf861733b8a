import MartletCore

/// `mean(max(1 - yTrue · yPred, 0))` over the last axis, for targets of -1 and 1; targets of 0 and 1 are taken for
/// these.
///
/// Source: [`keras.losses.Hinge`](https://keras.io/api/losses/hinge_losses/#hinge-class).
public final class Hinge: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: Hinge())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        maximum(1 - signs(yTrue) * yPred, 0).mean(axis: -1)
    }
}

extension LossConvertible where Self == Hinge {
    /// `mean(max(1 - yTrue · yPred, 0))`
    public static func hinge(reduction: Reduction = .sumOverBatchSize) -> Hinge { Hinge(reduction: reduction) }
}
