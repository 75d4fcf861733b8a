import MartletCore
import MartletFormats

/// A count of decisions of one kind at thresholds: the base of `TruePositives` and its kin.
public class ConfusionCount: Metric {
    /// Predictions above a threshold count as 1; the result has a value for each, a scalar for one.
    public let thresholds: [Double]
    private let givenThresholds: [Double]?
    private var count: Variable!

    init(thresholds: [Double]?, name: String, dtype: DType?) {
        let limits = thresholds ?? [0.5]
        Argument.check(
            limits.allSatisfy { (0...1).contains($0) } && !limits.isEmpty, "\(Self.self)", "thresholds",
            expected: "numbers in 0...1", received: limits)
        self.thresholds = limits
        givenThresholds = thresholds
        super.init(name: name, dtype: dtype)
        count = addState("accumulator", shape: [limits.count])
    }

    /// The counts of this metric.
    func chosen(of counts: ConfusionCounts) -> Tensor {
        stop("\(Self.self)", "The metric counts nothing: override chosen(of:).")
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        let counts = ConfusionCounts(yTrue, yPred, sampleWeight: sampleWeight, thresholds: thresholds, dtype: dtype)
        count.assignAdd(chosen(of: counts))
    }

    public override func result() -> Tensor { thresholds.count == 1 ? count.value.reshaped(to: []) : count.value }

    public override var config: [String: JSONValue] {
        super.config.merging(["thresholds": .numbers(givenThresholds)]) { $1 }
    }
}

/// The weighted number of ones predicted as ones.
///
/// Source: [`keras.metrics.TruePositives`](https://keras.io/api/metrics/classification_metrics/#truepositives-class).
public final class TruePositives: ConfusionCount, ConfigurableMetric {
    /// Makes the metric. Stops when a threshold is not in 0...1.
    public override init(thresholds: [Double]? = nil, name: String = "true_positives", dtype: DType? = nil) {
        super.init(thresholds: thresholds, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(thresholds: config.numbers("thresholds"), name: config.objectName, dtype: config.dtype)
    }

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.truePositives }
}

extension MetricConvertible where Self == TruePositives {
    /// The weighted number of ones predicted as ones.
    public static func truePositives(thresholds: [Double]? = nil, name: String = "true_positives") -> TruePositives {
        TruePositives(thresholds: thresholds, name: name)
    }
}

/// The weighted number of zeros predicted as ones.
///
/// Source: [`keras.metrics.FalsePositives`](https://keras.io/api/metrics/classification_metrics/#falsepositives-class).
public final class FalsePositives: ConfusionCount, ConfigurableMetric {
    /// Makes the metric. Stops when a threshold is not in 0...1.
    public override init(thresholds: [Double]? = nil, name: String = "false_positives", dtype: DType? = nil) {
        super.init(thresholds: thresholds, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(thresholds: config.numbers("thresholds"), name: config.objectName, dtype: config.dtype)
    }

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.falsePositives }
}

extension MetricConvertible where Self == FalsePositives {
    /// The weighted number of zeros predicted as ones.
    public static func falsePositives(thresholds: [Double]? = nil, name: String = "false_positives") -> FalsePositives {
        FalsePositives(thresholds: thresholds, name: name)
    }
}

/// The weighted number of zeros predicted as zeros.
///
/// Source: [`keras.metrics.TrueNegatives`](https://keras.io/api/metrics/classification_metrics/#truenegatives-class).
public final class TrueNegatives: ConfusionCount, ConfigurableMetric {
    /// Makes the metric. Stops when a threshold is not in 0...1.
    public override init(thresholds: [Double]? = nil, name: String = "true_negatives", dtype: DType? = nil) {
        super.init(thresholds: thresholds, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(thresholds: config.numbers("thresholds"), name: config.objectName, dtype: config.dtype)
    }

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.trueNegatives }
}

extension MetricConvertible where Self == TrueNegatives {
    /// The weighted number of zeros predicted as zeros.
    public static func trueNegatives(thresholds: [Double]? = nil, name: String = "true_negatives") -> TrueNegatives {
        TrueNegatives(thresholds: thresholds, name: name)
    }
}

/// The weighted number of ones predicted as zeros.
///
/// Source: [`keras.metrics.FalseNegatives`](https://keras.io/api/metrics/classification_metrics/#falsenegatives-class).
public final class FalseNegatives: ConfusionCount, ConfigurableMetric {
    /// Makes the metric. Stops when a threshold is not in 0...1.
    public override init(thresholds: [Double]? = nil, name: String = "false_negatives", dtype: DType? = nil) {
        super.init(thresholds: thresholds, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(thresholds: config.numbers("thresholds"), name: config.objectName, dtype: config.dtype)
    }

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.falseNegatives }
}

extension MetricConvertible where Self == FalseNegatives {
    /// The weighted number of ones predicted as zeros.
    public static func falseNegatives(thresholds: [Double]? = nil, name: String = "false_negatives") -> FalseNegatives {
        FalseNegatives(thresholds: thresholds, name: name)
    }
}
