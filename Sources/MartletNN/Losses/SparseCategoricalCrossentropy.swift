import MartletCore
import MartletFormats

/// How surprising class numbers are to predicted distributions: `-log p[y]`.
///
/// Of logits x, `log p` is `logSoftmax(x)`. Probabilities that `softmax` gave are traced back to their logits, as Keras
/// does on TensorFlow; others are clipped to 1e-7...1 - 1e-7 and then divided by their sum.
///
/// Source:
/// [`keras.losses.SparseCategoricalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#sparsecategoricalcrossentropy-class).
public final class SparseCategoricalCrossentropy: Loss, ConfigurableLoss, Described {
    /// Whether predictions are logits, not probabilities.
    public private(set) var fromLogits: Bool
    /// A class whose samples count nothing, nil for none; the mean is then over the others.
    public private(set) var ignoreClass: Int?
    /// The axis of the classes.
    public private(set) var axis: Int

    /// Makes the loss.
    public init(
        fromLogits: Bool = false, ignoreClass: Int? = nil, axis: Int = -1,
        name: String = "sparse_categorical_crossentropy", reduction: Reduction = .sumOverBatchSize
    ) {
        self.axis = axis
        self.fromLogits = fromLogits
        self.ignoreClass = ignoreClass
        super.init(name: name, reduction: reduction)
    }

    public static let arguments = Arguments(default: SparseCategoricalCrossentropy()) {
        $0("from_logits", \.fromLogits)
        $0("ignore_class", \.ignoreClass)
        $0("axis", \.axis)
    }

    public override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        var labels = labels(yTrue, yPred)
        let given =
            (fromLogits ? yPred : yPred.logits(of: .softmax))
            ?? yPred.clipped(min: kerasEpsilon, max: 1 - kerasEpsilon).log()
        let logits = axis == -1 || axis == given.rank - 1 ? given : given.movingAxis(axis, to: -1)
        guard let ignoreClass else { return sparseSoftmaxCrossEntropy(labels: labels, logits: logits) }
        let counts = labels .!= ignoreClass
        // Any class will do where the loss is not used; the ignored one may be none of them.
        labels = `where`(counts, labels, 0)
        return `where`(counts, sparseSoftmaxCrossEntropy(labels: labels, logits: logits), 0)
    }

    override var keepsIntegerTargets: Bool { true }

    override func mask(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor? {
        ignoreClass.map { labels(yTrue, yPred) .!= $0 }
    }

    /// The class numbers, `int64`, without a last axis of size 1.
    private func labels(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let isColumn = yTrue.rank == yPred.rank && yTrue.shape[-1] == 1
        return (isColumn ? yTrue.squeezed(axis: -1) : yTrue).cast(to: .int64)
    }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        guard prediction.rank >= 2 else {
            throw MartletError(
                "Expected predictions of a row of classes for each sample for the loss \(name). "
                    + "Received: \(prediction).")
        }
        if prediction[-1] == 1 {
            throw MartletError(
                "Expected predictions of at least 2 classes for the loss \(name). Received: \(prediction). "
                    + "For a single probability use \(Caller.words(swift: ".binaryCrossentropy()", keras: "binary_crossentropy")).")
        }
        let isColumn = target.rank == prediction.rank && target[-1] == 1
        if target.rank == prediction.rank, !isColumn, target[-1] == prediction[-1] {
            throw MartletError(
                "Expected class numbers for the loss \(name), shaped like the predictions \(prediction) without "
                    + "their last axis. Received: \(target). For one-hot targets use "
                    + "\(Caller.words(swift: ".categoricalCrossentropy()", keras: "categorical_crossentropy")).")
        }
        let lead = PartialShape(Array(prediction.dimensions.dropLast()))
        let labels = isColumn ? PartialShape(Array(target.dimensions.dropLast())) : target
        guard lead.accepts(labels) else {
            throw MartletError(
                "Expected class numbers of shape \(lead), or with a last axis of size 1, for the loss \(name) of "
                    + "predictions \(prediction). Received: \(target).")
        }
    }

    public override func validate(values: Tensor, prediction: PartialShape) throws {
        guard let classes = prediction[-1], values.elementCount > 0 else { return }
        let x = values.dtype.isFloatingPoint ? values : values.cast(to: .int64)
        var isBad = (x .< 0).logicalOr(x .>= classes)
        if x.dtype.isFloatingPoint { isBad = isBad.logicalOr(x .!= x.floor()) }
        if let ignoreClass { isBad = isBad.logicalAnd(x .!= ignoreClass) }
        guard isBad.any().item(as: Bool.self) else { return }
        let place = isBad.cast(to: .int32).argmax().item(as: Int.self)
        let text = x.dtype.isInteger ? "\(x.scalars(as: Int.self)[place])" : "\(x.scalars(as: Double.self)[place])"
        throw MartletError(
            "Expected labels that are whole numbers from 0 to \(classes - 1), for a model of \(classes) classes, "
                + "for the loss \(name). Received: \(text) in sample \(place / (x.elementCount / x.shape[0])).", at: "y")
    }

    public override var config: [String: JSONValue] {
        // Keras forgets it, and would take an unknown axis for the last.
        axis == -1 ? super.config.filter { $0.key != "axis" } : super.config
    }
}

extension LossConvertible where Self == SparseCategoricalCrossentropy {
    /// How surprising class numbers are to predicted distributions over the last axis.
    public static func sparseCategoricalCrossentropy(
        fromLogits: Bool = false, ignoreClass: Int? = nil, reduction: Reduction = .sumOverBatchSize
    ) -> SparseCategoricalCrossentropy {
        SparseCategoricalCrossentropy(fromLogits: fromLogits, ignoreClass: ignoreClass, reduction: reduction)
    }
}
