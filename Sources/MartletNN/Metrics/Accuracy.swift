import MartletCore

/// How often predictions equal targets exactly.
///
/// Source: [`keras.metrics.Accuracy`](https://keras.io/api/metrics/accuracy_metrics/#accuracy-class).
public final class Accuracy: MeanMetricWrapper, ConfigurableMetric {
    /// Makes the metric.
    public init(name: String = "accuracy", dtype: DType? = nil) {
        super.init(name: name, dtype: dtype) { yTrue, yPred in
            let (target, prediction) = Loss.matchedRanks(yTrue.cast(to: yPred.dtype), yPred)
            return target .== prediction
        }
    }

    public convenience init(config: Configuration) throws {
        try self.init(name: config.objectName, dtype: config.dtype)
    }

    public override var isHigherBetter: Bool? { true }
}
