import MartletCore

/// Draws embeddings of one class together and those of different classes apart, each pair by how far it is from where
/// it should be. Targets are class numbers, predictions embeddings of length 1.
///
/// Y. Sun et al., *Circle loss: a unified perspective of pair similarity optimization*, 2020.
///
/// Source: [`keras.losses.Circle`](https://keras.io/api/losses/metric_learning_losses/#circle-class).
public final class Circle: Loss, ConfigurableLoss, Described {
    /// The scale of the exponents.
    public private(set) var gamma: Double
    /// How far pairs are let alone.
    public private(set) var margin: Double
    /// Whether an embedding is no pair with itself.
    public private(set) var removeDiagonal: Bool

    /// Makes the loss.
    public init(
        gamma: Double = 80, margin: Double = 0.4, removeDiagonal: Bool = true, name: String = "circle",
        reduction: Reduction = .sumOverBatchSize
    ) {
        self.gamma = gamma
        self.margin = margin
        self.removeDiagonal = removeDiagonal
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: Circle()) {
        $0("gamma", \.gamma)
        $0("margin", \.margin)
        $0("remove_diagonal", \.removeDiagonal)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let labels = yTrue.cast(to: .int64).flattened()
        let count = labels.elementCount
        let areSame = labels.reshaped([count, 1]) .== labels.reshaped([1, count])
        let isOther = removeDiagonal ? Tensor.eye(count, dtype: yPred.dtype) .== 0 : .ones([count, count], dtype: .bool)
        let distance = maximum(1 - matmul(yPred, yPred, transposeB: true), 0)
        let near = -gamma * (margin + distance) * (margin - distance)
        let far = gamma * maximum(1 + margin - distance, 0) * (1 - margin - distance)
        // Low enough to vanish in every sum, and finite: a row without pairs has no loss and no gradient.
        let positive = `where`(areSame.logicalAnd(isOther), near, -1e30).logSumExp(axis: 1)
        let negative = `where`(areSame, -1e30, far).logSumExp(axis: 1)
        return (positive + negative).softplus()
    }

    override var keepsIntegerTargets: Bool { true }

    /// Embeddings without a loss do not count in the mean.
    override func mask(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor? { call(yTrue, yPred) .> 0 }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        guard prediction.rank == 2, target.rank == 1 || target.rank == 2 && target[-1] == 1 else {
            throw MartletError(
                "Expected class numbers (batch) and embeddings (batch, features) for the loss \(name). "
                    + "Received: \(target) and \(prediction).")
        }
    }
}

extension LossConvertible where Self == Circle {
    /// See ``Circle``.
    public static func circle(
        gamma: Double = 80, margin: Double = 0.4, removeDiagonal: Bool = true, reduction: Reduction = .sumOverBatchSize
    ) -> Circle { Circle(gamma: gamma, margin: margin, removeDiagonal: removeDiagonal, reduction: reduction) }
}
