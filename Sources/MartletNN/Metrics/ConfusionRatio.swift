import MartletCore

/// A ratio of confusion counts at thresholds: the base of `Precision` and `Recall`.
public class ConfusionRatio: Metric {
    /// Predictions above a threshold count as 1; the result has a value for each, a scalar for one. Nil is 0.5, or with
    /// `topK` none.
    public private(set) var thresholds: [Double]?
    /// How many of the largest predictions of a row may count as 1, nil for any number.
    public private(set) var topK: Int?
    /// The only class that is looked at, nil for all.
    public private(set) var classID: Int?
    private var right: Variable!
    private var wrong: Variable!

    /// Makes the metric. Stops when a threshold is not in 0...1.
    /// - Parameter name: the name; nil is the class's in snake case.
    public init(
        thresholds: [Double]? = nil, topK: Int? = nil, classID: Int? = nil, name: String? = nil, dtype: DType? = nil
    ) {
        self.thresholds = thresholds
        self.topK = topK
        self.classID = classID
        super.init(name: name ?? LayerNames.snakeCase("\(Self.self)"), dtype: dtype)
        let shape: Shape = [(self.thresholds ?? [0]).count]
        right = addState("true_positives", shape: shape)
        wrong = addState(wrongState, shape: shape)
    }

    public override var isHigherBetter: Bool? { true }

    /// Keras's name of the counts that are wrong.
    var wrongState: String { stop(className, "The ratio counts nothing: override wrongState.") }

    /// The counts that are wrong in this ratio's sense.
    func wrong(of counts: ConfusionCounts) -> Tensor {
        stop("\(Self.self)", "The ratio counts nothing: override wrong(of:).")
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        let limits = thresholds ?? [topK == nil ? 0.5 : ConfusionCounts.noThreshold]
        let counts = ConfusionCounts(
            yTrue, yPred, sampleWeight: sampleWeight, thresholds: limits, topK: topK, classID: classID, dtype: dtype)
        right.assignAdd(counts.truePositives)
        wrong.assignAdd(wrong(of: counts))
    }

    public override func result() -> Tensor {
        let ratio = quotient(right.value, right.value + wrong.value)
        return ratio.elementCount == 1 ? ratio.reshaped(to: []) : ratio
    }

    /// The arguments of a ratio.
    static func table<M: ConfusionRatio>(_ value: @escaping @Sendable @autoclosure () -> M) -> Arguments<M> {
        Arguments(default: value()) {
            $0("thresholds", \.thresholds, as: .numbers, .thresholds)
            $0("top_k", \.topK)
            $0("class_id", \.classID)
        }
    }
}

/// How many of the predicted ones are ones: `TP / (TP + FP)`, 0 when there are none.
///
/// Source: [`keras.metrics.Precision`](https://keras.io/api/metrics/classification_metrics/#precision-class).
public final class Precision: ConfusionRatio, ConfigurableMetric, Described {
    public static let arguments = table(Precision())

    override var wrongState: String { "false_positives" }
    override func wrong(of counts: ConfusionCounts) -> Tensor { counts.falsePositives }
}

/// How many of the ones are predicted: `TP / (TP + FN)`, 0 when there are none.
///
/// Source: [`keras.metrics.Recall`](https://keras.io/api/metrics/classification_metrics/#recall-class).
public final class Recall: ConfusionRatio, ConfigurableMetric, Described {
    public static let arguments = table(Recall())

    override var wrongState: String { "false_negatives" }
    override func wrong(of counts: ConfusionCounts) -> Tensor { counts.falseNegatives }
}

extension MetricConvertible where Self == Precision {
    /// How many of the predicted ones are ones.
    public static func precision(
        thresholds: [Double]? = nil, topK: Int? = nil, classID: Int? = nil, name: String? = nil
    ) -> Precision { Precision(thresholds: thresholds, topK: topK, classID: classID, name: name) }
}

extension MetricConvertible where Self == Recall {
    /// How many of the ones are predicted.
    public static func recall(
        thresholds: [Double]? = nil, topK: Int? = nil, classID: Int? = nil, name: String? = nil
    ) -> Recall { Recall(thresholds: thresholds, topK: topK, classID: classID, name: name) }
}
