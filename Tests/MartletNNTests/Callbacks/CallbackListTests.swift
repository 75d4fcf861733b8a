import Foundation
import Martlet
import TestSupport
import Testing

@Suite(.ownSession) struct CallbackListTests {
    /// A loop of one's own with a list does what `fit` does, and a list in `fit` stands for its callbacks.
    @Test func inLoops() throws {
        var calls: [[String]] = [[], []]
        func watcher(_ index: Int) -> LambdaCallback {
            LambdaCallback(
                onEpochBegin: { calls[index].append("begin \($0)") }, onEpochEnd: { calls[index].append("end \($0) \($1.keys)") },
                onTrainBegin: { calls[index].append("train") }, onTrainEnd: { calls[index].append("over") },
                onTrainBatchBegin: { calls[index].append("batch \($0)") },
                onTrainBatchEnd: { calls[index].append("done \($0) \($1().keys)") })
        }
        let model = try tinyModel(metrics: [])
        let (x, y) = (Tensor.ones([4, 2]), Tensor.ones([4, 1]))
        try model.fit(x, y, batchSize: 2, epochs: 2, verbosity: .silent, callbacks: [CallbackList([watcher(0)])])

        let list = CallbackList([watcher(1)], addHistory: true, model: model, epochs: 2)
        list.append(EarlyStopping(monitor: "loss", patience: 0, baseline: -1))
        #expect(list.callbacks.allSatisfy { $0.model === model && $0.parameters.epochs == 2 })
        model.stopTraining = false
        try list.onTrainBegin()
        for epoch in 0..<2 {
            try list.onEpochBegin(epoch)
            for batch in 0..<2 {
                try list.onTrainBatchBegin(batch)
                let logs = try model.trainOnBatch(x[0..<2], y[0..<2])
                try list.onTrainBatchEnd(batch) { logs }
            }
            var logs: Logs = ["loss": 0.5]
            try list.onEpochEnd(epoch, logs: &logs)
        }
        try list.onTrainEnd()
        #expect(calls[0] == calls[1] && calls[0].count == 14)
        #expect(list.history?["loss"] == [0.5, 0.5] && model.stopTraining)
    }

    @Test func inEvaluation() throws {
        final class Counter: Callback {
            var (begun, ended) = (0, 0)
            override func onTestBegin() { begun += model == nil ? 0 : 1 }
            override func onTestEnd(logs: Logs) { ended += logs.count }
        }
        let (model, counter) = (try tinyModel(metrics: []), Counter())
        _ = try model.evaluate(Tensor.ones([2, 2]), Tensor.ones([2, 1]), callbacks: [CallbackList([CallbackList([counter])])])
        #expect(counter.begun == 1 && counter.ended == 1)
    }
}
