import Foundation
import Martlet
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// A training that is saved, loaded and continued, or interrupted and resumed, has the bits of one that goes straight on.
/// No global seed is set: every stream begins anywhere, and only its state can make it the same.
@Suite(.ownSession) struct GoingOnTests {
    static let x = RandomGenerator(seed: 4).uniform([7, 4, 3], in: -0.5..<1, dtype: .float32)
    static let y = RandomGenerator(seed: 5).uniform([7, 1], dtype: .float32)

    /// A model with the layers that `make` puts between its input and a dense layer.
    static func model(_ make: (SymbolicTensor) -> SymbolicTensor) throws -> Model {
        let x = Input([4, 3])
        let model = Model(inputs: x, outputs: Dense(1)(Flatten()(make(x))))
        try model.compile(optimizer: Adam(learningRate: 0.05), loss: "mse", metrics: ["mae"])
        return model
    }

    static let layers: [(name: String, make: @Sendable (SymbolicTensor) -> SymbolicTensor)] = [
        ("Dropout", { Dropout(0.5)($0) }), ("seeded Dropout", { Dropout(0.5, seed: 3)($0) }),
        ("two", { Dropout(0.3)(Dropout(0.5)($0)) }), ("GaussianNoise", { GaussianNoise(0.3)($0) }),
        ("GaussianDropout", { GaussianDropout(0.3)($0) }), ("AlphaDropout", { AlphaDropout(0.3)($0) }),
        ("SpatialDropout1D", { SpatialDropout1D(0.5)($0) }),
        ("MultiHeadAttention", { x in MultiHeadAttention(numHeads: 2, keyDim: 2, dropout: 0.5)([x, x]) }),
        ("GroupQueryAttention", { x in
            GroupQueryAttention(headDim: 2, numQueryHeads: 2, numKeyValueHeads: 1, dropout: 0.5)([x, x])
        }),
        ("Attention", { x in Attention(dropout: 0.5)([x, x]) }),
        ("AdditiveAttention", { x in AdditiveAttention(dropout: 0.5)([x, x]) }),
        ("LSTM", { LSTM(3, dropout: 0.5, recurrentDropout: 0.5)($0) }), ("GRU", { GRU(3, recurrentDropout: 0.5)($0) }),
        ("SimpleRNN", { SimpleRNN(3, dropout: 0.5)($0) }),
        ("Bidirectional", { Bidirectional(LSTM(2, dropout: 0.5))($0) }),
        ("TimeDistributed", { TimeDistributed(Dropout(0.5))($0) }),
        ("a model inside", { Sequential([InputLayer([4, 3]), Dense(3), Dropout(0.5)])($0) }),
    ]

    static func fit(_ model: Model, _ epochs: Range<Int>, _ callbacks: [Callback] = []) throws -> History {
        try model.fit(
            x, y, batchSize: 2, epochs: epochs.upperBound, verbosity: .silent, callbacks: callbacks,
            initialEpoch: epochs.lowerBound)
    }

    static func state(_ model: Model) -> [[Double]] {
        (model.weights + model.optimizer!.variables).map { $0.value.scalars() }
    }

    @Test(arguments: layers.indices) func savedAndLoaded(index: Int) throws {
        try withFolder { folder in
            let path = "\(folder)/m.keras"
            let first = try Self.model(Self.layers[index].make)
            _ = try Self.fit(first, 0..<1)
            try first.save(to: path)
            let (straight, other) = (try Model.load(from: path), try Model.load(from: path))
            let whole = try Self.fit(straight, 1..<5)
            _ = try Self.fit(other, 1..<3)
            try other.save(to: path)
            let again = try Model.load(from: path)
            let rest = try Self.fit(again, 3..<5)
            #expect(Self.state(again) == Self.state(straight), "\(Self.layers[index].name)")
            #expect(rest["loss"] == Array(whole["loss"].suffix(2)))
            // A file of weights, for a model that is there.
            try again.saveWeights(to: "\(folder)/m.weights.h5")
            let copy = try Model.fromJSON(first.toJSON())
            try copy.loadWeights(from: "\(folder)/m.weights.h5")
            _ = try Self.fit(copy, 5..<6)
            _ = try Self.fit(straight, 5..<6)
            #expect(Self.state(copy) == Self.state(straight))
        }
    }

    /// Keras keeps a seed and a counter as two 32-bit numbers. They begin a stream here. A file without them leaves the layer's
    /// own.
    @Test func aStreamOfKeras() throws {
        let model = Sequential([InputLayer([4]), Dropout(0.5), Dense(1)])
        try withFolder { folder in
            let root = HDF5GroupContent()
            _ = root.group("layers/dropout/vars")
            root.add(Tensor([7, 2], shape: [2]), at: "layers/dropout/seed_generator/vars/0")
            root.add(Tensor([Float](repeating: 1, count: 4), shape: [4, 1]), at: "layers/dense/vars/0")
            root.add(Tensor([Float(0)], shape: [1]), at: "layers/dense/vars/1")
            try HDF5Writer.write(root, to: "\(folder)/a.weights.h5")
            try model.loadWeights(from: "\(folder)/a.weights.h5")
            let stream = RandomGenerator(seed: 7)
            stream.state.assign(Tensor([7, 2]))
            let mask = stream.bernoulli([1, 4], probability: 0.5, value: 2, dtype: .float32)
            let y = model(Tensor.ones([1, 4], dtype: .float32), training: true)
            #expect(y.item() == mask.sum().item())
        }
    }

    struct Killed: Error {}

    /// Interrupted after a batch or an epoch, in every place, by what comes before or after the backup; another process goes on
    /// from its last backup.
    @Test(arguments: [1, 2, nil], [true, false]) func backedUp(batches: Int?, beforeBackup: Bool) throws {
        let make = Self.layers.first { $0.name == "two" }!.make
        try withFolder { folder in
            let start = "\(folder)/start.keras"
            let first = try Self.model(make)
            _ = try Self.fit(first, 0..<1)
            try first.save(to: start)
            let straight = try Model.load(from: start)
            let whole = try Self.fit(straight, 0..<3)

            let backup = "\(folder)/backup"
            func callback() -> BackupAndRestore {
                BackupAndRestore(backup, saveFrequency: batches.map { .batches($0) } ?? .epoch)
            }
            var last: (model: Model, history: History)?
            var place = 0
            // Each run gets one place further than the one before.
            while last == nil {
                place += 1
                var passed = 0
                func pass() throws {
                    passed += 1
                    if passed > 3 * place % 8 { throw Killed() }
                }
                let killer = LambdaCallback(onEpochEnd: { _, _ in try pass() }, onTrainBatchEnd: { _, _ in try pass() })
                let model = try Model.load(from: start)
                do {
                    let callbacks: [Callback] = beforeBackup ? [killer, callback()] : [callback(), killer]
                    last = (model, try Self.fit(model, 0..<3, place < 30 ? callbacks : [callback()]))
                } catch is Killed {}
            }
            let (model, history) = try #require(last)
            #expect(Self.state(model) == Self.state(straight))
            #expect(model.optimizer!.iterations.value.item() == straight.optimizer!.iterations.value.item())
            for name in ["loss", "mae"] {
                #expect(history[name] == Array(whole[name].suffix(history[name].count)))
            }
            #expect(!FileManager.default.fileExists(atPath: backup))
        }
    }

    enum Source: String, CaseIterable {
        case tensors, tensorsByThree, pipeline, pipelineByThree
    }

    /// Samples in a random order, from tensors and from a pipeline, whose epochs are whole readings or three steps of one:
    /// interrupted anywhere, training goes on with the samples that follow, and early stopping, rates and histories with what
    /// they know.
    @Test(arguments: Source.allCases, [1, nil]) func goesOnWithTheData(_ source: Source, batches: Int?) throws {
        func trained(_ model: Model, _ backup: [Callback]) throws -> History {
            let history = History()
            // Three steps of which the fourth epoch is short: 4 batches.
            let steps = source == .tensorsByThree || source == .pipelineByThree ? 3 : nil
            let callbacks = backup + [
                history, ReduceLROnPlateau(monitor: "loss", factor: 0.5, patience: 1, minDelta: 10),
                EarlyStopping(monitor: "mae", minDelta: 100, patience: 4, mode: .max, restoreBestWeights: true),
            ]
            switch source {
            case .tensors, .tensorsByThree:
                try model.fit(
                    Self.x, Self.y, batchSize: 2, epochs: 9, verbosity: .silent, callbacks: callbacks, stepsPerEpoch: steps)
            case .pipeline, .pipelineByThree:
                let data = Dataset.fromTensorSlices(Self.x, Self.y).shuffle(bufferSize: .all, seed: 3).batch(2)
                try model.fit(data, epochs: 9, verbosity: .silent, callbacks: callbacks, stepsPerEpoch: steps)
            }
            return history
        }
        try withFolder { folder in
            let start = "\(folder)/start.keras"
            let first = try Self.model { Dropout(0.5)($0) }
            _ = try Self.fit(first, 0..<1)
            try first.save(to: start)
            let straight = try Model.load(from: start)
            let whole = try trained(straight, [])
            #expect(whole.epochs.count < 9 && straight.optimizer!.learningRate < 0.05)

            var last: (model: Model, history: History)?
            var place = 0
            while last == nil {
                place += 1
                var passed = 0
                func pass() throws {
                    passed += 1
                    if passed > 3 * place % 8 + (place > 30 ? 1000 : 0) { throw Killed() }
                }
                let killer = LambdaCallback(onEpochEnd: { _, _ in try pass() }, onTrainBatchEnd: { _, _ in try pass() })
                let backup = BackupAndRestore("\(folder)/backup", saveFrequency: batches.map { .batches($0) } ?? .epoch)
                let model = try Model.load(from: start)
                do { last = (model, try trained(model, [backup, killer])) } catch is Killed {}
            }
            let (model, history) = try #require(last)
            #expect(Self.state(model) == Self.state(straight))
            #expect(history.epochs == whole.epochs)
            for name in ["loss", "mae", "learning_rate"] { #expect(history[name] == whole[name]) }
        }
    }

    /// The files of earlier versions and of Keras: weights, and a text with the epoch.
    @Test func anOldBackup() throws {
        let make = Self.layers.first { $0.name == "Dropout" }!.make
        try withFolder { folder in
            let model = try Self.model(make)
            _ = try Self.fit(model, 0..<2)
            let backup = "\(folder)/backup"
            try FileIO.makeFolder(backup)
            try model.saveWeights(to: "\(backup)/latest.weights.h5")
            try FileIO.write("{\"epoch\": 2, \"batch\": 3}", to: "\(backup)/training_metadata.json")
            let resumed = try Self.model(make)
            let history = try Self.fit(resumed, 0..<4, [BackupAndRestore(backup)])
            #expect(history.epochs == [2, 3])
            _ = try Self.fit(model, 2..<4)
            #expect(Self.state(resumed) == Self.state(model))
        }
    }
}
