import MartletCore

/// The negative log-likelihood of counts under Poisson distributions of the predicted means, less what does not depend
/// on them: `mean(yPred - yTrue · log(yPred + 1e-7))` over the last axis.
///
/// Source: [`keras.losses.Poisson`](https://keras.io/api/losses/probabilistic_losses/#poisson-class).
public final class Poisson: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: Poisson())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        (yPred - yTrue * (yPred + kerasEpsilon).log()).mean(axis: -1)
    }
}

extension LossConvertible where Self == Poisson {
    /// The negative log-likelihood of counts under Poisson distributions of the predicted means, less what does not
    /// depend on them.
    public static func poisson(reduction: Reduction = .sumOverBatchSize) -> Poisson { Poisson(reduction: reduction) }
}
