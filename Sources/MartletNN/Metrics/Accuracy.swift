import MartletCore

/// How often predictions equal targets exactly.
///
/// Source: [`keras.metrics.Accuracy`](https://keras.io/api/metrics/accuracy_metrics/#accuracy-class).
public final class Accuracy: MeanMetricWrapper, ConfigurableMetric, Described {
    /// Makes the metric.
    public init(name: String = "accuracy", dtype: DType? = nil) {
        super.init(name: name, dtype: dtype, isHigherBetter: true) { yTrue, yPred in
            let (target, prediction) = Loss.matchedRanks(yTrue.cast(to: yPred.dtype), yPred)
            return target .== prediction
        }
    }

    public static let arguments = Arguments(default: Accuracy())
}
