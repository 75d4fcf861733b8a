import MartletCore

/// The correlation of targets and predictions along an axis, averaged: 1 where they lie on a rising line.
///
/// Source:
/// [`keras.metrics.PearsonCorrelation`](https://keras.io/api/metrics/correlation_metrics/#pearsoncorrelation-class).
public final class PearsonCorrelation: MeanMetricWrapper, ConfigurableMetric, Described {
    /// The axis along which samples lie.
    public private(set) var axis: Int

    /// Makes the metric.
    public init(name: String = "pearson_correlation", dtype: DType? = nil, axis: Int = -1) {
        self.axis = axis
        super.init(name: name, dtype: dtype, isHigherBetter: true)
    }

    public static let arguments = Arguments(default: PearsonCorrelation()) { $0("axis", \.axis) }

    override func values(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        func standardized(_ x: Tensor) -> Tensor {
            let centred = x - x.mean(axis: axis, keepDims: true)
            return centred / centred.standardDeviation(axis: axis, keepDims: true)
        }
        let (a, b) = Loss.matchedRanks(yTrue.cast(to: yPred.dtype), yPred)
        return (standardized(a) * standardized(b)).mean(axis: axis)
    }
}

/// The agreement of targets and predictions along an axis, averaged: 1 where they are equal.
///
/// The formula is Keras's, which multiplies both deviations from the mean of the predictions.
///
/// Source:
/// [`keras.metrics.ConcordanceCorrelation`](https://keras.io/api/metrics/correlation_metrics/#concordancecorrelation-class).
public final class ConcordanceCorrelation: MeanMetricWrapper, ConfigurableMetric, Described {
    /// The axis along which samples lie.
    public private(set) var axis: Int

    /// Makes the metric.
    public init(name: String = "concordance_correlation", dtype: DType? = nil, axis: Int = -1) {
        self.axis = axis
        super.init(name: name, dtype: dtype, isHigherBetter: true)
    }

    public static let arguments = Arguments(default: ConcordanceCorrelation()) { $0("axis", \.axis) }

    override func values(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor {
        let (a, b) = Loss.matchedRanks(yTrue.cast(to: yPred.dtype), yPred)
        let (meanA, meanB) = (a.mean(axis: axis, keepDims: true), b.mean(axis: axis, keepDims: true))
        let spread =
            a.variance(axis: axis, keepDims: true) + b.variance(axis: axis, keepDims: true)
            + (meanA - meanB).square()
        return (2 * (a - meanB) * (b - meanB) / (spread + kerasEpsilon)).mean(axis: axis)
    }
}
