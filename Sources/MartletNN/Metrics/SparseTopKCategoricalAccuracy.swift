import MartletCore
import MartletFormats

/// How often the target's class number is among the k likeliest.
///
/// Source:
/// [`keras.metrics.SparseTopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsetopkcategoricalaccuracy-class).
public final class SparseTopKCategoricalAccuracy: MeanMetricWrapper, ConfigurableMetric, Described {
    /// How many classes are looked at.
    public private(set) var k: Int
    /// Whether predictions are class numbers, the likeliest first, in place of a score for each class.
    public private(set) var fromSortedIDs: Bool

    /// Makes the metric.
    /// - Parameters:
    ///   - k: how many classes are looked at.
    ///   - fromSortedIDs: whether predictions are class numbers, the likeliest first, in place of a score for each class.
    public init(
        k: Int = 5, fromSortedIDs: Bool = false, name: String = "sparse_top_k_categorical_accuracy", dtype: DType? = nil
    ) {
        self.k = k
        self.fromSortedIDs = fromSortedIDs
        super.init(name: name, dtype: dtype, isHigherBetter: true)
    }

    public static let arguments = Arguments(default: SparseTopKCategoricalAccuracy()) {
        $0("k", \.k)
        $0("from_sorted_ids", \.fromSortedIDs, name: "fromSortedIDs")
    }

    /// As Keras's, which leaves out what is false.
    public override var config: [String: JSONValue] {
        fromSortedIDs ? super.config : super.config.filter { $0.key != "from_sorted_ids" }
    }

    override func values(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let classes = classNumbers(yTrue, of: yPred)
        guard fromSortedIDs else { return isInTopK(classes, yPred, k: k) }
        let isMatch = classes.cast(to: yPred.dtype).expandingDims(at: -1) .== yPred
        // As a slice to k, of the first classes, or of all but the last -k.
        let width = yPred.shape[-1]
        let looked = k < 0 ? max(0, width + k) : min(k, width)
        return (isMatch.logicalAnd(Tensor.range(0..<width) .< looked)).any(axis: -1)
    }
}

extension MetricConvertible where Self == SparseTopKCategoricalAccuracy {
    /// How often the target's class number is among the k likeliest.
    public static func sparseTopKCategoricalAccuracy(
        k: Int = 5, fromSortedIDs: Bool = false
    ) -> SparseTopKCategoricalAccuracy { SparseTopKCategoricalAccuracy(k: k, fromSortedIDs: fromSortedIDs) }
}
