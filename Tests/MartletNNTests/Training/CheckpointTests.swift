import Foundation
import Martlet
import MartletCore
import MartletData
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// What `fit` keeps so that a training goes on after any interruption with the bits of one that was not interrupted, and what it
/// does with files that are damaged or of something else.
@Suite(.ownSession) struct CheckpointTests {
    struct Killed: Error {}

    static let x = RandomGenerator(seed: 4).uniform([7, 4, 3], in: -0.5..<1, dtype: .float32)
    static let y = RandomGenerator(seed: 5).uniform([7, 1], dtype: .float32)

    /// Draws from the session's stream, as a step of one's own may.
    final class Noise: Layer {
        override func call(_ x: Tensor, in context: CallContext) -> Tensor {
            context.training ? x + Tensor.randomNormal(x.shape, dtype: x.dtype) * 0.1 : x
        }
    }

    /// A model with everything that has a state, of the same first weights each time.
    static func model() throws -> Model {
        let model = Sequential([
            InputLayer([4, 3]), Flatten(), Noise(name: "noise"), Dense(4, kernelInitializer: .glorotUniform(seed: 1)),
            BatchNormalization(), Dropout(0.3, seed: 2), Dense(1, kernelInitializer: .glorotUniform(seed: 3)),
        ])
        let schedule = ExponentialDecay(initialLearningRate: 0.05, decaySteps: 2, decayRate: 0.9)
        let optimizer = Adam(learningRate: schedule, useEMA: true, emaMomentum: 0.9, gradientAccumulationSteps: 3)
        try model.compile(optimizer: optimizer, loss: "mse", metrics: ["mae"])
        return model
    }

    static func fit(
        _ model: Model, epochs: Int = 5, _ callbacks: [Callback] = [], _ checkpoints: Checkpoints? = nil,
        _ resume: Resumption = .automatic
    ) throws -> History {
        try model.fit(
            x, y, batchSize: 2, epochs: epochs, verbosity: .silent, validationData: (x, y), callbacks: callbacks, seed: 6,
            checkpoints: checkpoints, resume: checkpoints == nil ? .never : resume)
    }

    static func state(_ model: Model) -> [[Double]] {
        (model.weights + model.optimizer!.variables).map { $0.value.scalars() }
    }

    /// Runs a training whose hooks throw after so many calls, again and again, each time a bit further, until it ends.
    static func survive(_ train: (Callback) throws -> History) throws -> History {
        for place in 1... {
            var passed = 0
            func pass() throws {
                passed += 1
                if passed > 5 * place % 13, place < 40 { throw Killed() }
            }
            let killer = LambdaCallback(
                onEpochEnd: { _, _ in try pass() }, onTrainBatchBegin: { _ in try pass() },
                onTrainBatchEnd: { _, _ in try pass() })
            do { return try train(killer) } catch is Killed {}
        }
        fatalError("a training without end")
    }

    @Test(arguments: [
        Checkpoints.every(steps: 1), .every(steps: 3, best: "val_loss"), .every(minutes: 1e-9, keep: 1), .everyEpoch,
    ], [true, false])
    func goesOnWithTheSameBits(_ plan: Checkpoints, killsFirst: Bool) throws {
        try withFolder { folder in
            var plan = plan
            plan.folder = folder + "/checkpoints"
            func callbacks(_ name: String) -> [Callback] {
                [
                    CSVLogger("\(folder)/\(name).csv"),
                    EarlyStopping(monitor: "mae", minDelta: 100, patience: 3, mode: .max, restoreBestWeights: true),
                ]
            }
            let (whole, model) = try withSession(Session(seed: 8)) {
                let model = try Self.model()
                return (try Self.fit(model, epochs: 9, callbacks("whole")), model)
            }
            #expect(whole.epochs.count < 9)
            let (history, parts) = try Self.survivors {
                let model = try Self.model()
                let history = try Self.fit(
                    model, epochs: 9, killsFirst ? [$0] + callbacks("parts") : callbacks("parts") + [$0], plan)
                return (history, model)
            }
            #expect(Self.state(parts) == Self.state(model))
            #expect(history.epochs == whole.epochs && history.history == whole.history)
            #expect(try FileIO.read("\(folder)/parts.csv") == FileIO.read("\(folder)/whole.csv"))
            #expect(plan.files.count <= plan.keep + 1)
        }
    }

    /// Each attempt is a process of its own, with a session that begins with the same seed.
    static func survivors(_ train: (Callback) throws -> (History, Model)) throws -> (History, Model) {
        var last: Model?
        let history = try survive { killer in
            try withSession(Session(seed: 8)) {
                let (history, model) = try train(killer)
                last = model
                return history
            }
        }
        return (history, last!)
    }

    /// A pipeline, in parts of three steps, which begins anew within an epoch.
    @Test(arguments: [3, nil]) func goesOnInAPipeline(stepsPerEpoch: Int?) throws {
        try withFolder { folder in
            func fit(_ callbacks: [Callback], _ checkpoints: Checkpoints?) throws -> (History, Model) {
                let model = try Self.model()
                let data = Dataset.fromTensorSlices(Self.x, Self.y).shuffle(bufferSize: .all, seed: 3).batch(2)
                let history = try model.fit(
                    data, epochs: 5, verbosity: .silent, callbacks: callbacks, stepsPerEpoch: stepsPerEpoch,
                    checkpoints: checkpoints, resume: checkpoints == nil ? .never : .automatic)
                return (history, model)
            }
            let (whole, model) = try withSession(Session(seed: 8)) { try fit([], nil) }
            let plan = Checkpoints.every(steps: 2, in: folder + "/c")
            let (history, parts) = try Self.survivors { try fit([$0], plan) }
            #expect(Self.state(parts) == Self.state(model) && history.history == whole.history)
        }
    }

    /// Adds a value to the logs.
    final class Given: Callback {
        override func onEpochEnd(_ epoch: Int, logs: inout Logs) { logs["figure"] = [3, 1, 2, 4, 5, 6][epoch] }
    }

    @Test func newestAndBestStay() throws {
        try withFolder { folder in
            // Of 4 steps an epoch; the metric is best after the second.
            let given = Given()
            let plan = Checkpoints.every(steps: 3, in: folder + "/c", keep: 2, best: "figure", mode: .min)
            _ = try Self.fit(Self.model(), epochs: 6, [given], plan)
            #expect(plan.files.map { ($0 as NSString).lastPathComponent } == [8, 21, 24].map { "checkpoint-\($0).weights.h5" })
            let best = try #require(try plan.bestFile())
            #expect(best.hasSuffix("checkpoint-8.weights.h5"))
            let straight = try Self.model()
            try straight.loadWeights(from: best)
            #expect(straight.optimizer?.iterations.value.item() == 8)
            // A training that is over stays as it is; with more epochs it goes on.
            let again = try Self.model()
            let history = try Self.fit(again, epochs: 6, [given], plan, .required)
            #expect(history.epochs == Array(0..<6))
            #expect(again.optimizer?.iterations.value.item() == 24)
        }
    }

    /// Counts batches in a variable.
    final class Counting: Callback {
        let count = Variable(Tensor(0, dtype: .int64), trainable: false)
        override var checkpointVariables: [Variable] { [count] }
        override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { count.assign(count.value + 1) }
    }

    @Test func callbacksOfOnesOwn() throws {
        try withFolder { folder in
            var last: Counting?
            _ = try Self.survive { killer in
                last = Counting()
                return try Self.fit(Self.model(), epochs: 4, [last!, killer], .every(steps: 2, in: folder + "/c"))
            }
            #expect(last?.count.value.item() == 16)
        }
    }

    @Test func timeAlone() throws {
        try withFolder { folder in
            let plan = Checkpoints.every(minutes: 1e9, in: folder + "/c")
            _ = try Self.fit(Self.model(), epochs: 2, [], plan)
            #expect(plan.files.map { ($0 as NSString).lastPathComponent } == ["checkpoint-8.weights.h5"])
        }
    }

    /// Cut short anywhere, or with another byte anywhere.
    @Test func damagedFilesArePassedOver() throws {
        try withFolder { folder in
            let plan = Checkpoints.every(steps: 1, in: folder + "/c", keep: 2)
            _ = try Self.fit(Self.model(), epochs: 1, [], plan)
            let bytes = try FileIO.read(plan.files[1])
            let before = try FileIO.read(plan.files[0])
            let damages = (0..<12).map { Array(bytes.prefix(bytes.count * $0 / 12)) }
                + (0..<24).map { number in
                    var damaged = bytes
                    damaged[(bytes.count - 1) * number / 23] ^= 0x40
                    return damaged
                }
            for (number, damaged) in damages.enumerated() {
                try FileIO.write(damaged, to: plan.files[1])
                let warnings = Guarded<[String]>([])
                let model = try Self.model()
                let history = try Settings.$warnings.withValue(.init { text in warnings.withLock { $0.append(text) } }) {
                    try Self.fit(model, epochs: 1, [], plan, .required)
                }
                #expect(history.epochs == [0] && model.optimizer?.iterations.value.item() == 4, "\(number)")
                #expect(warnings.withLock { $0 }.contains { $0.contains("Going on from") }, "\(number)")
                #expect(try FileIO.read(plan.files[0]) == before)
                #expect(try StateFile.read(plan.files[1]).hasDigest, "\(number)")
            }
            // With none that is whole, nothing begins anew and no file goes.
            for file in plan.files { try FileIO.write(Array(bytes.prefix(100)), to: file) }
            expectError("All 2 are damaged") { try Self.fit(Self.model(), epochs: 9, [], plan) }
            #expect(plan.files.count == 2)
        }
    }

    @Test func whatIsOfSomethingElseIsRefused() throws {
        try withFolder { folder in
            let plan = Checkpoints.every(steps: 2, in: folder + "/c", keep: 2)
            _ = try Self.fit(Self.model(), epochs: 1, [], plan)
            let files = plan.files
            let bytes = try files.map { try FileIO.read($0) }
            func same() throws { #expect(try files.map { try FileIO.read($0) } == bytes) }

            expectError("hold") { try Self.fit(Self.model(), epochs: 2, [], plan, .never) }
            let wider = Sequential([InputLayer([4, 3]), Flatten(), Dense(9), Dense(1)])
            try wider.compile(optimizer: "adam", loss: "mse", metrics: ["mae"])
            let first = wider.getWeights().map { $0.scalars(as: Float.self) }
            expectError("does not fit the model") { try Self.fit(wider, epochs: 2, [], plan) }
            #expect(wider.getWeights().map { $0.scalars(as: Float.self) } == first)
            let other = try Self.model()
            try other.compile(optimizer: SGD(learningRate: 0.1, momentum: 0.9), loss: "mse", metrics: ["mae"])
            expectError("does not fit the model and the optimizer") { try Self.fit(other, epochs: 2, [], plan) }
            expectError("of fit") { try Checkpoint(plan.folder, model: Self.model()).restoreLatest() }
            try same()

            // Files of other programs and of other versions.
            try Self.model().saveWeights(to: folder + "/c/checkpoint-9.weights.h5")
            expectError("Expected a checkpoint") { try Self.fit(Self.model(), epochs: 2, [], plan) }
            let content = HDF5GroupContent()
            content.attributes = [("checkpoint", .text("{\"format\": 2, \"martlet\": \"9.0\"}"))]
            try StateFile.write(content, to: folder + "/c/checkpoint-9.weights.h5")
            expectError("format 2, of Martlet 9.0") { try Self.fit(Self.model(), epochs: 2, [], plan) }
            try same()

            expectError("There is none") {
                try Self.fit(Self.model(), epochs: 2, [], .every(steps: 2, in: folder + "/none"), .required)
            }
            expectError("Expected checkpoints") {
                try Self.model().fit(Self.x, Self.y, verbosity: .silent, resume: .automatic)
            }
            expectError("both") { try Self.fit(Self.model(), [BackupAndRestore(folder + "/b")], plan) }
            for wrong in [
                Checkpoints.every(steps: 0), .every(minutes: 0), .every(minutes: .nan), .every(epochs: 0), .every(keep: 0),
            ] {
                expectError("checkpoints, ") { try Self.fit(Self.model(), [], wrong) }
            }
        }
    }

    /// Sends the process a signal with the sixth batch.
    final class Sender: Callback {
        private let inValidation: Bool
        private var batches = 0
        init(inValidation: Bool) { self.inValidation = inValidation }
        private func count() {
            batches += 1
            if batches == 6 { raise(SIGTERM) }
        }
        override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { if !inValidation { count() } }
        override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) { if inValidation { count() } }
    }

    /// The signal comes in a step, or in a validation. It is the process's: one after the other.
    @Test(.serialized, arguments: [true, false]) func aSignalWritesACheckpoint(inValidation: Bool) throws {
        try withFolder { folder in
            let plan = Checkpoints.every(epochs: 100, in: folder + "/c", onSignal: true)
            let (whole, model) = try withSession(Session(seed: 8)) {
                let model = try Self.model()
                return (try Self.fit(model), model)
            }
            func fit(_ callbacks: [Callback]) throws -> (History, Model) {
                try withSession(Session(seed: 8)) {
                    let model = try Self.model()
                    return (try Self.fit(model, callbacks, plan), model)
                }
            }
            let interruption = #expect(throws: TrainingInterruption.self) { try fit([Sender(inValidation: inValidation)]) }
            #expect(interruption?.signal == SIGTERM && interruption?.epoch == 1 && interruption?.folder == plan.folder)
            #expect(interruption?.steps == (inValidation ? 4 : 2) && plan.files.count == 1)
            let (history, parts) = try fit([])
            #expect(Self.state(parts) == Self.state(model) && history.history == whole.history)
        }
    }

    /// A training that may differ in one thing.
    struct Variant {
        var words = ""
        var x = CheckpointTests.x
        var y = CheckpointTests.y
        var epochs = 2
        var batchSize = 2
        var shuffle = true
        var seed = 6
        var kills = false

        func fit(_ folder: String, inBackup: Bool) throws {
            var callbacks: [Callback] = []
            if inBackup {
                callbacks.append(BackupAndRestore(folder + "/b", saveFrequency: .batches(2), deleteCheckpoint: false))
            }
            if kills { callbacks.append(LambdaCallback(onTrainBatchEnd: { batch, _ in if batch == 2 { throw Killed() } })) }
            try CheckpointTests.model().fit(
                x, y, batchSize: batchSize, epochs: epochs, verbosity: .silent, callbacks: callbacks, shuffle: shuffle,
                seed: seed, checkpoints: inBackup ? nil : .every(steps: 2, in: folder + "/c"),
                resume: inBackup ? .never : .automatic)
        }

        func expectFailure(_ folder: String, inBackup: Bool) {
            do {
                try fit(folder, inBackup: inBackup)
                Issue.record("Expected an error: \(words)")
            } catch {
                #expect("\(error)".contains(words))
            }
        }
    }

    /// Data and settings that are not those with which the training began. The checkpoint is in the middle of an epoch.
    @Test(arguments: [true, false]) func otherDataIsRefused(inBackup: Bool) throws {
        let others = [
            Variant(
                words: "number of samples", x: Tensor.concatenate([Self.x, Self.x]),
                y: Tensor.concatenate([Self.y, Self.y])),
            Variant(words: "digest of samples", x: Self.x + 1), Variant(words: "digest of samples", y: Self.y * 2),
            Variant(words: "batch size: 2. Received: 3", batchSize: 3),
            // What was set says more than that the data is another.
            Variant(words: "seed: 6. Received: 7", x: Self.x + 1, seed: 7),
            Variant(words: "shuffle: true. Received: false", shuffle: false), Variant(words: "seed: 6. Received: 7", seed: 7),
        ]
        try withFolder { folder in
            for variant in [Variant(words: "Killed", kills: true)] + others { variant.expectFailure(folder, inBackup: inBackup) }
            try Variant(epochs: 3).fit(folder, inBackup: inBackup)
        }
    }

    /// Callbacks write what waits in memory before a checkpoint takes it for done.
    @Test(arguments: [true, false]) func callbacksHearOfCheckpointsBefore(inBackup: Bool) throws {
        final class Listener: Callback {
            let path: (Int) -> String
            var batches = 0
            var heard: [Int] = []
            init(_ path: @escaping (Int) -> String) { self.path = path }
            override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { batches += 1 }
            override func onCheckpoint() throws {
                #expect(!FileManager.default.fileExists(atPath: path(batches)))
                heard.append(batches)
            }
        }
        try withFolder { folder in
            let listener = Listener { inBackup ? "\(folder)/none" : "\(folder)/c/checkpoint-\($0).weights.h5" }
            let keeper: [Callback] = inBackup ? [BackupAndRestore(folder + "/b", saveFrequency: .batches(3))] : []
            try Self.model().fit(
                Self.x, Self.y, batchSize: 1, verbosity: .silent, callbacks: [CallbackList([listener])] + keeper,
                checkpoints: inBackup ? nil : .every(steps: 3, in: folder + "/c"))
            #expect(listener.heard == (inBackup ? [3, 6] : [3, 6, 7]))
        }
    }

    /// What cannot be written ends the training with an error, and the checkpoints before it stay.
    @Test func failedWritesLoseNothing() throws {
        try withFolder { folder in
            let plan = Checkpoints.every(steps: 1, in: folder + "/c", keep: 1)
            let blocking = LambdaCallback(onTrainBatchEnd: { batch, _ in
                if batch == 2 { try FileIO.makeFolder(plan.folder + "/checkpoint-3.weights.h5") }
            })
            expectError("folder") { try Self.fit(Self.model(), epochs: 1, [blocking], plan, .automatic) }
            #expect(FileManager.default.fileExists(atPath: plan.folder + "/checkpoint-2.weights.h5"))
        }
    }

    private func expectError<R>(_ words: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R) {
        do {
            _ = try body()
            Issue.record("no error", sourceLocation: sourceLocation)
        } catch {
            #expect("\(error)".contains(words), "\(error)", sourceLocation: sourceLocation)
        }
    }
}
