import MartletCore

/// The weighted mean of the values taken in.
///
/// Source: [`keras.metrics.Mean`](https://keras.io/api/metrics/reduction_metrics/).
public final class Mean: Metric {
    private var total: Variable!
    private var count: Variable!

    /// Makes a mean of nothing yet; its result is 0 then, as in Keras.
    public override init(name: String = "mean") {
        super.init(name: name)
        total = addState("total")
        count = addState("count")
    }

    /// Takes values in, each with `weight`, which broadcasts to them.
    public func update(_ values: Tensor, weight: Tensor? = nil) {
        let values = values.cast(to: total.dtype)
        if let weight {
            let factor = weight.cast(to: total.dtype).broadcast(to: values.shape)
            total.assignAdd((values * factor).sum())
            count.assignAdd(factor.sum())
        } else {
            total.assignAdd(values.sum())
            count.assignAdd(Tensor(values.elementCount, dtype: count.dtype))
        }
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        update(yPred, weight: sampleWeight)
    }

    public override func result() -> Tensor { total.value / maximum(count.value, Tensor(1e-38, dtype: count.dtype)) }
}
