import Martlet
import MartletCore
import MartletDistributed
import MartletNN
import TestSupport
import Testing

/// Models and data that depend on the seed alone.
enum Sample {
    static func features(_ count: Int, _ size: Int, seed: Int = 1, dtype: DType = .float32) -> Tensor {
        RandomGenerator(seed: seed).uniform([count, size], in: -1..<1, dtype: dtype)
    }

    static func classes(_ count: Int, _ most: Int, seed: Int = 2) -> Tensor {
        RandomGenerator(seed: seed).integers([count], in: 0..<most)
    }

    /// A model of every kind of effect: random draws, moving averages, penalties, metrics.
    static func everything() throws -> Model {
        let model = Sequential([
            Dense(16, activation: .relu, kernelRegularizer: .l2(0.01)), BatchNormalization(momentum: 0.5), Dropout(0.4),
            Dense(8, activation: .relu), GaussianNoise(0.1), Dense(3, activation: .softmax),
        ])
        try model.compile(
            optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy],
            weightedMetrics: [SparseTopKCategoricalAccuracy(k: 2)])
        return model
    }
}

/// Everything that a training leaves, as numbers.
private func state(of model: Model) -> [[Double]] {
    (model.weights + (model.optimizer?.variables ?? []) + model.randomGenerators.map(\.state)).map {
        $0.value.scalars(as: Double.self)
    }
}

@Suite(.ownSession) struct MirroredStrategyTests {
    struct Outcome: Equatable {
        var state: [[Double]]
        var history: [String: [Double]]
        var evaluated: [Double]
        var predicted: [Double]
    }

    private func outcome(replicas: Int, shards: Int = 4) throws -> Outcome {
        try withSession(Session(seed: 7)) {
            let (x, y) = (Sample.features(22, 5), Sample.classes(22, 3))
            let model = try MirroredStrategy(replicas: replicas, shards: shards).scope { try Sample.everything() }
            // The batches have 8, 8 and 6 samples.
            let history = try model.fit(
                x, y, batchSize: 8, epochs: 2, verbosity: .silent, validationData: (x[0..<5], y[0..<5]), seed: 3,
                sampleWeight: Sample.features(22, 1, seed: 4).squeezed(axis: 1).abs())
            let figures = ["loss", "accuracy", "val_loss", "val_accuracy"]
            let evaluated = try model.evaluate(x, y, batchSize: 3)
            return Outcome(
                state: state(of: model), history: Dictionary(uniqueKeysWithValues: figures.map { ($0, history[$0]) }),
                evaluated: [evaluated["loss"]!, evaluated["accuracy"]!],
                predicted: try model.predict(x, batchSize: 9).scalars(as: Double.self))
        }
    }

    @Test func anyNumberOfReplicasGivesTheSameBits() throws {
        let one = try outcome(replicas: 1)
        let isFinite = one.history.values.joined().allSatisfy { $0.isFinite }
        #expect(isFinite && one.history["loss"]!.count == 2)
        for replicas in 2...4 { #expect(try outcome(replicas: replicas) == one, "\(replicas) replicas") }
        // Shards are what the bits depend on.
        #expect(try outcome(replicas: 2, shards: 2).state != one.state)
    }

    @Test func anotherSizeOfShardsIsTheSameTraining() throws {
        // Without draws and statistics of batches, shards change nothing but the rounding.
        func losses(_ strategy: DistributionStrategy?) throws -> (loss: [Double], weights: [[Double]]) {
            try withSession(Session(seed: 5)) {
                let (x, y) = (Sample.features(23, 4, dtype: .float64), Sample.features(23, 2, seed: 9, dtype: .float64))
                func make() throws -> Model {
                    let model = Sequential([
                        Dense(6, activation: .tanh, kernelRegularizer: .l2(0.1), activityRegularizer: .l2(0.2), dtype: .float64),
                        Dense(2, dtype: .float64),
                    ])
                    try model.compile(
                        optimizer: Adam(learningRate: 0.05, clipNorm: 0.5), loss: .meanSquaredError(), metrics: ["mae"])
                    return model
                }
                let model = try strategy?.scope(make) ?? make()
                let history = try model.fit(x, y, batchSize: 9, epochs: 4, verbosity: .silent, seed: 1)
                return (history["loss"] + history["mae"], model.weights.map { $0.value.scalars(as: Double.self) })
            }
        }
        let whole = try losses(nil)
        for (replicas, shards) in [(1, 1), (2, 2), (3, 4), (2, 16)] {
            let parts = try losses(MirroredStrategy(replicas: replicas, shards: shards))
            for (a, b) in zip(whole.weights.joined(), parts.weights.joined()) {
                #expect(abs(a - b) <= 1e-11 * max(1, abs(a)), "\(shards) shards")
            }
            // The accumulators are float32.
            for (a, b) in zip(whole.loss, parts.loss) { #expect(abs(a - b) <= 1e-6, "\(shards) shards") }
        }
    }

    /// Losses that are not a mean over samples: masks, weights, sums.
    @Test(arguments: Reduction.allCases)
    func lossesCountAsInTheWholeBatch(_ reduction: Reduction) throws {
        func trained(_ strategy: DistributionStrategy?) throws -> (losses: [Double], weights: [Double]) {
            try withSession(Session(seed: 5)) {
                // The shards have very different numbers of words.
                let words = Tensor(
                    (0..<11 * 5).map { $0 % 5 < 1 + ($0 / 5) % 5 ? 1 + $0 % 7 : 0 }, shape: [11, 5])
                let y = (words * 3 % 4).cast(to: .int64)
                let weights = Sample.features(11, 1, seed: 4, dtype: .float64).squeezed(axis: 1).abs()
                func make() throws -> Model {
                    let input = Input([5], dtype: .int64)
                    let embedded = Embedding(8, 4, maskZero: true, dtype: .float64)(input)
                    let first = Dense(4, activation: .softmax, name: "first", dtype: .float64)(embedded)
                    let second = Dense(1, name: "second", dtype: .float64)(
                        GlobalAveragePooling1D(dtype: .float64)(embedded))
                    let model = Model(inputs: [input], outputs: [first, second])
                    try model.compile(
                        optimizer: SGD(learningRate: 0.1),
                        losses: [
                            SparseCategoricalCrossentropy(reduction: reduction), MeanSquaredError(reduction: reduction),
                        ], lossWeights: [1.0, 0.3])
                    return model
                }
                let model = try strategy?.scope(make) ?? make()
                let data = try TensorDataset(
                    inputs: [words], targets: [y, words.cast(to: .float64).mean(axis: 1, keepDims: true)],
                    sampleWeights: [weights])
                let history = try model.fit(data, batchSize: 6, epochs: 3, verbosity: .silent, seed: 1)
                return (
                    history["loss"] + history["first_loss"], model.weights.flatMap { $0.value.scalars(as: Double.self) })
            }
        }
        let (whole, parts) = (try trained(nil), try trained(MirroredStrategy(replicas: 2, shards: 4)))
        #expect(zip(whole.weights, parts.weights).allSatisfy { abs($0 - $1) <= 1e-10 * max(1, abs($0)) })
        // The accumulators are float32.
        #expect(zip(whole.losses, parts.losses).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($0)) })
    }

    @Test func shardsDrawNumbersOfTheirOwn() throws {
        func draws(replicas: Int) -> (values: [[Double]], state: [Double]) {
            let strategy = MirroredStrategy(replicas: replicas)
            let layer = withSession(Session(seed: 1)) { Dropout(0.5) }
            let step = strategy.function { batch in layer(batch.x, training: true) }
            let values = (0..<2).flatMap { _ in strategy.run(step, Batch(inputs: [.ones([16, 8])])).values }
            return (values.map { $0.scalars(as: Double.self) }, layer.randomGenerators[0].state.value.scalars(as: Double.self))
        }
        let one = draws(replicas: 1)
        #expect(Set(one.values).count == 8)
        let three = draws(replicas: 3)
        #expect(one.values == three.values && one.state == three.state)
    }

    @Test func trainingGoesOnFromACheckpoint() throws {
        func trained(interrupted: Bool, replicas: Int) throws -> [[Double]] {
            try withSession(Session(seed: 3)) { try withFolder { folder in
                let (x, y) = (Sample.features(20, 5), Sample.classes(20, 3))
                func fit(epochs: Int, replicas: Int) throws -> Model {
                    let model = try MirroredStrategy(replicas: replicas).scope { try Sample.everything() }
                    try model.fit(
                        x, y, batchSize: 8, epochs: epochs, verbosity: .silent, seed: 3,
                        checkpoints: .every(epochs: 1, in: folder), resume: .automatic)
                    return model
                }
                if interrupted { _ = try fit(epochs: 1, replicas: 2) }
                return state(of: try fit(epochs: 3, replicas: replicas))
            } }
        }
        #expect(try trained(interrupted: true, replicas: 3) == trained(interrupted: false, replicas: 1))
    }

    @Test func rowsOfTablesAreUpdatedAlone() throws {
        func trained(_ strategy: DistributionStrategy?) throws -> [Double] {
            try withSession(Session(seed: 5)) {
                let words = Tensor((0..<24).map { 1 + $0 * $0 % 5 }, shape: [12, 2])
                func make() throws -> Model {
                    let model = Sequential([Embedding(9, 3, dtype: .float64), Flatten(), Dense(1, dtype: .float64)])
                    try model.compile(optimizer: Adam(learningRate: 0.1, sparseUpdates: true), loss: "mse")
                    return model
                }
                let model = try strategy?.scope(make) ?? make()
                let y = Sample.features(12, 1, dtype: .float64)
                try model.fit(words, y, batchSize: 4, epochs: 2, verbosity: .silent, seed: 1)
                return model.weights.flatMap { $0.value.scalars(as: Double.self) }
            }
        }
        for (a, b) in zip(try trained(nil), try trained(MirroredStrategy(replicas: 2))) { #expect(abs(a - b) < 1e-11) }
    }

    @Test func whatCannotBeCutIsAnError() throws {
        let strategy = MirroredStrategy(replicas: 2)
        func message(_ layers: [Layer], eagerly: Bool = false) -> String? {
            let (x, y) = (Sample.features(8, 3), Sample.features(8, 1))
            do {
                try strategy.scope {
                    let model = Sequential(layers)
                    try model.compile(loss: "mse", runEagerly: eagerly)
                    try model.fit(x, y, verbosity: .silent)
                }
                return nil
            } catch { return "\(error)" }
        }
        #expect(message([Dense(1)]) == nil)
        #expect(message([Dense(1)], eagerly: true)?.contains("runEagerly") == true)
        let recurrent = SimpleRNN(2, stateful: true, name: "memory")
        #expect(message([Reshape([3, 1]), recurrent, Dense(1)])?.contains("\"memory\" is stateful") == true)
        #expect(throws: MartletError.self) { try withErrors { MirroredStrategy(replicas: 5, shards: 4) } }
        #expect(throws: MartletError.self) { try withErrors { MirroredStrategy(replicas: 0) } }
    }

    #if !MPI
        @Test func withoutMPITheErrorSaysWhatToDo() {
            let error = #expect(throws: MartletError.self) { try MultiWorkerMirroredStrategy() }
            #expect(error?.description.contains("--traits MPI") == true)
        }
    #endif

    @Test(arguments: [1, 3])
    func aFailureOfAReplicaIsThrown(replicas: Int) throws {
        let strategy = MirroredStrategy(replicas: replicas)
        let model = try strategy.scope {
            let model = Sequential([Embedding(4, 2), Flatten(), Dense(1)])
            try model.compile(loss: "mse")
            return model
        }
        let before = try model.predict(Tensor([[1, 2], [3, 0]])).scalars(as: Double.self)
        // The last shard has a row that the table does not have.
        let batch = Batch(inputs: [Tensor([[0, 1], [1, 2], [2, 3], [3, 4]])], targets: [Tensor([0.0, 0, 0, 0], shape: [4, 1])])
        #expect(throws: MartletError.self) { try model.predictOnBatch(batch.inputs) }
        let step = strategy.function { batch in model(batch.x) }
        let error = #expect(throws: MartletError.self) { try withErrors { strategy.run(step, batch) } }
        #expect(error?.description.contains("4") == true)
        #expect(try model.predict(Tensor([[1, 2], [3, 0]])).scalars(as: Double.self) == before)
    }
}
