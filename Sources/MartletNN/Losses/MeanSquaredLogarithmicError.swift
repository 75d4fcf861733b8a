import MartletCore

/// The mean of the squares of the differences of logarithms:
/// `mean((log(1 + max(yTrue, 1e-7)) - log(1 + max(yPred, 1e-7)))²)` over the last axis.
///
/// Source:
/// [`keras.losses.MeanSquaredLogarithmicError`](https://keras.io/api/losses/regression_losses/#meansquaredlogarithmicerror-class).
public final class MeanSquaredLogarithmicError: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: MeanSquaredLogarithmicError())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let (a, b) = (maximum(yTrue, kerasEpsilon) + 1, maximum(yPred, kerasEpsilon) + 1)
        return (a.log() - b.log()).square().mean(axis: -1)
    }
}

extension LossConvertible where Self == MeanSquaredLogarithmicError {
    /// The mean of the squares of the differences of logarithms.
    public static func meanSquaredLogarithmicError(
        reduction: Reduction = .sumOverBatchSize
    ) -> MeanSquaredLogarithmicError { MeanSquaredLogarithmicError(reduction: reduction) }
}
