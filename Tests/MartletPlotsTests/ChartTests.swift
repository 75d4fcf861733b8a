import Foundation
import Martlet
import TestSupport
import Testing

/// Numbers of charts against counts, closed forms and the library's metrics.
@Suite(.ownSession) struct ChartTests {
    private let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.65, 0.2, 0.65, 0.55, 0.35, 0.7]
    private let labels = [0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 1]

    /// The area is the share of pairs in which the positive sample has the higher score; equal scores count half.
    @Test func areaUnderTheCurveIsTheShareOfOrderedPairs() throws {
        let curves = try ThresholdCurves(scores: Tensor(scores), labels: Tensor(labels))
        var (right, pairs) = (0.0, 0.0)
        for (a, isPositive) in zip(scores, labels) where isPositive == 1 {
            for (b, other) in zip(scores, labels) where other == 0 {
                pairs += 1
                right += a > b ? 1 : a == b ? 0.5 : 0
            }
        }
        #expect(abs(curves.areaUnderROC - right / pairs) < 1e-12)
        let metric = AUC(numThresholds: 2001)
        metric.update(Tensor(labels.map(Float.init)), Tensor(scores.map(Float.init)))
        #expect(abs(curves.areaUnderROC - metric.result().item()) < 1e-3)
    }

    /// Two thresholds: (2 of 3 positives, 1 of 2 negatives), then all.
    @Test func pointsOfCurves() throws {
        let curves = try ThresholdCurves(scores: Tensor([0.9, 0.9, 0.9, 0.2, 0.2]), labels: Tensor([1, 1, 0, 1, 0]))
        #expect(curves.roc.map(\.falsePositiveRate) == [0, 0.5, 1])
        #expect(curves.roc.map(\.truePositiveRate) == [0, 2.0 / 3, 1])
        #expect(curves.precisionRecall.map(\.precision) == [2.0 / 3, 0.6])
        #expect(abs(curves.averagePrecision - (2.0 / 3 * 2.0 / 3 + 1.0 / 3 * 0.6)) < 1e-12)
        #expect(curves.rocPlot.svg.contains("AUC 0.583"))
    }

    @Test func curvesWithoutOneKindHaveNoArea() throws {
        #expect(try ThresholdCurves(scores: Tensor([0.1, 0.2]), labels: Tensor([1, 1])).areaUnderROC.isNaN)
        #expect(throws: MartletError.self) { try ThresholdCurves(scores: Tensor([0.1, .nan]), labels: Tensor([1, 0])) }
        #expect(throws: MartletError.self) { try ThresholdCurves(scores: Tensor([0.1]), labels: Tensor([1, 0])) }
    }

    @Test func confusionMatrixCounts() throws {
        let predictions = Tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.5, 0.1, 0.4]])
        let matrix = try ConfusionMatrix(predictions: predictions, labels: Tensor([0, 1, 1, 2]), classNames: ["a", "b<", "c"])
        #expect(matrix.counts == [[1, 0, 0], [0, 1, 1], [1, 0, 0]] && matrix.accuracy == 0.5)
        #expect(matrix.svg.contains("b&lt;") && !matrix.svg.contains("b<<"))
        let oneHot = Tensor([[1.0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
        #expect(try ConfusionMatrix(predictions: predictions, labels: oneHot).counts == matrix.counts)
        let binary = try ConfusionMatrix(predictions: Tensor([[0.4], [0.6], [0.9]]), labels: Tensor([0, 0, 1]))
        #expect(binary.counts == [[1, 1], [0, 1]])
    }

    @Test(arguments: [[0, 3], [0, -1], [0.5, 1]])
    func labelsBesideTheClassesAreErrors(_ labels: [Double]) throws {
        let predictions = Tensor([[0.5, 0.2, 0.3], [0.1, 0.1, 0.8]])
        if labels[0] == 0.5 {
            #expect(throws: Never.self) { try ConfusionMatrix(predictions: predictions, labels: Tensor(labels)) }
        } else {
            #expect(throws: MartletError.self) { try ConfusionMatrix(predictions: predictions, labels: Tensor(labels)) }
        }
    }

    /// Confidences 0.6, 0.8, 0.8, 0.9, of which the first and the last two are right. Bins of a half: all lie in the upper one.
    @Test func calibrationBins() throws {
        let predictions = Tensor([[0.6, 0.4], [0.2, 0.8], [0.8, 0.2], [0.1, 0.9]])
        let two = try Calibration(predictions: predictions, labels: Tensor([0, 0, 0, 1]), bins: 2)
        #expect(two.bins.map(\.count) == [0, 4] && two.bins[1].accuracy == 0.75)
        #expect(abs(two.bins[1].confidence - 0.775) < 1e-6 && abs(two.expectedError - 0.025) < 1e-6)
        let ten = try Calibration(predictions: predictions, labels: Tensor([0, 0, 0, 1]), bins: 10)
        #expect(ten.bins.map(\.count).reduce(0, +) == 4)
    }

    @Test func bandsAndTables() {
        var plot = Plot("b", x: .init("step", range: 0...2), y: .init("value", range: 0...1))
        plot.addBand("range", x: [0, 1, 2], from: [0, 0.25, 0], to: [1, 0.75, 1])
        plot.addLine("middle", x: [0, 1, 2], y: [0.5, 0.5, 0.5])
        // The drawing area is x 64...620 and y 60...344.
        #expect(plot.svg.contains("<polygon points=\"64,60 342,131 620,60 620,344 342,273 64,344\""))
        #expect(plot.svg.contains("<polyline points=\"64,202 342,202 620,202\""))
    }

    /// The pixels of PNG after its own header and checksums, by the rule of the format: 2 x 1 grey.
    @Test func imagesArePNG() throws {
        let grid = try ImageGrid(Tensor([[[0.0, 1.0]]]), labels: ["a"])
        let start = try #require(grid.svg.range(of: "data:image/png;base64,"))
        let text = grid.svg[start.upperBound...].prefix { $0 != "\"" }
        let bytes = Array(try #require(Data(base64Encoded: String(text))))
        #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        #expect(Array(bytes[8..<29]) == [0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 2, 0, 0, 0, 1, 8, 0, 0, 0, 0])
        // The checksum of this IEND is the same in every file.
        #expect(Array(bytes.suffix(12)) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
    }

    @Test func schedulesAreDrawn() {
        let svg = PiecewiseConstantDecay(boundaries: [2], values: [1.0, 0.5]).plot(steps: 4).svg
        #expect(svg.contains("polyline"))
    }
}
