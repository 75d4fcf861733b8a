import Foundation
import Martlet
import TestSupport
import Testing

/// A model whose weights and optimizer a callback may change.
func tinyModel(learningRate: Double = 1, metrics: [any MetricConvertible] = ["accuracy"]) throws -> Sequential {
    let model = Sequential([InputLayer([2]), Dense(1, name: "out")])
    try model.compile(optimizer: SGD(learningRate: learningRate), loss: "mse", metrics: metrics)
    try model.fit(Tensor.ones([2, 2]), Tensor.ones([2, 1]), verbosity: .silent)
    return model
}

/// Plays epochs of given values to callbacks, as `fit` does; returns the logs of each epoch that was reached.
@discardableResult
func play(
    _ callbacks: [Callback], on model: Model, _ values: [Double], as name: String = "val_loss",
    before: (Int) -> Void = { _ in }
) throws -> [Logs] {
    model.stopTraining = false
    for callback in callbacks { callback.model = model }
    for callback in callbacks { try callback.onTrainBegin() }
    var all: [Logs] = []
    for (epoch, value) in values.enumerated() {
        before(epoch)
        for callback in callbacks { try callback.onEpochBegin(epoch) }
        var logs: Logs = [name: value]
        for callback in callbacks { try callback.onEpochEnd(epoch, logs: &logs) }
        all.append(logs)
        if model.stopTraining { break }
    }
    for callback in callbacks { try callback.onTrainEnd() }
    return all
}

/// Counts how often its result is asked for.
private final class CountingMetric: Metric {
    var results = 0
    override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor?) {}
    override func result() -> Tensor {
        results += 1
        return Tensor(0.5)
    }
}

/// The numbers follow from the rules of Keras's callbacks, by hand.
@Suite(.ownSession) struct MonitoringCallbackTests {
    /// Results of metrics may take longer than a step: callbacks that do not show them after each batch do not ask for them.
    @Test func metricsAreComputedForWhoNeedsThem() throws {
        try withFolder { folder in
            let metric = CountingMetric(name: "counting")
            let model = try tinyModel(learningRate: 0.01, metrics: [metric])
            metric.results = 0
            let callbacks: [Callback] = [
                TerminateOnNaN(), TensorBoard(logDirectory: folder + "/events"), CSVLogger(folder + "/log.csv"),
                EarlyStopping(monitor: "loss"), ReduceLROnPlateau(monitor: "loss"), BackupAndRestore(folder + "/backup"),
                ModelCheckpoint(folder + "/{epoch}.weights.h5"),
            ]
            let (x, y) = (Tensor.ones([10, 2]), Tensor.ones([10, 1]))
            try model.fit(x, y, batchSize: 1, epochs: 2, verbosity: .silent, callbacks: callbacks)
            #expect(metric.results == 2)
            // Those who ask for them after each batch share one result.
            metric.results = 0
            let board = TensorBoard(logDirectory: folder + "/batches", updateFrequency: .batch)
            let readers = (0..<2).map { _ in LambdaCallback(onTrainBatchEnd: { _, logs in _ = logs() }) }
            try model.fit(x, y, batchSize: 1, verbosity: .silent, callbacks: readers)
            #expect(metric.results == 10 + 1)
            metric.results = 0
            _ = try model.evaluate(x, y, batchSize: 1, verbosity: .silent, callbacks: [board])
            #expect(metric.results == 1)
        }
    }

    @Test(arguments: [
        // patience, minDelta, baseline, start, values, epochs that are run
        (0, 0.0, nil, 0, [1.0, 0.9, 0.9, 0.1], 3),
        (2, 0.0, nil, 0, [1.0, 0.9, 0.95, 0.92, 0.1], 4),
        (2, 0.0, nil, 0, [1.0, 1.1, 0.9, 1.0, 1.1, 0.1], 5),
        (1, 0.2, nil, 0, [1.0, 0.9, 0.1], 2),
        (2, 0.0, 0.5, 0, [1.0, 0.9, 0.8, 0.7, 0.9], 5),
        (2, 0.0, 0.85, 0, [1.0, 0.8, 0.9, 0.7], 4),
        (0, 0.0, nil, 2, [1.0, 2.0, 3.0, 4.0, 0.1], 4),
        (0, 0.0, nil, 0, [.nan, 1.0, 0.5], 2),
    ] as [(Int, Double, Double?, Int, [Double], Int)])
    func earlyStopping(
        patience: Int, minDelta: Double, baseline: Double?, start: Int, values: [Double], epochs: Int
    ) throws {
        let callback = EarlyStopping(
            minDelta: minDelta, patience: patience, baseline: baseline, startFromEpoch: start)
        #expect(try play([callback], on: tinyModel(), values).count == epochs)
    }

    @Test func earlyStoppingRestoresTheBestWeights() throws {
        let model = try tinyModel()
        let callback = EarlyStopping(monitor: "val_accuracy", patience: 2, restoreBestWeights: true)
        try play([callback], on: model, [0.1, 0.5, 0.4, 0.3, 0.9], as: "val_accuracy") { epoch in
            model.weights[0].assign(Tensor.full([2, 1], Double(epoch)))
        }
        #expect(callback.stoppedEpoch == 3 && callback.bestEpoch == 1 && callback.best == 0.5)
        #expect(model.weights[0].value.scalars(as: Float.self) == [1, 1])
    }

    @Test func weightsThatWereTakenStayWhenTrainingGoesOn() throws {
        let model = try tinyModel(learningRate: 0.1)
        let before = model.getWeights()
        let digest = model.weightsSHA256
        try model.fit(Tensor.full([4, 2], 3.0), Tensor.full([4, 1], 9.0), verbosity: .silent)
        #expect(model.weightsSHA256 != digest)
        try model.setWeights(before)
        #expect(model.weightsSHA256 == digest)
    }

    @Test func directionComesFromTheMetric() throws {
        let model = try tinyModel(metrics: ["accuracy", "mae", "auc", .custom(name: "own") { $0 - $1 }])
        #expect(try play([EarlyStopping(monitor: "val_auc")], on: model, [0.1, 0.2, 0.3], as: "val_auc").count == 3)
        #expect(try play([EarlyStopping(monitor: "mae")], on: model, [0.1, 0.2, 0.3], as: "mae").count == 2)
        #expect(throws: MartletError.self) { try play([EarlyStopping(monitor: "own")], on: model, [1], as: "own") }
        #expect(try play([EarlyStopping(monitor: "own", mode: .max)], on: model, [1, 2], as: "own").count == 2)
        // A figure that is not there stops nothing.
        #expect(try play([EarlyStopping(monitor: "missing")], on: model, [1, 2, 3]).count == 3)
    }

    @Test func learningRateFallsOnPlateaus() throws {
        let model = try tinyModel(learningRate: 1)
        let callback = ReduceLROnPlateau(factor: 0.5, patience: 2, cooldown: 1, minLR: 0.2)
        let logs = try play([callback], on: model, [1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
        // Logs hold the rate of the epoch, before it is lowered: epoch 2 halves it, epoch 3 cools down and counts one.
        #expect(logs.map { $0["learning_rate"]! } == [
            1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2,
        ].map { Double(Float($0)) })
    }

    @Test func smallImprovementsAreNone() throws {
        let model = try tinyModel(learningRate: 1)
        let logs = try play([ReduceLROnPlateau(patience: 1)], on: model, [1, 0.99995, 0.9, 0.8])
        #expect(logs.map { $0["learning_rate"]! } == [1, 1, 0.1, 0.1].map { Double(Float($0)) })
    }

    @Test func scheduleSetsTheRate() throws {
        let model = try tinyModel(learningRate: 8)
        let logs = try play(
            [LearningRateScheduler { epoch, rate in epoch == 0 ? rate : rate / 2 }], on: model, [1, 1, 1])
        #expect(logs.map { $0["learning_rate"]! } == [8, 4, 2])
        let scheduled = Sequential([InputLayer([1]), Dense(1)])
        let decay = ExponentialDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 0.5)
        try scheduled.compile(optimizer: SGD(learningRate: decay), loss: "mse")
        #expect(throws: MartletError.self) { try play([LearningRateScheduler { _, rate in rate }], on: scheduled, [1]) }
    }

    @Test func nanEndsTheTraining() throws {
        for (loss, ends) in [(1.0, false), (.nan, true), (.infinity, true)] {
            let model = try tinyModel()
            let callback = TerminateOnNaN()
            callback.model = model
            try callback.onTrainBatchEnd(0) { ["loss": loss] }
            #expect(model.stopTraining == ends)
        }
        #expect(throws: MartletError.self) {
            try TerminateOnNaN(raiseError: true).onTrainBatchEnd(3) { ["loss": .nan] }
        }
        let model = try tinyModel()
        let x = Tensor([.nan, 1, 1, 1, 1, 1, 1, 1] as [Float], shape: [4, 2])
        let history = try model.fit(
            x, Tensor.ones([4, 1]), batchSize: 4, epochs: 5, verbosity: .silent, callbacks: [TerminateOnNaN()])
        #expect(history.epochs == [0])
    }

    @Test func closuresAreCalled() throws {
        var calls: [String] = []
        let callback = LambdaCallback(
            onEpochBegin: { calls.append("epoch \($0)") },
            onEpochEnd: { calls.append("end \($0) \($1["loss"] != nil)") },
            onTrainBegin: { calls.append("train") }, onTrainEnd: { calls.append("trained") },
            onTrainBatchBegin: { calls.append("batch \($0)") },
            onTrainBatchEnd: { calls.append("done \($0) \($1().count)") })
        try tinyModel().fit(
            Tensor.ones([3, 2]), Tensor.ones([3, 1]), batchSize: 2, verbosity: .silent, callbacks: [callback])
        #expect(calls == [
            "train", "epoch 0", "batch 0", "done 0 2", "batch 1", "done 1 2", "end 0 true", "trained",
        ])
    }

    /// As Keras prints, whatever the log level.
    @Test func verboseCallbacksPrint() throws {
        let printed = Log()
        try TextOutput.$callbacks.withValue(TextOutput { printed.add($0) }) {
            try withFolder { folder in
                try play(
                    [
                        EarlyStopping(patience: 1, verbose: true, restoreBestWeights: true),
                        LearningRateScheduler(verbose: true) { epoch, _ in epoch == 0 ? 0.5 : 0.25 },
                        ModelCheckpoint(folder + "/a.keras", verbose: true, saveBestOnly: true),
                    ], on: tinyModel(), [2, 1, 1.5])
            }
        }
        let words = [
            "Epoch 1: LearningRateScheduler setting learning rate to 0.5.", "val_loss improved from None to 2.00000, saving model to",
            "Epoch 2: LearningRateScheduler setting learning rate to 0.25.", "val_loss improved from 2.00000 to 1.00000",
            "Epoch 3: LearningRateScheduler", "Epoch 3: val_loss did not improve from 1.00000", "Epoch 3: early stopping\n",
            "Restoring model weights from the end of the best epoch: 2.\n",
        ]
        #expect(printed.all.count == words.count, "\(printed.all)")
        for (line, word) in zip(printed.all, words) { #expect(line.contains(word)) }
    }
}
