import MartletCore

/// How often the likeliest class is the target's class number.
///
/// Source:
/// [`keras.metrics.SparseCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsecategoricalaccuracy-class).
public final class SparseCategoricalAccuracy: MeanMetricWrapper, ConfigurableMetric, Described {
    /// Makes the metric.
    public init(name: String = "sparse_categorical_accuracy", dtype: DType? = nil) {
        super.init(name: name, dtype: dtype, isHigherBetter: true) { classNumbers($0, of: $1) .== $1.argmax(axis: -1) }
    }

    public static let arguments = Arguments(default: SparseCategoricalAccuracy())
}

extension MetricConvertible where Self == SparseCategoricalAccuracy {
    /// How often the likeliest class is the target's class number.
    public static func sparseCategoricalAccuracy(
        name: String = "sparse_categorical_accuracy"
    ) -> SparseCategoricalAccuracy { SparseCategoricalAccuracy(name: name) }
}
