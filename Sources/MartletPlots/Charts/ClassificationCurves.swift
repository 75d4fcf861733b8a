import Foundation
import MartletCore

/// The trade-offs of a classifier at every threshold: rates of true and false positives, precision and recall.
///
/// ```swift
/// let curves = try ThresholdCurves(scores: Tensor([0.1, 0.4, 0.35, 0.8]), labels: Tensor([0, 0, 1, 1]))
/// print(curves.areaUnderROC)    // 0.75
/// ```
///
/// Samples of one score count together, so the curves do not depend on the order of the samples.
///
/// Source: T. Fawcett, "An introduction to ROC analysis" (2006).
public struct ThresholdCurves: Sendable {
    /// The rates of false and true positives, from (0, 0) to (1, 1), one point for each threshold.
    public let roc: [(falsePositiveRate: Double, truePositiveRate: Double)]
    /// Recall and precision, from the highest threshold to the lowest.
    public let precisionRecall: [(recall: Double, precision: Double)]
    /// The area under the ROC curve: the chance that a positive sample has a higher score than a negative one. NaN without
    /// positive or negative samples.
    public let areaUnderROC: Double
    /// The mean of the precisions, weighted by the gains of recall. NaN without positive samples.
    public let averagePrecision: Double

    /// Sorts samples by their scores.
    /// - Parameters:
    ///   - scores: the higher, the more likely positive. Of shape `(samples)` or `(samples, 1)`.
    ///   - labels: 0 for negative samples; others are positive.
    /// - Throws: `MartletError` when the numbers of samples differ, or a score is NaN.
    public init(scores: Tensor, labels: Tensor) throws {
        guard scores.elementCount == labels.elementCount else {
            throw MartletError(
                "Expected a label for each of \(scores.elementCount) scores. Received: \(labels.elementCount).", at: "labels")
        }
        let values: [Double] = scores.scalars()
        if let bad = values.firstIndex(where: \.isNaN) {
            throw MartletError("Expected numbers. Received: NaN for sample \(bad).", at: "scores")
        }
        let truth: [Double] = labels.scalars()
        self.init(values, truth.map { $0 != 0 })
    }

    init(_ scores: [Double], _ labels: [Bool]) {
        let positives = Double(labels.count { $0 })
        let negatives = Double(labels.count) - positives
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var (truePositives, falsePositives) = (0.0, 0.0)
        var roc = [(0.0, 0.0)]
        var precisionRecall: [(Double, Double)] = []
        var (area, precision) = (0.0, 0.0)
        var place = 0
        while place < order.count {
            let before = (truePositives, falsePositives)
            let score = scores[order[place]]
            while place < order.count, scores[order[place]] == score {
                if labels[order[place]] { truePositives += 1 } else { falsePositives += 1 }
                place += 1
            }
            area += (falsePositives - before.1) * (truePositives + before.0) / 2
            precision += (truePositives - before.0) * truePositives / (truePositives + falsePositives)
            roc.append((falsePositives / max(1, negatives), truePositives / max(1, positives)))
            precisionRecall.append((truePositives / max(1, positives), truePositives / (truePositives + falsePositives)))
        }
        self.roc = roc.map { (falsePositiveRate: $0.0, truePositiveRate: $0.1) }
        self.precisionRecall = precisionRecall.map { (recall: $0.0, precision: $0.1) }
        areaUnderROC = positives > 0 && negatives > 0 ? area / (positives * negatives) : .nan
        averagePrecision = positives > 0 ? precision / positives : .nan
    }

    /// The ROC curve, beside the line of chance.
    public var rocPlot: Plot { Self.rocPlot([("", self)]) }
    /// Precision over recall.
    public var precisionRecallPlot: Plot { Self.precisionRecallPlot([("", self)]) }

    /// The most points of a curve in a drawing.
    private static let drawn = 200

    static func rocPlot(_ curves: [(name: String, curve: ThresholdCurves)]) -> Plot {
        var plot = Plot("ROC", x: .init("false positive rate", range: 0...1), y: .init("true positive rate", range: 0...1))
        plot.addLine(x: [0, 1], y: [0, 1], look: .init(color: 7, isFaint: true, isDashed: true))
        for (name, curve) in curves {
            let points = thinned(curve.roc, to: drawn)
            plot.addLine(
                label(name, "AUC", curve.areaUnderROC), x: points.map(\.falsePositiveRate), y: points.map(\.truePositiveRate))
        }
        return plot
    }

    static func precisionRecallPlot(_ curves: [(name: String, curve: ThresholdCurves)]) -> Plot {
        var plot = Plot("Precision and recall", x: .init("recall", range: 0...1), y: .init("precision", range: 0...1))
        for (name, curve) in curves {
            let points = thinned(curve.precisionRecall, to: drawn)
            plot.addLine(
                label(name, "AP", curve.averagePrecision), x: points.map(\.recall), y: points.map(\.precision))
        }
        return plot
    }

    private static func label(_ name: String, _ what: String, _ value: Double) -> String {
        (name.isEmpty ? "" : name + " ") + what + String(format: " %.3f", value)
    }
}

/// Every so many elements, and the last one.
func thinned<Element>(_ elements: [Element], to limit: Int) -> [Element] {
    guard elements.count > limit, limit > 1 else { return elements }
    return (0..<limit).map { elements[$0 * (elements.count - 1) / (limit - 1)] }
}

/// Whether a classifier is as often right as it says: samples in bins of how sure it is, and the share of right ones in each.
///
/// Source: C. Guo et al., ["On calibration of modern neural networks"](https://arxiv.org/abs/1706.04599) (2017).
public struct Calibration: Sendable {
    /// A range of confidences.
    public struct Bin: Sendable {
        /// Its ends. The upper one belongs to the bin.
        public let range: ClosedRange<Double>
        /// The number of samples.
        public let count: Int
        /// How sure the classifier is, on average; NaN without samples.
        public let confidence: Double
        /// The share of samples whose class was predicted; NaN without samples.
        public let accuracy: Double
    }

    /// The bins, from 0 to 1.
    public let bins: [Bin]
    /// The mean distance between confidence and accuracy, weighted by the numbers of samples: the expected calibration error.
    public let expectedError: Double

    /// Counts what a model predicted.
    /// - Parameters:
    ///   - predictions: probabilities, `(samples, classes)`, or of the second class, `(samples, 1)`.
    ///   - labels: class numbers, or one-hot rows.
    ///   - bins: the number of bins, of equal width.
    /// - Throws: `MartletError` when the shapes do not fit, or a label is none of the classes.
    public init(predictions: Tensor, labels: Tensor, bins: Int = 10) throws {
        self.init(try ClassScores(predictions, labels: labels), bins: bins)
    }

    init(_ classes: ClassScores, bins count: Int) {
        let count = max(1, count)
        var sums = [(count: Int, confidence: Double, right: Int)](repeating: (0, 0, 0), count: count)
        for sample in 0..<classes.count {
            let confidence = classes.confidence(sample)
            guard confidence.isFinite else { continue }
            let place = max(0, min(count - 1, Int((confidence * Double(count)).rounded(.up)) - 1))
            sums[place].count += 1
            sums[place].confidence += confidence
            if classes.guess(sample) == classes.labels[sample] { sums[place].right += 1 }
        }
        bins = sums.enumerated().map { index, sum in
            let range = Double(index) / Double(count)...Double(index + 1) / Double(count)
            let size = Double(sum.count)
            return Bin(range: range, count: sum.count, confidence: sum.confidence / size, accuracy: Double(sum.right) / size)
        }
        let total = Double(max(1, sums.reduce(0) { $0 + $1.count }))
        expectedError = bins.reduce(0) { $0 + ($1.count > 0 ? abs($1.confidence - $1.accuracy) * Double($1.count) / total : 0) }
    }

    /// Accuracy over confidence, beside the line on which both are equal.
    public var plot: Plot {
        var plot = Plot("Calibration", x: .init("confidence", range: 0...1), y: .init("accuracy", range: 0...1))
        plot.addLine(x: [0, 1], y: [0, 1], look: .init(color: 7, isFaint: true, isDashed: true))
        let filled = bins.filter { $0.count > 0 }
        let look = Plot.Look(color: 0)
        plot.addLine(
            String(format: "error %.3f", expectedError), x: filled.map(\.confidence), y: filled.map(\.accuracy), look: look)
        plot.addPoints(x: filled.map(\.confidence), y: filled.map(\.accuracy), look: look)
        return plot
    }
}
