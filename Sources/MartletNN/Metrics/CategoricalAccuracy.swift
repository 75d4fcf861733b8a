import MartletCore

/// How often the likeliest class is the one of a one-hot target.
///
/// Source:
/// [`keras.metrics.CategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#categoricalaccuracy-class).
public final class CategoricalAccuracy: MeanMetricWrapper, ConfigurableMetric, Described {
    /// Makes the metric.
    public init(name: String = "categorical_accuracy", dtype: DType? = nil) {
        super.init(name: name, dtype: dtype, isHigherBetter: true) { $0.argmax(axis: -1) .== $1.argmax(axis: -1) }
    }

    public static let arguments = Arguments(default: CategoricalAccuracy())
}

extension MetricConvertible where Self == CategoricalAccuracy {
    /// How often the likeliest class is the one of a one-hot target.
    public static func categoricalAccuracy(name: String = "categorical_accuracy") -> CategoricalAccuracy {
        CategoricalAccuracy(name: name)
    }
}
