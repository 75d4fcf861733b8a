import MartletCore

/// The weighted mean of the values taken in.
///
/// Source: [`keras.metrics.Mean`](https://keras.io/api/metrics/reduction_metrics/#mean-class).
open class Mean: Metric {
    private var total: Variable!
    private var count: Variable!

    /// Makes a mean of nothing yet; its result is 0 then, as in Keras.
    public override init(name: String = "mean", dtype: DType? = nil) {
        super.init(name: name, dtype: dtype)
        total = addState("total")
        count = addState("count")
    }

    /// Takes values in. The values of a sample, all along the first axis, count with their mean.
    /// - Parameter weight: for each sample, or for each value; its missing last axes are repeated.
    public func update(_ values: Tensor, weight: Tensor? = nil) {
        let (samples, weights) = SampleValues.weighted(values.cast(to: dtype), by: weight) { $0.mean(axes: $1) }
        total.assignAdd(samples.sum())
        count.assignAdd(weights?.sum() ?? Tensor(samples.elementCount, dtype: dtype))
    }

    open override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        update(yPred, weight: sampleWeight)
    }

    open override func result() -> Tensor {
        computedResult.map { Tensor([$0], shape: []) } ?? quotient(total.value, count.value)
    }

    /// The classes whose result is the mean itself. Others may make something else of it.
    private static let plain = Set(
        [
            Mean.self, MeanMetricWrapper.self, Accuracy.self, BinaryAccuracy.self, CategoricalAccuracy.self,
            SparseCategoricalAccuracy.self, TopKCategoricalAccuracy.self, SparseTopKCategoricalAccuracy.self,
        ].map { ObjectIdentifier($0) })
    private lazy var isPlain = Self.plain.contains(ObjectIdentifier(type(of: self)))

    override var resultNumber: Double? { isPlain ? computedResult.map { Double($0) } : nil }

    /// The same bits without ops, which take longer than the step of a small model; nil where ops are noted, where denormal numbers
    /// matter, and for other types.
    private var computedResult: Float? {
        let context = Context.current
        guard dtype == .float32, context.trace == nil, context.tapes.isEmpty, context.recorder == nil else { return nil }
        func number(_ variable: Variable) -> Float? {
            let value = variable.heldValue
            return value.rank == 0 ? value.withUnsafeBytes { $0.load(as: Float.self) } : nil
        }
        guard let sum = number(total), let weight = number(count) else { return nil }
        if weight == 0 { return 0 }
        let mean = sum / weight
        guard weight.isNormal, sum == 0 || sum.isNormal && mean.isNormal else { return nil }
        return mean
    }
}
