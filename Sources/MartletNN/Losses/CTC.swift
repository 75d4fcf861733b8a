import MartletCore

/// How surprising a sequence of labels is to logits at more steps than it has labels, over all ways to spread it over
/// the steps. Class 0 is the blank, and pads targets.
///
/// Shapes: targets [batch, labels], predictions [batch, steps, classes]. Of labels that do not fit into the steps, parts count
/// with a probability of 1e-307 besides, as in TensorFlow: the loss is then about 707.
///
/// A. Graves et al., *Connectionist temporal classification*, 2006.
///
/// Source: [`keras.losses.CTC`](https://keras.io/api/losses/probabilistic_losses/#ctc-class).
public final class CTC: Loss, ConfigurableLoss, Described {
    public static let arguments = Arguments(default: CTC())

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let labels = yTrue.cast(to: .int64)
        let (batch, count, steps) = (labels.shape[0], labels.shape[1], yPred.shape[1])
        // Blanks before, between and after the labels.
        let blanks = Tensor.zeros([batch, count], dtype: .int64)
        let path = Tensor.concatenate(
            [Tensor.stack([blanks, labels], axis: 2).reshaped([batch, 2 * count]), blanks[0..., 0..<1]], axis: 1)
        let places = 2 * count + 1
        let odds = yPred.logSoftmax(axis: -1)
            .takenAlong(axis: 2, indices: path.expandingDims(at: 1).broadcast(to: [batch, steps, places]))
        // A label may follow the one before it without a blank unless they are equal.
        let never = Tensor.full([batch, 2], -1e30, dtype: yPred.dtype)
        let mayLeap = path[0..., 2...] .!= path[0..., 0..<(places - 2)]
        let leaps = Tensor.concatenate([never, `where`(mayLeap, Tensor.zeros([], dtype: yPred.dtype), -1e30)], axis: 1)
        let start = Tensor.range(0..<places) .< 2
        var alpha = `where`(start, odds[0..., 0], -1e30)
        for step in stride(from: 1, to: steps, by: 1) {
            let one = Tensor.concatenate([never[0..., 0..<1], alpha[0..., 0..<(places - 1)]], axis: 1)
            let two = Tensor.concatenate([never, alpha[0..., 0..<(places - 2)]], axis: 1) + leaps
            alpha = Tensor.stack([alpha, one, maximum(two, -1e30)], axis: 0).logSumExp(axis: 0) + odds[0..., step]
        }
        let length = (labels .!= 0).cast(to: .int64).sum(axis: 1, keepDims: true)
        // At the last label, or at the blank behind it.
        let place = Tensor.range(0..<places, dtype: .int64)
        let isEnd = (place .== 2 * length).logicalOr(place .== 2 * length - 1)
        return -`where`(isEnd, alpha, alpha + Self.improbable).logSumExp(axis: 1)
    }

    /// The logarithm of 1e-307.
    private static let improbable = -706.893623549172

    override var keepsIntegerTargets: Bool { true }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        guard target.rank == 2, prediction.rank == 3, target[1] != 0, prediction[1] != 0 else {
            throw MartletError(
                "Expected targets (batch, labels) and predictions (batch, steps, classes) for the loss \(name). "
                    + "Received: \(target) and \(prediction).")
        }
    }
}

extension LossConvertible where Self == CTC {
    /// See ``CTC``.
    public static func ctc(reduction: Reduction = .sumOverBatchSize) -> CTC { CTC(reduction: reduction) }
}
