import MartletCore

/// The weighted sum of the values taken in.
///
/// Source: [`keras.metrics.Sum`](https://keras.io/api/metrics/reduction_metrics/#sum-class).
public final class Sum: Metric, ConfigurableMetric, Described {
    private var total: Variable!

    /// Makes a sum of nothing yet.
    public override init(name: String = "sum", dtype: DType? = nil) {
        super.init(name: name, dtype: dtype)
        total = addState("total")
    }

    public static let arguments = Arguments(default: Sum())

    /// Takes values in.
    /// - Parameter weight: for each sample, or for each value; its missing last axes are repeated.
    public func update(_ values: Tensor, weight: Tensor? = nil) {
        total.assignAdd(SampleValues.weighted(values.cast(to: dtype), by: weight) { $0.sum(axes: $1) }.values.sum())
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        update(yPred, weight: sampleWeight)
    }

    public override func result() -> Tensor { total.value }
}
