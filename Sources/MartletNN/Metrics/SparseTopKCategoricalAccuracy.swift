import MartletCore

/// How often the target's class number is among the k likeliest.
///
/// Source:
/// [`keras.metrics.SparseTopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsetopkcategoricalaccuracy-class).
public final class SparseTopKCategoricalAccuracy: MeanMetricWrapper, ConfigurableMetric, Described {
    /// How many classes are looked at.
    public private(set) var k: Int

    /// Makes the metric.
    public init(k: Int = 5, name: String = "sparse_top_k_categorical_accuracy", dtype: DType? = nil) {
        self.k = k
        super.init(name: name, dtype: dtype, isHigherBetter: true)
    }

    public static let arguments = Arguments(default: SparseTopKCategoricalAccuracy()) { $0("k", \.k) }

    override func values(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor { isInTopK(classNumbers(yTrue, of: yPred), yPred, k: k) }
}

extension MetricConvertible where Self == SparseTopKCategoricalAccuracy {
    /// How often the target's class number is among the k likeliest.
    public static func sparseTopKCategoricalAccuracy(k: Int = 5) -> SparseTopKCategoricalAccuracy {
        SparseTopKCategoricalAccuracy(k: k)
    }
}
