import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Metrics against Keras, in float64, update by update.
@Suite(.ownSession) struct MetricTests {
    static let cases: [JSONValue] = (try? Fixture("metrics").cases) ?? []

    @Test func everyMetricIsComparedWithKeras() throws {
        let compared = try Set(Self.cases.map { try $0.string("object", "class_name") })
        // The wrapper is what the means of losses are made with.
        for name in MetricRegistry.shared.names where name != "MeanMetricWrapper" {
            #expect(compared.contains(name), "\(name)")
        }
    }

    @Test(arguments: cases.indices) func resultsAreThoseOfKeras(_ index: Int) throws {
        let item = Self.cases[index]
        let object = try #require(item["object"])
        let metric = try Metric.make(from: object)
        let tolerance = try item.double("tolerance")
        for pass in 0..<2 {
            // After a reset everything starts anew.
            for (step, update) in try item.array("updates").enumerated() {
                let prediction = try #require(update["yPred"]).tensor()
                let target = try update.tensorIfPresent("yTrue") ?? prediction
                metric.update(target, prediction, sampleWeight: try update.tensorIfPresent("sampleWeight"))
                let expected = try #require(update["result"]).tensor()
                // Keras divides and sums in another order here and there: a few units in the last place of float64.
                #expect(
                    relativeError(metric.result(), expected) < tolerance,
                    "case \(index), pass \(pass), update \(step): \(object)")
            }
            metric.reset()
        }
    }

    @Test func accuracyFitsTheShapes() throws {
        func made(_ target: PartialShape, _ prediction: PartialShape, _ name: String = "accuracy") throws -> Metric {
            try name.makeMetric(for: target, prediction, loss: nil)
        }
        #expect(try made([nil, 1], [nil, 1]) is BinaryAccuracy)
        #expect(try made([nil], [nil, 1]) is BinaryAccuracy)
        #expect(try made([nil], [nil, 10]) is SparseCategoricalAccuracy)
        #expect(try made([nil, 1], [nil, 10]) is SparseCategoricalAccuracy)
        #expect(try made([nil, 10], [nil, 10]) is CategoricalAccuracy)
        #expect(try made([nil, 5], [nil, 5, 10]) is SparseCategoricalAccuracy)
        #expect(try made([nil], [nil, 10]).name == "accuracy")
        #expect(try made([nil], [nil, 10], "acc").name == "acc")
        #expect(try made([nil], [nil, 10], "mae").name == "mae")
        let choices: [any MetricConvertible] = [.accuracy, .auc(), .precision(topK: 2), "rmse", .meanSquaredError()]
        let names = try choices.map { try $0.makeMetric(for: [nil, 3], [nil, 3], loss: nil).name }
        #expect(names == ["accuracy", "auc", "precision", "rmse", "mean_squared_error"])
    }

    @Test func anUnknownNameIsAnsweredWithTheNearest() {
        do { _ = try "precison".makeMetric(for: [nil], [nil, 2], loss: nil) } catch {
            #expect("\(error)".contains("\"precision\""))
            return
        }
        Issue.record("\"precison\" was taken")
    }

    @Test func nothingTakenInGivesZero() {
        #expect(Mean().result().item() == 0.0)
        #expect(Precision().result().item() == 0.0)
        #expect(AUC().result().item() == 0.0)
        #expect(AUC(multiLabel: true).result().item() == 0.0)
    }

    /// The number of labels comes with the data; each column has the area that it has alone.
    @Test func labelsOfTheFirstData() throws {
        let (yTrue, yPred) = (Tensor([[0, 1], [1, 0], [0, 1], [1, 1]]), Tensor([[0.2, 0.3], [0.7, 0.6], [0.4, 0.9], [0.3, 0.2]]))
        func area(of column: Int) -> Double {
            let metric = AUC()
            metric.update(yTrue[0..., column], yPred[0..., column])
            return metric.result().item()
        }
        let (metric, weighted) = (AUC(multiLabel: true), AUC(multiLabel: true, labelWeights: [3, 1]))
        for metric in [metric, weighted] {
            metric.update(yTrue[0..<1], yPred[0..<1])
            metric.update(yTrue[1...], yPred[1...])
        }
        #expect(Swift.abs(metric.result().item() - (area(of: 0) + area(of: 1)) / 2) < 1e-6)
        #expect(Swift.abs(weighted.result().item() - (3 * area(of: 0) + area(of: 1)) / 4) < 1e-6)
        #expect(metric.config["num_labels"] == .null)
        #expect(throws: MartletError.self) { try metric.validate(target: [4, 3], prediction: [4, 3]) }
        #expect(throws: MartletError.self) { try weighted.validate(target: [4, 3], prediction: [4, 3]) }
        #expect(throws: MartletError.self) {
            try AUC(multiLabel: true, labelWeights: [1, 2]).validate(target: [4, 3], prediction: [4, 3])
        }
    }

    /// Sorted class numbers in place of scores: the target is one of the first k.
    @Test(arguments: [(1, 0.25), (2, 0.75), (5, 0.75), (-1, 0.75), (-2, 0.25)]) func sortedIDs(_ k: Int, _ share: Double) {
        let metric = SparseTopKCategoricalAccuracy(k: k, fromSortedIDs: true)
        let ids = Tensor([[3.0, 7, 1], [2, 9, 0], [5, 6, 4], [8, 1, 2]])
        metric.update(Tensor([3, 9, 30, 1]), ids)
        #expect(metric.result().item() == share)
        metric.reset()
        metric.update(Tensor([[3], [9], [30], [1]]), ids)
        #expect(metric.result().item() == share)
    }

    /// A class number below 0 counts from the last one, as an index of Python.
    @Test func classesFromTheEnd() {
        let (yTrue, yPred) = (Tensor([[0.0, 1, 1], [1, 0, 1]]), Tensor([[0.1, 0.9, 0.8], [0.7, 0.2, 0.3]]))
        for (id, same) in [(-1, 2), (-3, 0)] {
            let (metric, other) = (Recall(classID: id), Recall(classID: same))
            for metric in [metric, other] { metric.update(yTrue, yPred) }
            #expect(metric.result().item() as Double == other.result().item())
        }
    }

    @Test func aPerfectRankingHasAreaOne() {
        let auc = AUC()
        auc.update(Tensor([0.0, 0, 1, 1]), Tensor([0.1, 0.2, 0.8, 0.9]))
        #expect(Swift.abs(auc.result().item() - 1) < 1e-6)
    }

    @Test func theCosineAsMetricIsTheLossWithItsSignChanged() throws {
        let metric = try "cosine_similarity".makeMetric(for: [nil, 2], [nil, 2], loss: nil)
        metric.update(Tensor([[3.0, 4]]), Tensor([[3.0, 4]]))
        #expect(Swift.abs(metric.result().item() - 1) < 1e-6)
    }

    @Test func noClassIsNotAmongTheLikeliest() {
        let metric = SparseTopKCategoricalAccuracy(k: 1)
        metric.update(Tensor([-1, 2, 3]), Tensor([[0.1, 0.2, 0.7], [0.1, 0.2, 0.7], [0.1, 0.2, 0.7]]))
        #expect(Swift.abs(metric.result().item() - 1.0 / 3) < 1e-6)
    }

    @Test func confusionsAreCounted() {
        let matrix = confusionMatrix(Tensor([0, 1, 2, 2, 1]), Tensor([0, 2, 2, 1, 1]))
        #expect(matrix.shape == [3, 3])
        #expect(matrix.scalars(as: Int.self) == [1, 0, 0, 0, 1, 1, 0, 1, 1])
        let scores = Tensor([[0.9, 0.1], [0.2, 0.8]])
        #expect(confusionMatrix(Tensor([0, 0]), scores, classes: 2).scalars(as: Int.self) == [1, 1, 0, 0])
        #expect(
            confusionMatrix(Tensor([] as [Int]), Tensor([] as [Int]), classes: 2).scalars(as: Int.self) == [0, 0, 0, 0])
    }
}
