import MartletCore
import MartletFormats

/// How often the target's class number is among the k likeliest.
///
/// Source:
/// [`keras.metrics.SparseTopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsetopkcategoricalaccuracy-class).
public final class SparseTopKCategoricalAccuracy: MeanMetricWrapper, ConfigurableMetric {
    /// How many classes are looked at.
    public let k: Int

    /// Makes the metric.
    public init(k: Int = 5, name: String = "sparse_top_k_categorical_accuracy", dtype: DType? = nil) {
        self.k = k
        super.init(name: name, dtype: dtype) { isInTopK(classNumbers($0, of: $1), $1, k: k) }
    }

    public convenience init(config: Configuration) throws {
        try self.init(k: config.value("k", default: 5), name: config.objectName, dtype: config.dtype)
    }

    public override var isHigherBetter: Bool? { true }

    public override var config: [String: JSONValue] { super.config.merging(["k": .int(k)]) { $1 } }
}

extension MetricConvertible where Self == SparseTopKCategoricalAccuracy {
    /// How often the target's class number is among the k likeliest.
    public static func sparseTopKCategoricalAccuracy(k: Int = 5) -> SparseTopKCategoricalAccuracy {
        SparseTopKCategoricalAccuracy(k: k)
    }
}
