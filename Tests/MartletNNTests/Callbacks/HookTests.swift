import Foundation
import Martlet
import TestSupport
import Testing

/// Which hooks are called, and in which order: as `keras.callbacks.Callback`'s of Keras 3.15, whose calls are written out here.
@Suite(.ownSession) struct HookTests {
    /// Notes every hook.
    final class Recorder: Callback {
        var calls: [String] = []
        override func onTrainBegin() { calls.append("train_begin") }
        override func onTrainEnd() { calls.append("train_end") }
        override func onEpochBegin(_ epoch: Int) { calls.append("epoch_begin \(epoch)") }
        override func onEpochEnd(_ epoch: Int, logs: inout Logs) { calls.append("epoch_end \(epoch)") }
        override func onTrainBatchBegin(_ batch: Int) { calls.append("train_batch_begin \(batch)") }
        override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { calls.append("train_batch_end \(batch)") }
        override func onTestBegin() { calls.append("test_begin") }
        override func onTestEnd(logs: Logs) { calls.append("test_end") }
        override func onTestBatchBegin(_ batch: Int) { calls.append("test_batch_begin \(batch)") }
        override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) { calls.append("test_batch_end \(batch)") }
        override func onPredictBegin() { calls.append("predict_begin") }
        override func onPredictEnd() { calls.append("predict_end") }
        override func onPredictBatchBegin(_ batch: Int) { calls.append("predict_batch_begin \(batch)") }
        override func onPredictBatchEnd(_ batch: Int, outputs: [Tensor]) {
            calls.append("predict_batch_end \(batch) \(outputs.map(\.shape))")
        }
    }

    static let (x, y) = (Tensor.ones([5, 2]), Tensor.ones([5, 1]))
    static func batches(_ kind: String, _ count: Int) -> [String] {
        (0..<count).flatMap { ["\(kind)_batch_begin \($0)", "\(kind)_batch_end \($0)"] }
    }

    @Test func fitting() throws {
        let (model, recorder) = (try tinyModel(metrics: []), Recorder())
        try model.fit(
            Self.x, Self.y, batchSize: 2, epochs: 2, verbosity: .silent, validationData: (Self.x[0..<3], Self.y[0..<3]),
            callbacks: [recorder])
        var expected = ["train_begin"]
        for epoch in 0..<2 {
            expected.append("epoch_begin \(epoch)")
            expected += Self.batches("train", 3)
            expected.append("test_begin")
            expected += Self.batches("test", 2)
            expected += ["test_end", "epoch_end \(epoch)"]
        }
        expected.append("train_end")
        #expect(recorder.calls == expected)
    }

    @Test(arguments: [false, true]) func evaluating(fromPipeline: Bool) throws {
        let (model, recorder) = (try tinyModel(metrics: []), Recorder())
        if fromPipeline {
            _ = try model.evaluate(Dataset.fromTensorSlices(Self.x, Self.y).batch(2), callbacks: [recorder])
        } else {
            _ = try model.evaluate(Self.x, Self.y, batchSize: 2, callbacks: [recorder])
        }
        #expect(recorder.calls == ["test_begin"] + Self.batches("test", 3) + ["test_end"])
    }

    static let predictions = [
        "predict_begin", "predict_batch_begin 0", "predict_batch_end 0 [(2, 1)]", "predict_batch_begin 1",
        "predict_batch_end 1 [(2, 1)]", "predict_batch_begin 2", "predict_batch_end 2 [(1, 1)]", "predict_end",
    ]

    @Test(arguments: [false, true]) func predicting(fromPipeline: Bool) throws {
        let (model, recorder) = (try tinyModel(metrics: []), Recorder())
        let expected = try model.predict(Self.x, batchSize: 2)
        let found =
            if fromPipeline {
                try model.predict(Dataset.fromTensorSlices(Self.x, Self.y).batch(2), callbacks: [CallbackList([recorder])])[0]
            } else {
                try model.predict(Self.x, batchSize: 2, callbacks: [CallbackList([recorder])])
            }
        #expect(recorder.calls == Self.predictions && recorder.model === model && recorder.parameters.steps == 3)
        #expect(found.allClose(to: expected) && found.shape == [5, 1])
    }

    /// Keras calls the hooks once for each execution.
    @Test func executionsOfSteps() throws {
        let (model, recorder) = (try tinyModel(metrics: []), Recorder())
        try model.compile(optimizer: "sgd", loss: "mse", metrics: [], stepsPerExecution: 2)
        _ = try model.predict(Self.x, batchSize: 2, callbacks: [recorder])
        #expect(
            recorder.calls == [
                "predict_begin", "predict_batch_begin 0", "predict_batch_end 1 [(4, 1)]", "predict_batch_begin 2",
                "predict_batch_end 2 [(1, 1)]", "predict_end",
            ])
    }

    @Test func closures() throws {
        var calls: [String] = []
        let callback = LambdaCallback(
            onTestBegin: { calls.append("test") }, onTestEnd: { calls.append("tested \($0.keys)") },
            onTestBatchBegin: { calls.append("batch \($0)") }, onTestBatchEnd: { calls.append("done \($0) \($1().keys)") },
            onPredictBegin: { calls.append("predict") }, onPredictEnd: { calls.append("predicted") },
            onPredictBatchBegin: { calls.append("batch \($0)") },
            onPredictBatchEnd: { calls.append("done \($0) \($1[0].shape)") })
        let model = try tinyModel(metrics: [])
        _ = try model.evaluate(Self.x, Self.y, callbacks: [callback])
        _ = try model.predict(Self.x, callbacks: [callback])
        #expect(
            calls == [
                "test", "batch 0", "done 0 [\"loss\"]", "tested [\"loss\"]", "predict", "batch 0", "done 0 (5, 1)", "predicted",
            ])
    }

    @Test func stopping() throws {
        final class Stopper: Callback {
            override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) { if batch == 1 { model?.stopEvaluating = true } }
            override func onPredictBatchEnd(_ batch: Int, outputs: [Tensor]) { if batch == 1 { model?.stopPredicting = true } }
        }
        let (model, recorder) = (try tinyModel(metrics: []), Recorder())
        _ = try model.evaluate(Self.x, Self.y, batchSize: 2, callbacks: [Stopper(), recorder])
        #expect(recorder.calls == ["test_begin"] + Self.batches("test", 2) + ["test_end"])
        let found = try model.predict(Self.x, batchSize: 2, callbacks: [Stopper()])
        #expect(found.shape == [4, 1])
        // The next runs are whole.
        #expect(try model.predict(Self.x, batchSize: 2).shape == [5, 1])
    }

    @Test func errorsOfHooks() throws {
        struct Refusal: Error {}
        let model = try tinyModel(metrics: [])
        let callback = LambdaCallback(onPredictBatchBegin: { if $0 == 1 { throw Refusal() } })
        #expect(throws: Refusal.self) { try model.predict(Self.x, batchSize: 2, callbacks: [callback]) }
        #expect(try model.predict(Self.x, batchSize: 2).shape == [5, 1])
    }

    /// Predictions are those of the averages, and the weights are back behind them, as Keras's `SwapEMAWeights` does it.
    @Test func averagesInPredictions() throws {
        let model = try tinyModel(metrics: [])
        try model.compile(optimizer: SGD(learningRate: 0.1, useEMA: true, emaMomentum: 0.5), loss: "mse", metrics: [])
        for _ in 0..<3 { _ = try model.trainOnBatch(Self.x, Self.y) }
        let weights = model.getWeights()
        let plain = try model.predict(Self.x)
        let averaged = try model.predict(Self.x, callbacks: [SwapEMAWeights()])
        #expect(!plain.allClose(to: averaged))
        #expect(zip(model.getWeights(), weights).allSatisfy { $0.allClose(to: $1, relativeTolerance: 0, absoluteTolerance: 0) })
        model.optimizer!.finalizeValues(of: model.trainableVariables)
        #expect(try model.predict(Self.x).allClose(to: averaged))
    }
}
