import MartletCore

/// The Kullback-Leibler divergence of distributions: `Σ yTrue · log(yTrue / yPred)` over the last axis, both clipped to
/// 1e-7...1.
///
/// Source: [`keras.losses.KLDivergence`](https://keras.io/api/losses/probabilistic_losses/#kldivergence-class).
public final class KLDivergence: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: KLDivergence())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let target = yTrue.clipped(min: kerasEpsilon, max: 1)
        return (target * (target / yPred.clipped(min: kerasEpsilon, max: 1)).log()).sum(axis: -1)
    }
}

extension LossConvertible where Self == KLDivergence {
    /// The Kullback-Leibler divergence of distributions.
    public static func klDivergence(reduction: Reduction = .sumOverBatchSize) -> KLDivergence {
        KLDivergence(reduction: reduction)
    }
}
