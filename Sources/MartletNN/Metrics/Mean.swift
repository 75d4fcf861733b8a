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

    open override func result() -> Tensor { quotient(total.value, count.value) }
}
