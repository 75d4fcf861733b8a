import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// The callback beside Keras's (`scripts/make-event-fixtures.py`), and what a backup makes of its files.
@Suite(.ownSession) struct TensorBoardTests {
    /// The script's model, weights and data.
    private static func model() throws -> Sequential {
        func kernel(_ shape: Shape) -> Tensor {
            Tensor((0..<shape.elementCount).map { Float(($0 * 7 % 5) - 2) / 4 }, shape: shape)
        }
        let model = Sequential(
            [
                InputLayer([6, 6, 1], name: "pixels"), Conv2D(2, kernelSize: 3, activation: .relu, name: "conv"),
                Flatten(name: "flat"), Dense(3, activation: .softmax, name: "head"),
            ], name: "net")
        try model.setWeights(model.weights.map { kernel($0.shape) })
        try model.compile(optimizer: SGD(learningRate: 0.1), loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
        return model
    }

    private static let x = Tensor((0..<432).map { Float(cos(Double($0))) }, shape: [12, 6, 6, 1])
    private static let y = Tensor((0..<12).map { Int64($0 % 3) })

    @discardableResult
    private static func fit(_ model: Model, epochs: Int = 2, _ callbacks: [Callback]) throws -> History {
        try model.fit(
            x[0..<8], y[0..<8], batchSize: 4, epochs: epochs, verbosity: .silent,
            validationData: (x: x[8..<12], y: y[8..<12]), callbacks: callbacks, shuffle: false)
    }

    /// Tags, runs and steps are Keras's, and the values those of the same training.
    @Test func asKeras() throws {
        try withFolder { temporary in
            let folder = ProcessInfo.processInfo.environment["MARTLET_EVENTS"].map { $0 + "/keras" } ?? temporary
            let callback = TensorBoard(
                logDirectory: folder, histogramFrequency: 1, writeImages: true, writeStepsPerSecond: true,
                updateFrequency: .batch)
            try Self.fit(Self.model(), [callback])
            for run in ["train", "validation"] {
                let (found, expected) = (try Events.rows(folder + "/" + run), try Events.expected("batch", .key(run)))
                func key(_ row: Events.Row) -> String { "\(row.tag) \(row.plugin) \(row.step)" }
                // The graph of the layers is ours: Keras 3 writes none.
                #expect(found.map(key).filter { !$0.contains("graph_def") }.sorted() == expected.map(key).sorted())
                #expect(found.contains { $0.plugin == "graph_def" } == (run == "train"))
                for row in expected where row.plugin != "graph_keras_model" {
                    guard let ours = found.first(where: { key($0) == key(row) }) else { continue }
                    #expect(ours.texts == row.texts && ours.values.count == row.values.count, "\(row.tag)")
                    if row.tag.contains("per_second") { continue }
                    let isHistogram = row.plugin == "histograms"
                    for (place, (a, b)) in zip(ours.values, row.values).enumerated() where !isHistogram || place % 3 < 2 {
                        #expect(abs(a - b) <= 2e-6 * max(1, abs(b)), "\(row.tag) at \(row.step)")
                    }
                    // A weight that differs in its last bit may fall into the next bucket, or round to the next shade.
                    if isHistogram {
                        func count(_ row: Events.Row) -> Double {
                            stride(from: 2, to: 90, by: 3).reduce(0) { $0 + row.values[$1] }
                        }
                        #expect(count(ours) == count(row))
                    }
                    for (a, b) in zip(ours.pixels.joined(), row.pixels.joined()) { #expect(abs(Int(a) - Int(b)) <= 1) }
                    #expect(ours.pixels.map(\.count) == row.pixels.map(\.count), "\(row.tag)")
                }
            }
        }
    }

    @Test(arguments: [("epoch", TensorBoard.UpdateFrequency.epoch), ("second", .batches(2))])
    func frequencies(name: String, frequency: TensorBoard.UpdateFrequency) throws {
        try withFolder { folder in
            let callback = TensorBoard(logDirectory: folder, writeGraph: false, updateFrequency: frequency)
            try Self.fit(Self.model(), [callback])
            for run in ["train", "validation"] {
                let found = try Events.rows(folder + "/" + run).map { "\($0.tag) \($0.step)" }
                let expected = try Events.expected(.key(name), .key(run)).map { "\($0.tag) \($0.step)" }
                // Keras leaves out the values of evaluations that end with another than every second batch.
                let left = found.filter { !expected.contains($0) }
                #expect(Set(expected).isSubset(of: found))
                #expect(left.allSatisfy { name == "second" && ($0.hasPrefix("evaluation_") || $0.hasPrefix("epoch_")) })
            }
        }
    }

    /// Interrupted after any batch or epoch, training goes on in its curves: the files together have what one run has.
    /// The gradient of the last bias, at equal distances all of it, is known in closed form: the mean of prediction minus truth.
    @Test func gradientsOfTheFirstStep() throws {
        try withFolder { folder in
            let (model, same) = (try Self.model(), try Self.model())
            // Two that watch one model do not disturb each other.
            let callbacks: [Callback] = [
                TensorBoard(logDirectory: folder, histogramFrequency: 1, writeGradients: true), TrainingMonitor(frequency: 3),
            ]
            try Self.fit(model, epochs: 2, callbacks)
            try Self.fit(same, epochs: 2, [])
            #expect(model.weightsSHA256 == same.weightsSHA256)
            let rows = try Events.rows(folder + "/train").filter { $0.tag == "net/head/bias/gradient_histogram" }
            #expect(rows.map(\.step) == [0, 1])
            let first = try Self.model()
            let predictions = first(Self.x[0..<4]).scalars(as: Double.self)
            var gradient = [0.0, 0, 0]
            for place in 0..<12 {
                let truth: Double = place / 3 % 3 == place % 3 ? 1 : 0
                gradient[place % 3] += (predictions[place] - truth) / 4
            }
            let values = try #require(rows.first).values
            #expect(abs(values[0] - gradient.min()!) < 1e-6 && abs(values[values.count - 2] - gradient.max()!) < 1e-6)
            let monitor = try #require(callbacks[1] as? TrainingMonitor)
            #expect(monitor.records.contains { $0.gradientNorm != nil })
        }
    }

    /// 1,000 values, then every second one, then every fourth one.
    @Test func thinnedValues() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([1]), Dense(1)])
            try model.compile(optimizer: "sgd", loss: "mse")
            let board = TensorBoard(logDirectory: folder, writeGraph: false, updateFrequency: .thinned)
            board.model = model
            board.onTrainBegin()
            try board.onEpochBegin(0)
            for batch in 0..<5000 {
                try board.onTrainBatchBegin(batch)
                try board.onTrainBatchEnd(batch, logs: { ["loss": 1] })
            }
            try board.onTrainEnd()
            let steps = try Events.rows(folder + "/train").map(\.step)
            #expect(steps.count == 1000 + 500 + 500 + 125 && steps.last == 5000)
        }
    }

    /// `fit` gives the callback numbers without logs: they are those of the logs, also of a metric with a number for each class.
    @Test(arguments: [false, true]) func valuesOfBatchesAreThoseOfTheLogs(logsComeFirst: Bool) throws {
        try withFolder { folder in
            let model = try Self.model()
            try model.compile(
                optimizer: SGD(learningRate: 0.1), loss: "categorical_crossentropy", metrics: ["accuracy", F1Score(), AUC()])
            var logs: [Logs] = []
            let reader = LambdaCallback(onTrainBatchEnd: { _, current in logs.append(current()) })
            let board = TensorBoard(logDirectory: folder, writeGraph: false, updateFrequency: .batch)
            try model.fit(
                Self.x, Tensor.oneHot(Self.y, depth: 3), batchSize: 4, epochs: 2, verbosity: .silent,
                callbacks: logsComeFirst ? [reader, board] : [board, reader])
            let run = try #require(try EventLog.runs(at: folder).first)
            let names = ["loss", "accuracy", "f1_score", "auc"]
            #expect(logs.count == 6 && logs[0].keys == names && logs[0].elements(of: "f1_score")?.count == 3)
            for name in names {
                #expect(run["batch_" + name].map(\.value) == logs.map { Double(Float($0[name]!)) }, "\(name)")
                #expect(run["batch_" + name].map(\.step) == Array(1...6))
            }
        }
    }

    /// Values of batches become events later than others: their order stays, and an error that ends the training loses none.
    @Test func eventsKeepTheirOrder() throws {
        struct Ended: Error {}
        try withFolder { folder in
            let ender = LambdaCallback(
                onEpochEnd: { epoch, _ in if epoch == 1 { throw Ended() } })
            #expect(throws: Ended.self) {
                try Self.fit(
                    Self.model(), epochs: 3,
                    [
                        ender,
                        TensorBoard(logDirectory: folder, histogramFrequency: 1, writeGradients: true, updateFrequency: .batch),
                    ])
            }
            let gradient = "net/head/bias/gradient_histogram"
            let tags = try Events.rows(folder + "/train").map(\.tag).filter {
                [gradient, "batch_loss", "batch_accuracy", "epoch_loss"].contains($0)
            }
            let batch = ["batch_loss", "batch_accuracy"]
            #expect(tags == [gradient] + batch + batch + ["epoch_loss", gradient] + batch + batch)
        }
    }

    /// A metric that is named as what the callback writes gives way, as in Keras: no tag stands twice at a step.
    @Test func metricsNamedAsTags() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([1]), Dense(1)])
            try model.compile(
                optimizer: SGD(learningRate: 0.25), loss: "mse",
                metrics: [.meanAbsoluteError(name: "learning_rate"), .meanSquaredError(name: "steps_per_second")])
            let board = TensorBoard(logDirectory: folder, writeGraph: false, writeStepsPerSecond: true)
            try model.fit(Tensor([[0.0], [1]]), Tensor([[1.0], [7]]), epochs: 2, verbosity: .silent, callbacks: [board])
            let rows = try Events.rows(folder + "/train").filter { $0.plugin == "scalars" }
            #expect(Set(rows.map { "\($0.tag) \($0.step)" }).count == rows.count)
            #expect(rows.filter { $0.tag == "epoch_learning_rate" }.map(\.values) == [[0.25], [0.25]])
        }
    }

    /// Of the first 100 epochs every one has histograms, then every second one, then every fourth one.
    @Test func thinnedHistograms() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([1]), Dense(1, name: "only")], name: "net")
            try model.compile(optimizer: "sgd", loss: "mse")
            let board = TensorBoard(logDirectory: folder, histogramFrequency: 2, writeGraph: false, thinHistograms: true)
            board.model = model
            board.onTrainBegin()
            for epoch in 0..<600 {
                try board.onEpochBegin(epoch)
                try board.onEpochEnd(epoch, logs: ["loss": 1])
            }
            try board.onTrainEnd()
            let steps = try Events.rows(folder + "/train").filter { $0.tag == "net/only/kernel/histogram" }.map(\.step)
            #expect(steps == (1...300).filter { $0 % ($0 <= 100 ? 1 : $0 <= 200 ? 2 : 4) == 0 }.map { 2 * ($0 - 1) })
        }
    }

    @Test(arguments: [1, 2, nil]) func resumed(batches: Int?) throws {
        struct Killed: Error {}
        func curves(_ folder: String) throws -> [String: [[Double]]] {
            var curves: [String: [[Double]]] = [:]
            for run in try EventLog.runs(at: folder) {
                for (tag, points) in run.scalars { curves[run.name + "/" + tag] = points.map { [Double($0.step), $0.value] } }
                for (tag, series) in run.others { curves[run.name + "/" + tag] = series.steps.map { [Double($0)] } }
            }
            return curves
        }
        func callback(_ folder: String) -> TensorBoard {
            TensorBoard(
                logDirectory: folder, histogramFrequency: 2, updateFrequency: .batch, hyperParameters: ["rate": 0.1])
        }
        try withFolder { folder in
            try Self.fit(Self.model(), epochs: 3, [callback(folder + "/whole")])
            let whole = try curves(folder + "/whole")
            for place in 1...12 {
                let (logs, backup) = ("\(folder)/\(place)", "\(folder)/backup-\(place)")
                // A run before it, which came to its end: it stays.
                try Self.fit(Self.model(), epochs: 1, [callback(logs), BackupAndRestore(backup)])
                let before = try curves(logs)
                var (isDone, attempt) = (false, -1)
                while !isDone {
                    attempt += 1
                    var passed = 0
                    func pass() throws {
                        passed += 1
                        if passed > (place + 5 * attempt) % 9, attempt < 3 { throw Killed() }
                    }
                    let killer = LambdaCallback(onEpochEnd: { _, _ in try pass() }, onTrainBatchEnd: { _, _ in try pass() })
                    let keeper = BackupAndRestore(backup, saveFrequency: batches.map { .batches($0) } ?? .epoch)
                    let order: [Callback] = place % 2 == 0 ? [keeper, callback(logs), killer] : [killer, callback(logs), keeper]
                    do {
                        try Self.fit(Self.model(), epochs: 3, order)
                        isDone = true
                    } catch is Killed {}
                }
                let found = try curves(logs)
                #expect(Set(found.keys) == Set(whole.keys))
                for (tag, points) in whole { #expect(found[tag] == (before[tag] ?? []) + points, "\(tag) at \(place)") }
            }
        }
    }

    @Test func evaluation() throws {
        try withFolder { folder in
            let model = try Self.model()
            try Self.fit(model, [])
            let logs = try model.evaluate(
                Self.x, Self.y, callbacks: [TensorBoard(logDirectory: folder, writeGraph: false)])
            let run = try EventLog.runs(at: folder)
            #expect(run.map(\.name) == ["validation"])
            #expect(run[0]["evaluation_loss_vs_iterations"].map(\.step) == [4])
            #expect(run[0]["evaluation_loss_vs_iterations"].map(\.value) == [logs["loss"]!])
        }
    }

    @Test func hyperParametersWithTheirValues() throws {
        try withFolder { temporary in
            let folder = ProcessInfo.processInfo.environment["MARTLET_EVENTS"].map { $0 + "/trial" } ?? temporary
            let chosen: [String: HyperParameter] = ["rate": 0.1, "optimizer": "sgd", "augmented": false]
            let history = try Self.fit(Self.model(), [TensorBoard(logDirectory: folder, hyperParameters: chosen)])
            let run = try EventLog.runs(at: folder)[0]
            #expect(run.name == "." && run.hyperParameters == chosen)
            for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
                #expect(run[name].map(\.value) == history[name].map { Double(Float($0)) } && run[name].map(\.step) == [0, 1])
            }
            guard case .values(let last) = try Events.read(folder).dropLast().last?.content else { return }
            #expect(last[0].tag == "_hparams_/session_end_info")
        }
    }

    @Test func profileAndSeveralOptimizers() throws {
        try withFolder { folder in
            let model = try Self.model()
            let optimizers = MultiOptimizer(
                ["conv": SGD(learningRate: 0.5, name: "slow")], default: SGD(learningRate: 0.25, name: "rest"))
            try model.compile(optimizer: optimizers, loss: "sparse_categorical_crossentropy")
            try Self.fit(model, epochs: 1, [TensorBoard(logDirectory: folder, writeGraph: false, profileBatch: 2...2)])
            let train = try EventLog.runs(at: folder)[0]
            #expect(train["epoch_learning_rate_slow"].map(\.value) == [0.5])
            #expect(train["epoch_learning_rate_rest"].map(\.value) == [0.25])
            #expect(train.others["batch_2"]?.lastText?.contains("conv") == true)
            let trace = try FileIO.read(folder + "/train/plugins/profile/batch_2/martlet.trace.json.gz")
            let json = try JSONValue(parsing: Compression.gunzip(trace, limit: 1 << 24, name: "trace"))
            #expect(try !json.array("traceEvents").isEmpty && !Profiler.isRunning)
        }
    }

    @Test func embeddings() throws {
        try withFolder { folder in
            let model = Sequential([InputLayer([2]), Embedding(3, 2, name: "words"), Flatten(), Dense(1)])
            try model.compile(optimizer: "sgd", loss: "mse")
            func fit(_ metadata: TensorBoard.EmbeddingsMetadata) throws {
                try model.fit(
                    Tensor([[0, 1], [2, 1]]), Tensor([[1.0], [0.0]]), verbosity: .silent,
                    callbacks: [TensorBoard(logDirectory: folder, embeddingsFrequency: 1, embeddingsMetadata: metadata)])
            }
            try fit(["words": "words.tsv.labels"])
            let config = try String(contentsOfFile: folder + "/projector_config.pbtxt", encoding: .utf8)
            #expect(config == """
                embeddings {
                  tensor_name: "words"
                  tensor_path: "words.tsv"
                  metadata_path: "words.tsv.labels"
                }

                """)
            let rows = try String(contentsOfFile: folder + "/words.tsv", encoding: .utf8).split(separator: "\n")
            let table = model.layers[0].weights[0].value.scalars(as: Float.self)
            #expect(rows.flatMap { $0.split(separator: "\t").map { Float($0)! } } == table && rows.count == 3)
            let copy = Sequential([InputLayer([2]), Embedding(3, 2), Flatten(), Dense(1)])
            try copy.loadWeights(from: folder + "/train/keras_embedding.ckpt-0.weights.h5")
            #expect(copy.weightsSHA256 == model.weightsSHA256)
            #expect(throws: MartletError.self) { try fit(["other": "a.tsv"]) }
        }
    }
}
