import MartletCore
import MartletFormats

/// The area under the ROC or the precision-recall curve, approximated at thresholds.
///
/// Predictions are sorted into the intervals between thresholds, so that a batch costs one pass however many these are.
///
/// Source: [`keras.metrics.AUC`](https://keras.io/api/metrics/classification_metrics/#auc-class).
public final class AUC: Metric, ConfigurableMetric, Described {
    /// Which curve.
    public enum Curve: String, Sendable, CaseIterable {
        /// Recall over the share of false positives.
        case roc = "ROC"
        /// Precision over recall.
        case pr = "PR"
    }

    /// How the curve runs between two thresholds.
    public enum SummationMethod: String, Sendable, CaseIterable {
        /// Straight for ROC; for PR as true and false positives mix (Davis and Goadrich, 2006).
        case interpolation
        /// At the lower of both values.
        case minoring
        /// At the higher of both values.
        case majoring
    }

    /// Which curve.
    public private(set) var curve: Curve
    /// How the curve runs between two thresholds.
    public private(set) var summationMethod: SummationMethod
    /// All thresholds, ascending, one below 0 and one above 1 included.
    public private(set) var thresholds: [Double] = []
    /// Whether each column has a curve of its own, and the result is the mean of their areas.
    public private(set) var multiLabel: Bool
    /// The weight of each column's area, nil for equal ones.
    public private(set) var labelWeights: [Double]?
    /// Whether predictions are logits, not probabilities.
    public private(set) var fromLogits: Bool

    private var numThresholds: Int
    private var givenThresholds: [Double]?
    private var givenLabels: Int?
    /// Of shape [thresholds], or [thresholds, labels]; nil until the labels are known.
    private var counts: Counts?

    private struct Counts {
        let truePositives, falsePositives, trueNegatives, falseNegatives: Variable
        var labels: Int { truePositives.shape.rank > 1 ? truePositives.shape[1] : 1 }
    }

    /// Makes the metric.
    /// - Parameters:
    ///   - numThresholds: the number of thresholds, spread evenly over 0...1. Two or more.
    ///   - thresholds: thresholds to use instead, in 0...1; one below 0 and one above 1 are added.
    ///   - multiLabel: whether each column has a curve of its own. Otherwise all elements share one.
    ///   - numLabels: with `multiLabel`, how many columns there are; nil takes them from the first data.
    ///   - labelWeights: with `multiLabel`, the weight of each column's area; otherwise of each column's elements.
    public init(
        numThresholds: Int = 200, curve: Curve = .roc, summationMethod: SummationMethod = .interpolation,
        thresholds: [Double]? = nil, multiLabel: Bool = false, numLabels: Int? = nil, labelWeights: [Double]? = nil,
        fromLogits: Bool = false, name: String = "auc", dtype: DType? = nil
    ) {
        self.numThresholds = numThresholds
        givenThresholds = thresholds
        self.curve = curve
        self.summationMethod = summationMethod
        self.multiLabel = multiLabel
        givenLabels = numLabels
        self.labelWeights = labelWeights
        self.fromLogits = fromLogits
        super.init(name: name, dtype: dtype)
        if !self.multiLabel { givenLabels = nil }
        if !allowsState(4, self.numThresholds, givenLabels ?? 1) { (self.numThresholds, givenLabels) = (2, nil) }
        let steps = self.numThresholds - 1
        givenThresholds?.sort()
        let inner = givenThresholds ?? (1..<steps).map { Double($0) / Double(steps) }
        self.thresholds = [-kerasEpsilon] + inner + [1 + kerasEpsilon]
        self.numThresholds = self.thresholds.count
        if !self.multiLabel || givenLabels != nil { makeCounts(givenLabels ?? 1) }
    }

    @discardableResult
    private func makeCounts(_ labels: Int) -> Counts {
        if let counts { return counts }
        let shape: Shape = multiLabel ? [numThresholds, labels] : [numThresholds]
        let made = Counts(
            truePositives: addState("true_positives", shape: shape), falsePositives: addState("false_positives", shape: shape),
            trueNegatives: addState("true_negatives", shape: shape),
            falseNegatives: addState("false_negatives", shape: shape))
        counts = made
        return made
    }

    public static let arguments = Arguments(default: AUC()) {
        $0("num_thresholds", \.numThresholds, .atLeast(2))
        $0("curve", \.curve)
        $0("summation_method", \.summationMethod)
        $0("thresholds", \.givenThresholds, as: .numbers, Requirement("numbers in 0...1") { $0.allSatisfy((0...1).contains) })
        $0("multi_label", \.multiLabel)
        $0("num_labels", \.givenLabels, name: "numLabels", .atLeast(1))
        $0("label_weights", \.labelWeights, as: .numbers)
        $0("from_logits", \.fromLogits)
        $0.check {
            Argument.check(
                $0.givenLabels == nil || $0.multiLabel, "AUC", "numLabels", expected: "numLabels with multiLabel only",
                received: $0.givenLabels ?? 0)
            guard let labels = $0.givenLabels, let weights = $0.labelWeights else { return }
            Argument.check(
                weights.count == labels, "AUC", "labelWeights", expected: "\(labels) numbers, one for each label",
                received: weights.count)
        }
    }

    public override var isHigherBetter: Bool? { true }

    public override func validate(target: PartialShape, prediction: PartialShape) throws {
        guard multiLabel else { return }
        guard prediction.rank == 2, let labels = prediction[1], labels > 0, labels == counts?.labels ?? labels else {
            let expected = counts.map { "\($0.labels)" } ?? "labels"
            throw MartletError(
                "Expected predictions (batch, \(expected)) for the metric \(name), with a curve for each label. "
                    + "Received: \(prediction).")
        }
        guard labelWeights == nil || labelWeights?.count == labels else {
            throw MartletError(
                "Expected a weight for each of \(labels) labels of the metric \(name). Received: \(labelWeights!.count) weights.")
        }
        if counts == nil {
            try Settings.requireMemory(4 * thresholds.count * labels * dtype.byteCount, at: "metric \(name)")
            makeCounts(labels)
        }
    }

    public override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
        var (target, prediction) = Loss.matchedRanks(yTrue.cast(to: dtype), yPred.cast(to: dtype))
        if fromLogits { prediction = prediction.sigmoid() }
        var weight = ConfusionCounts.weights(sampleWeight, like: prediction)
        if !multiLabel, let labelWeights { weight = weight * Tensor(labelWeights, dtype: dtype) }
        guard
            require(
                !multiLabel || prediction.rank == 2 && prediction.shape[1] == counts?.labels ?? prediction.shape[1], "AUC",
                "Expected predictions of \(counts.map { "\($0.labels) " } ?? "")labels. Received: \(prediction.spec).")
        else { return }
        let counts = makeCounts(multiLabel ? prediction.shape[1] : 1)
        let isOne = (target .!= 0).cast(to: dtype)
        let ones = positives(prediction, weight * isOne)
        let zeros = positives(prediction, weight * (1 - isOne))
        counts.truePositives.assignAdd(ones.above)
        counts.falseNegatives.assignAdd(ones.all - ones.above)
        counts.falsePositives.assignAdd(zeros.above)
        counts.trueNegatives.assignAdd(zeros.all - zeros.above)
    }

    /// The weights of the predictions above each threshold, and of all.
    private func positives(_ prediction: Tensor, _ weight: Tensor) -> (above: Tensor, all: Tensor) {
        let (intervals, labels) = (thresholds.count + 1, counts?.labels ?? 1)
        var place = interval(of: prediction).reshaped([-1, labels])
        // A histogram for each label, one after the other.
        place = place * labels + Tensor.range(0..<labels)
        let histogram = Tensor.zeros([intervals * labels], dtype: dtype)
            .scatteringAdd(at: place.flattened(), weight.flattened()).reshaped([intervals, labels])
        // Threshold i has the intervals from i + 1 on above it.
        let above = histogram.cumulativeSum(axis: 0, reverse: true)[1...]
        let all = histogram.sum(axis: 0, keepDims: true)
        return multiLabel ? (above, all) : (above.flattened(), all.flattened())
    }

    /// How many thresholds lie below each prediction.
    private func interval(of prediction: Tensor) -> Tensor {
        guard givenThresholds == nil else { return Tensor(thresholds, dtype: dtype).searchSorted(prediction) }
        let steps = Double(thresholds.count - 1)
        return maximum((prediction.clipped(to: 0.0...1.0) * steps).ceil(), 1).cast(to: .int64)
    }

    public override func result() -> Tensor {
        guard let counts else { return .zeros([], dtype: dtype) }
        let (tp, fp) = (counts.truePositives.value, counts.falsePositives.value)
        let (tn, fn) = (counts.trueNegatives.value, counts.falseNegatives.value)
        let last = thresholds.count - 1
        func left(_ x: Tensor) -> Tensor { x[0..<last] }
        func right(_ x: Tensor) -> Tensor { x[1...] }
        let terms: Tensor
        if curve == .pr, summationMethod == .interpolation {
            // Between two thresholds precision is (a + b·n) / n over the number n of predicted ones; its integral over
            // the true positives has a closed form.
            let predicted = tp + fp
            let slope = quotient(left(tp) - right(tp), maximum(left(predicted) - right(predicted), 0))
            let intercept = right(tp) - slope * right(predicted)
            let isUsable = (left(predicted) .> 0).logicalAnd(right(predicted) .> 0)
            let ratio = `where`(isUsable, quotient(left(predicted), maximum(right(predicted), 0)), 1)
            terms = quotient(
                slope * (left(tp) - right(tp) + intercept * ratio.log()), maximum(right(tp) + right(fn), 0))
        } else {
            let recall = quotient(tp, tp + fn)
            let (x, y) = curve == .roc ? (quotient(fp, fp + tn), recall) : (recall, quotient(tp, tp + fp))
            let heights =
                switch summationMethod {
                case .interpolation: (left(y) + right(y)) / 2
                case .minoring: minimum(left(y), right(y))
                case .majoring: maximum(left(y), right(y))
                }
            terms = (left(x) - right(x)) * heights
        }
        guard multiLabel else { return terms.sum() }
        let areas = terms.sum(axis: 0)
        guard let labelWeights else { return areas.mean() }
        let weights = Tensor(labelWeights, dtype: dtype)
        return quotient((areas * weights).sum(), weights.sum())
    }

    /// As Keras's, without thresholds that are spaced evenly, and without the two that were added.
    public override var config: [String: JSONValue] {
        givenThresholds == nil ? super.config.filter { $0.key != "thresholds" } : super.config
    }
}

extension MetricConvertible where Self == AUC {
    /// The area under the ROC or the precision-recall curve.
    public static func auc(
        numThresholds: Int = 200, curve: AUC.Curve = .roc, fromLogits: Bool = false, name: String = "auc"
    ) -> AUC { AUC(numThresholds: numThresholds, curve: curve, fromLogits: fromLogits, name: name) }
}

extension AUC.Curve: ArgumentValue {}
extension AUC.SummationMethod: ArgumentValue {}
