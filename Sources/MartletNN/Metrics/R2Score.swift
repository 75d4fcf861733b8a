import MartletCore

/// The share of the targets' variance that the predictions explain, of each column of [batch, columns].
///
/// Source: [`keras.metrics.R2Score`](https://keras.io/api/metrics/regression_metrics/#r2score-class).
public final class R2Score: Metric, ConfigurableMetric, Described {
    /// How the columns' scores become one.
    public enum Aggregation: String, Sendable, CaseIterable {
        /// Their mean.
        case uniformAverage = "uniform_average"
        /// Their mean, weighted by the variance of each column.
        case varianceWeightedAverage = "variance_weighted_average"
    }

    /// How the columns' scores become one, nil for a score for each.
    public private(set) var classAggregation: Aggregation?
    /// How many inputs the model has, for the adjusted score; 0 is the plain one.
    public private(set) var numRegressors: Int
    private var samples: Variable!
    private var sums: (squares: Variable, values: Variable, errors: Variable, weights: Variable)?

    /// Makes the metric.
    public init(
        classAggregation: Aggregation? = .uniformAverage, numRegressors: Int = 0, name: String = "r2_score",
        dtype: DType? = nil
    ) {
        self.classAggregation = classAggregation
        self.numRegressors = numRegressors
        super.init(name: name, dtype: dtype)
        samples = addState("num_samples")
    }

    public static let arguments = Arguments(default: R2Score()) {
        $0("class_aggregation", \.classAggregation)
        $0("num_regressors", \.numRegressors, .atLeast(0))
    }

    public override var isHigherBetter: Bool? { true }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        guard prediction.rank == 2, let columns = prediction[1], target.rank == 2 || columns == 1 else {
            throw MartletError(
                "Expected targets and predictions (batch, columns) for the metric \(name). "
                    + "Received: \(target) and \(prediction).")
        }
        makeSums(columns)
    }

    /// The accumulators, whose shape the first data says.
    @discardableResult
    private func makeSums(
        _ columns: Int
    ) -> (squares: Variable, values: Variable, errors: Variable, weights: Variable) {
        if let sums { return sums }
        let made = (
            squares: addState("squared_sum", shape: [columns]), values: addState("sum", shape: [columns]),
            errors: addState("residual", shape: [columns]), weights: addState("count", shape: [columns])
        )
        sums = made
        return made
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        let sums = makeSums(yPred.shape[-1])
        let (target, prediction) = Loss.matchedRanks(yTrue.cast(to: dtype), yPred.cast(to: dtype))
        let weight = ConfusionCounts.weights(sampleWeight, like: target)
        let weighted = target * weight
        sums.values.assignAdd(weighted.sum(axis: 0))
        sums.squares.assignAdd((target * weighted).sum(axis: 0))
        sums.errors.assignAdd(((target - prediction).square() * weight).sum(axis: 0))
        sums.weights.assignAdd(weight.sum(axis: 0))
        samples.assignAdd(Tensor(target.elementCount, dtype: dtype))
    }

    public override func result() -> Tensor {
        guard let sums else { return .zeros([], dtype: dtype) }
        let mean = sums.values.value / sums.weights.value
        let total = sums.squares.value - sums.values.value * mean
        let raw = 1 - sums.errors.value / total
        let scores = `where`(raw.isInfinite(), 0, raw)
        var score = scores
        switch classAggregation {
        case nil: break
        case .uniformAverage: score = scores.mean()
        case .varianceWeightedAverage: score = (total * scores).sum() / total.sum()
        }
        guard numRegressors > 0 else { return score }
        // Too few samples to adjust leave the plain score.
        let free = samples.value - Double(numRegressors) - 1
        return `where`(free .> 0, 1 - (1 - score) * (samples.value - 1) / `where`(free .> 0, free, 1), score)
    }
}

extension R2Score.Aggregation: ArgumentValue {}
