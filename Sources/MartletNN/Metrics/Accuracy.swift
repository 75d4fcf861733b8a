import MartletCore

/// How often predictions equal targets exactly.
///
/// Source: [`keras.metrics.Accuracy`](https://keras.io/api/metrics/accuracy_metrics/#accuracy-class).
public final class Accuracy: MeanMetricWrapper {
    /// Makes the metric.
    public init(name: String = "accuracy", dtype: DType? = nil) {
        super.init(name: name, dtype: dtype) { yTrue, yPred in
            let (target, prediction) = Loss.matchedRanks(yTrue.cast(to: yPred.dtype), yPred)
            return target .== prediction
        }
    }

    public override var isHigherBetter: Bool? { true }
}
