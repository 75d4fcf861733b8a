import MartletCore
import MartletFormats

/// The mean over all samples of a function of targets and predictions, such as a loss.
///
/// Keras's metrics that are named as losses are, `MeanSquaredError` for example, are this class with the loss of that
/// name: `metrics: [.meanSquaredError()]` or `MeanMetricWrapper(MeanSquaredError())`.
///
/// Source:
/// [`keras.metrics.MeanMetricWrapper`](https://keras.io/api/metrics/reduction_metrics/#meanmetricwrapper-class).
open class MeanMetricWrapper: Mean {
    private let function: ((Tensor, Tensor) -> Tensor)?
    private let loss: Loss?
    private let direction: Bool?

    /// Whether a closure of the user's gives the values.
    var isOfClosure: Bool { function != nil && loss == nil }

    open override var isHigherBetter: Bool? { direction }

    /// Makes a metric of a closure, which gives one value for each sample, or several.
    /// - Parameter isHigherBetter: whether higher values are better, nil when that cannot be said.
    public init(
        name: String, dtype: DType? = nil, isHigherBetter: Bool? = nil,
        _ function: @escaping (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
    ) {
        self.function = function
        loss = nil
        direction = isHigherBetter
        super.init(name: name, dtype: dtype)
    }

    /// Makes a metric that overrides `values`.
    init(name: String, dtype: DType?, isHigherBetter: Bool?) {
        function = nil
        loss = nil
        direction = isHigherBetter
        super.init(name: name, dtype: dtype)
    }

    /// Makes a metric of a loss, whose reduction does not count.
    public convenience init(_ loss: Loss, name: String? = nil, dtype: DType? = nil) {
        self.init(loss, isNegated: false, name: name, dtype: dtype)
    }

    /// Makes a metric of a loss, or of its opposite.
    init(_ loss: Loss, isNegated: Bool, name: String? = nil, dtype: DType? = nil) {
        function = { isNegated ? -loss.lossOfSamples($0, $1) : loss.lossOfSamples($0, $1) }
        self.loss = loss
        direction = isNegated
        super.init(name: name ?? loss.name, dtype: dtype)
    }

    /// Makes a metric of the function that `fn` names, called with the other arguments.
    convenience init(config: Configuration) throws {
        let function: JSONValue = try config.required("fn")
        var arguments = try config.arguments.object()
        for key in ["name", "fn", "dtype"] { arguments[key] = nil }
        let loss = try config.located("fn") {
            try LossRegistry.shared.make(ObjectDescription(function, config: .object(arguments)))
        }
        try self.init(loss, name: config.optional("name"), dtype: config.metricType)
    }

    open override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        let weight = sampleWeight.map { counted($0, yTrue, yPred) }
        update(values(yTrue, yPred), weight: Self.weight(weight, maskOf: yPred))
    }

    /// One value for each sample, or several.
    func values(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        guard let function else { stop("\(Self.self)", "The metric computes nothing: override values(_:_:).") }
        return function(yTrue, yPred)
    }

    /// Weights that leave out what the predictions' mask leaves out.
    private static func weight(_ weight: Tensor?, maskOf yPred: Tensor) -> Tensor? {
        guard let mask = yPred.mask?.cast(to: weight?.dtype ?? yPred.dtype) else { return weight }
        guard let weight else { return mask }
        let (a, b) = Loss.aligned(mask, weight)
        return a * b
    }

    /// The weights, 0 for what the loss ignores. As in Keras, without weights that counts with a loss of 0.
    private func counted(_ weight: Tensor, _ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        guard let mask = loss?.mask(yTrue, yPred) else { return weight }
        var weight = weight.floating
        while weight.rank < mask.rank { weight = weight.expandingDims(at: -1) }
        return weight * mask.reshaped([Int](mask.shape.dimensions) + (weight.rank > mask.rank ? [1] : []))
            .cast(to: weight.dtype)
    }

    open override func validate(target: PartialShape, prediction: PartialShape) throws {
        try loss?.validate(target: target, prediction: prediction)
    }

    /// The class of Keras's metric of the same loss, where it has one.
    open override var className: String {
        guard let loss, Self.self == MeanMetricWrapper.self else { return super.className }
        return MetricRegistry.className(of: loss) ?? "MeanMetricWrapper"
    }

    open override var config: [String: JSONValue] {
        guard let loss else {
            let inherited = super.config
            guard function != nil, Self.self == MeanMetricWrapper.self else { return inherited }
            return inherited.merging(["fn": CustomObjects.function(name)]) { $1 }
        }
        var arguments = loss.config.merging(super.config) { $1 }
        arguments["reduction"] = nil
        switch loss {
        case is BinaryCrossentropy: arguments["axis"] = nil
        case let loss as SparseCategoricalCrossentropy: arguments["axis"] = .int(loss.axis)
        default: break
        }
        if className == "MeanMetricWrapper" {
            arguments["fn"] = CustomObjects.function(
                loss is ClosureLoss ? loss.name : LayerNames.snakeCase(loss.className))
        }
        return arguments
    }
}

extension MetricConvertible where Self == MeanMetricWrapper {
    /// The mean over all samples of a function of targets and predictions.
    /// - Parameter name: also what a saved model calls the function, for `register`.
    public static func custom(
        name: String, _ function: @escaping (_ yTrue: Tensor, _ yPred: Tensor) -> Tensor
    ) -> MeanMetricWrapper { MeanMetricWrapper(name: name, function) }

    /// The mean of the squares of the differences.
    public static func meanSquaredError(name: String? = nil) -> MeanMetricWrapper {
        .init(MeanSquaredError(), name: name)
    }
    /// The mean of the absolute differences.
    public static func meanAbsoluteError(name: String? = nil) -> MeanMetricWrapper {
        .init(MeanAbsoluteError(), name: name)
    }
    /// The mean of the absolute differences in percent of the targets.
    public static func meanAbsolutePercentageError(name: String? = nil) -> MeanMetricWrapper {
        .init(MeanAbsolutePercentageError(), name: name)
    }
    /// The mean of the squares of the differences of logarithms.
    public static func meanSquaredLogarithmicError(name: String? = nil) -> MeanMetricWrapper {
        .init(MeanSquaredLogarithmicError(), name: name)
    }
    /// The cross-entropy of targets 0 and 1.
    public static func binaryCrossentropy(
        fromLogits: Bool = false, labelSmoothing: Double = 0, name: String? = nil
    ) -> MeanMetricWrapper {
        .init(BinaryCrossentropy(fromLogits: fromLogits, labelSmoothing: labelSmoothing), name: name)
    }
    /// The cross-entropy of one-hot targets.
    public static func categoricalCrossentropy(
        fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1, name: String? = nil
    ) -> MeanMetricWrapper {
        .init(CategoricalCrossentropy(fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis), name: name)
    }
    /// The cross-entropy of class numbers.
    public static func sparseCategoricalCrossentropy(
        fromLogits: Bool = false, ignoreClass: Int? = nil, name: String? = nil
    ) -> MeanMetricWrapper {
        .init(SparseCategoricalCrossentropy(fromLogits: fromLogits, ignoreClass: ignoreClass), name: name)
    }
    /// The logarithm of the hyperbolic cosine of the differences.
    public static func logCosh(name: String = "logcosh") -> MeanMetricWrapper { .init(LogCosh(), name: name) }
    /// The Kullback-Leibler divergence of distributions.
    public static func klDivergence(name: String? = nil) -> MeanMetricWrapper { .init(KLDivergence(), name: name) }
    /// The negative log-likelihood of counts.
    public static func poisson(name: String? = nil) -> MeanMetricWrapper { .init(Poisson(), name: name) }
    /// `max(1 - yTrue · yPred, 0)`
    public static func hinge(name: String? = nil) -> MeanMetricWrapper { .init(Hinge(), name: name) }
    /// `max(1 - yTrue · yPred, 0)²`
    public static func squaredHinge(name: String? = nil) -> MeanMetricWrapper { .init(SquaredHinge(), name: name) }
    /// The hinge of one-hot targets.
    public static func categoricalHinge(name: String? = nil) -> MeanMetricWrapper {
        .init(CategoricalHinge(), name: name)
    }
    /// The cosine of the angle between targets and predictions: 1 for one direction, the loss's with the sign changed.
    public static func cosineSimilarity(axis: Int = -1, name: String = "cosine_similarity") -> MeanMetricWrapper {
        MeanMetricWrapper(CosineSimilarity(axis: axis), isNegated: true, name: name)
    }
}

extension Loss: MetricConvertible {
    /// The mean of the loss over all samples, under its name.
    public func makeMetric(for target: PartialShape, _ prediction: PartialShape, loss: Loss?) throws -> Metric {
        MeanMetricWrapper(self)
    }
}
