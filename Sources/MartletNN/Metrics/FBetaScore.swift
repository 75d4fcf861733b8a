import MartletCore

/// The weighted harmonic mean of precision and recall of each class: `(1 + β²) P R / (β² P + R)`.
///
/// Targets and predictions are [batch, classes].
///
/// Source: [`keras.metrics.FBetaScore`](https://keras.io/api/metrics/classification_metrics/#fbetascore-class).
public class FBetaScore: Metric, ConfigurableMetric, Described {
    /// How the classes' scores become one.
    public enum Average: String, Sendable, CaseIterable {
        /// All classes are counted together.
        case micro
        /// Their mean.
        case macro
        /// Their mean, weighted by how often each class occurs.
        case weighted
    }

    /// How the classes' scores become one, nil for a score for each.
    public private(set) var average: Average?
    /// How much recall counts beside precision.
    public private(set) var beta: Double
    /// Predictions above it count as 1; nil is the largest of each row.
    public private(set) var threshold: Double?
    private var counts: (right: Variable, wrong: Variable, missed: Variable, weight: Variable)?

    /// Makes the metric.
    public init(
        average: Average? = nil, beta: Double = 1, threshold: Double? = nil, name: String = "fbeta_score",
        dtype: DType? = nil
    ) {
        self.average = average
        self.beta = beta
        self.threshold = threshold
        super.init(name: name, dtype: dtype)
    }

    public class var arguments: Arguments<FBetaScore> { table }

    private static let table = Arguments(default: FBetaScore()) {
        $0("name", \.name)
        $0("average", \.average)
        $0("beta", \.beta, .positive)
        $0("threshold", \.threshold, .above(0, upTo: 1))
    }

    public override var isHigherBetter: Bool? { true }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        guard target.rank == 2, prediction.rank == 2, let classes = prediction[1], target[1] == classes else {
            throw MartletError(
                "Expected targets and predictions (batch, classes) for the metric \(name). "
                    + "Received: \(target) and \(prediction).")
        }
        makeCounts(classes)
    }

    /// The accumulators, whose shape the first data says.
    @discardableResult
    private func makeCounts(_ classes: Int) -> (right: Variable, wrong: Variable, missed: Variable, weight: Variable) {
        if let counts { return counts }
        let shape: Shape = average == .micro ? [] : [classes]
        let made = (
            right: addState("true_positives", shape: shape), wrong: addState("false_positives", shape: shape),
            missed: addState("false_negatives", shape: shape), weight: addState("intermediate_weights", shape: shape)
        )
        counts = made
        return made
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        let counts = makeCounts(yPred.shape[-1])
        let (target, scores) = (yTrue.cast(to: dtype), yPred.cast(to: dtype))
        let isPositive =
            threshold.map { scores .> $0 }
            // A row of zeros has no largest element.
            ?? (scores .>= scores.max(axis: -1, keepDims: true)).logicalAnd(scores.abs() .> 1e-9)
        let prediction = isPositive.cast(to: dtype)
        func sum(_ x: Tensor) -> Tensor {
            let weighted = sampleWeight.map { x * $0.cast(to: dtype).reshaped([-1, 1]) } ?? x
            return average == .micro ? weighted.sum() : weighted.sum(axis: 0)
        }
        counts.right.assignAdd(sum(prediction * target))
        counts.wrong.assignAdd(sum(prediction * (1 - target)))
        counts.missed.assignAdd(sum((1 - prediction) * target))
        counts.weight.assignAdd(sum(target))
    }

    public override func result() -> Tensor {
        guard let counts else { return .zeros([], dtype: dtype) }
        let right = counts.right.value
        let precision = right / (right + counts.wrong.value + kerasEpsilon)
        let recall = right / (right + counts.missed.value + kerasEpsilon)
        let score = (1 + beta * beta) * (precision * recall / (beta * beta * precision + recall + kerasEpsilon))
        switch average {
        case nil: return score
        case .weighted: return (score * (counts.weight.value / (counts.weight.value.sum() + kerasEpsilon))).sum()
        case .micro, .macro: return score.mean()
        }
    }
}

/// The harmonic mean of precision and recall of each class.
///
/// Source: [`keras.metrics.F1Score`](https://keras.io/api/metrics/classification_metrics/#f1score-class).
public final class F1Score: FBetaScore {
    /// Makes the metric.
    public init(average: Average? = nil, threshold: Double? = nil, name: String = "f1_score", dtype: DType? = nil) {
        super.init(average: average, beta: 1, threshold: threshold, name: name, dtype: dtype)
    }

    public override class var arguments: Arguments<FBetaScore> { super.arguments.starting(from: F1Score()).without("beta") }
}

extension FBetaScore.Average: ArgumentValue {}
