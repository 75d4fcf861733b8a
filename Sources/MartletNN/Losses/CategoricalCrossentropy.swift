import MartletCore

/// How surprising one-hot targets are to predicted distributions: `-Σ y log p` over the classes.
///
/// Of logits x, `log p` is `logSoftmax(x)`. Probabilities that `softmax` gave are traced back to their logits, as Keras
/// does on TensorFlow; others are divided by their sum and clipped to 1e-7...1 - 1e-7.
///
/// The gradient is the true one whatever the targets add up to; TensorFlow's of logits is that only where they add up
/// to 1.
///
/// Source:
/// [`keras.losses.CategoricalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#categoricalcrossentropy-class).
public final class CategoricalCrossentropy: Loss, ConfigurableLoss, Described {
    /// Whether predictions are logits, not probabilities.
    public private(set) var fromLogits: Bool
    /// Targets are drawn towards the uniform distribution by this share.
    public private(set) var labelSmoothing: Double
    /// The axis of the classes.
    public private(set) var axis: Int

    /// Makes the loss. Stops when `labelSmoothing` is not in 0...1.
    public init(
        fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1, name: String = "categorical_crossentropy",
        reduction: Reduction = .sumOverBatchSize
    ) {
        self.fromLogits = fromLogits
        self.labelSmoothing = labelSmoothing
        self.axis = axis
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: CategoricalCrossentropy()) {
        $0("from_logits", \.fromLogits)
        $0("label_smoothing", \.labelSmoothing, .in(0...1))
        $0("axis", \.axis)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let share = labelSmoothing / Double(yPred.shape[axis])
        let y = labelSmoothing == 0 ? yTrue : yTrue * (1 - labelSmoothing) + share
        if let x = fromLogits ? yPred : yPred.logits(of: .softmax) {
            return -(y * x.logSoftmax(axis: axis)).sum(axis: axis)
        }
        let p = (yPred / yPred.sum(axis: axis, keepDims: true)).clipped(min: kerasEpsilon, max: 1 - kerasEpsilon)
        return -(y * p.log()).sum(axis: axis)
    }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        let classes = prediction.rank > 0 ? prediction[-1] : nil
        if prediction.rank >= 2,
            target.rank == prediction.rank - 1 || target.rank == prediction.rank && target[-1] == 1,
            let classes, classes > 1
        {
            throw MartletError(
                "Expected one-hot targets of \(classes) classes, shaped like the predictions \(prediction), "
                    + "for the loss \(name). Received: \(target). "
                    + "For class numbers use "
                    + "\(Caller.words(swift: ".sparseCategoricalCrossentropy()", keras: "sparse_categorical_crossentropy")).")
        }
        if prediction.rank >= 2, classes == 1 {
            throw MartletError(
                "Expected predictions of at least 2 classes for the loss \(name). Received: \(prediction). "
                    + "For a single probability use .binaryCrossentropy().")
        }
        try super.validate(target: target, prediction: prediction)
    }
}

extension LossConvertible where Self == CategoricalCrossentropy {
    /// How surprising one-hot targets are to predicted distributions.
    public static func categoricalCrossentropy(
        fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1, reduction: Reduction = .sumOverBatchSize
    ) -> CategoricalCrossentropy {
        CategoricalCrossentropy(
            fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis, reduction: reduction)
    }
}
