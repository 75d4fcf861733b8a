import MartletCore

/// A count of decisions of one kind at thresholds: the base of `TruePositives` and its kin.
public class ConfusionCount: Metric {
    /// Predictions above a threshold count as 1; the result has a value for each, a scalar for one.
    public var thresholds: [Double] { givenThresholds ?? [0.5] }
    private var givenThresholds: [Double]?
    private var count: Variable!

    /// Makes the metric. Stops when a threshold is not in 0...1.
    /// - Parameters:
    ///   - thresholds: predictions above one count as 1; nil is 0.5.
    ///   - name: the name; nil is the class's in snake case.
    ///   - dtype: of the counts; nil is the default float type.
    public init(thresholds: [Double]? = nil, name: String? = nil, dtype: DType? = nil) {
        givenThresholds = thresholds
        super.init(name: name ?? LayerNames.snakeCase("\(Self.self)"), dtype: dtype)
        count = addState("accumulator", shape: [self.thresholds.count])
    }

    /// The arguments of a count.
    static func table<M: ConfusionCount>(_ value: @escaping @Sendable @autoclosure () -> M) -> Arguments<M> {
        Arguments(default: value()) { $0("thresholds", \.givenThresholds, as: .numbers, .thresholds) }
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
}

/// The weighted number of ones predicted as ones.
///
/// Source: [`keras.metrics.TruePositives`](https://keras.io/api/metrics/classification_metrics/#truepositives-class).
public final class TruePositives: ConfusionCount, ConfigurableMetric, Described {
    public static let arguments = table(TruePositives())

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.truePositives }
}

extension Requirement<[Double]> {
    /// Thresholds of probabilities.
    static let thresholds = Requirement("numbers in 0...1") { !$0.isEmpty && $0.allSatisfy((0...1).contains) }
}

extension MetricConvertible where Self == TruePositives {
    /// The weighted number of ones predicted as ones.
    public static func truePositives(thresholds: [Double]? = nil, name: String? = nil) -> TruePositives {
        TruePositives(thresholds: thresholds, name: name)
    }
}

/// The weighted number of zeros predicted as ones.
///
/// Source: [`keras.metrics.FalsePositives`](https://keras.io/api/metrics/classification_metrics/#falsepositives-class).
public final class FalsePositives: ConfusionCount, ConfigurableMetric, Described {
    public static let arguments = table(FalsePositives())

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.falsePositives }
}

extension MetricConvertible where Self == FalsePositives {
    /// The weighted number of zeros predicted as ones.
    public static func falsePositives(thresholds: [Double]? = nil, name: String? = nil) -> FalsePositives {
        FalsePositives(thresholds: thresholds, name: name)
    }
}

/// The weighted number of zeros predicted as zeros.
///
/// Source: [`keras.metrics.TrueNegatives`](https://keras.io/api/metrics/classification_metrics/#truenegatives-class).
public final class TrueNegatives: ConfusionCount, ConfigurableMetric, Described {
    public static let arguments = table(TrueNegatives())

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.trueNegatives }
}

extension MetricConvertible where Self == TrueNegatives {
    /// The weighted number of zeros predicted as zeros.
    public static func trueNegatives(thresholds: [Double]? = nil, name: String? = nil) -> TrueNegatives {
        TrueNegatives(thresholds: thresholds, name: name)
    }
}

/// The weighted number of ones predicted as zeros.
///
/// Source: [`keras.metrics.FalseNegatives`](https://keras.io/api/metrics/classification_metrics/#falsenegatives-class).
public final class FalseNegatives: ConfusionCount, ConfigurableMetric, Described {
    public static let arguments = table(FalseNegatives())

    override func chosen(of counts: ConfusionCounts) -> Tensor { counts.falseNegatives }
}

extension MetricConvertible where Self == FalseNegatives {
    /// The weighted number of ones predicted as zeros.
    public static func falseNegatives(thresholds: [Double]? = nil, name: String? = nil) -> FalseNegatives {
        FalseNegatives(thresholds: thresholds, name: name)
    }
}
