import MartletCore
import MartletFormats

/// Minus the cosine of the angle between targets and predictions: -1 for one direction, 0 for orthogonal ones, 1 for
/// opposite ones.
///
/// Source: [`keras.losses.CosineSimilarity`](https://keras.io/api/losses/regression_losses/#cosinesimilarity-class).
public final class CosineSimilarity: Loss, ConfigurableLoss, Described {
    /// The axis along which vectors lie.
    public private(set) var axis: Int

    /// Makes the loss.
    public init(axis: Int = -1, name: String = "cosine_similarity", reduction: Reduction = .sumOverBatchSize) {
        self.axis = axis
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: CosineSimilarity()) { $0("axis", \.axis) }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        // The norm is at least 1e-7, which is Keras's bound.
        let smallest = kerasEpsilon * kerasEpsilon
        let (a, b) = (
            yTrue.l2Normalized(axis: axis, epsilon: smallest), yPred.l2Normalized(axis: axis, epsilon: smallest)
        )
        return -(a * b).sum(axis: axis)
    }

    public override var config: [String: JSONValue] {
        // Keras forgets it, and would take an unknown axis for the last.
        axis == -1 ? super.config.filter { $0.key != "axis" } : super.config
    }
}

extension LossConvertible where Self == CosineSimilarity {
    /// Minus the cosine of the angle between targets and predictions.
    public static func cosineSimilarity(
        axis: Int = -1, reduction: Reduction = .sumOverBatchSize
    ) -> CosineSimilarity { CosineSimilarity(axis: axis, reduction: reduction) }
}
