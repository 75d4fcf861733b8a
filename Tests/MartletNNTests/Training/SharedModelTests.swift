import Foundation
import Martlet
import MartletCore
import Synchronization
import TestSupport
import Testing

/// One model that several threads use at once.
@Suite(.ownSession) struct SharedModelTests {
    static let kinds = ["stack", "convolution", "recurrent", "dropped", "attention", "graph"]

    static func make(_ kind: String) -> (model: Model, input: Shape) {
        setWeights(
            of: {
                let x = Input([6, 4])
                switch kind {
                case "stack":
                    return Sequential([
                        Dense(8, activation: .relu, activityRegularizer: .l2(0.01)), BatchNormalization(),
                        Dense(3, activityRegularizer: .l1(0.01)),
                    ])
                case "convolution":
                    return Sequential([Conv1D(4, kernelSize: 3, activation: .relu), GlobalMaxPooling1D(), Dense(3)])
                case "recurrent": return Sequential([LSTM(5, returnSequences: true), Bidirectional(GRU(3)), Dense(3)])
                case "dropped":
                    return Sequential([LSTM(5, dropout: 0.2, recurrentDropout: 0.3), Dropout(0.5), Dense(3)])
                case "attention":
                    return Model(inputs: x, outputs: Dense(3)(Flatten()(MultiHeadAttention(numHeads: 2, keyDim: 3)(x, x))))
                default:
                    let layer = Dense(4, activation: .tanh)
                    return Model(inputs: x, outputs: Dense(3)(Flatten()(Add()([layer(x), layer(layer(x))]))))
                }
            }(), shape: kind == "stack" ? [4] : [6, 4])
    }

    /// Weights that follow from their places alone.
    private static func setWeights(of model: Model, shape: Shape) -> (model: Model, input: Shape) {
        try! model.ensureBuilt(for: [PartialShape(Shape([1] + shape.dimensions)).withAnyBatch])
        for (number, weight) in model.weights.enumerated() where weight.dtype == .float32 {
            weight.assign(RandomGenerator(seed: number).uniform(weight.shape, in: 0.1..<0.5))
        }
        return (model, shape)
    }

    private static func bits(_ tensors: [Tensor]) -> [[UInt8]] { tensors.map { $0.withUnsafeBytes { Array($0) } } }

    /// A server: eight threads predict with one model, with batches of several sizes.
    @Test(arguments: kinds) func predictions(_ kind: String) throws {
        let (made, shape) = Self.make(kind)
        nonisolated(unsafe) let model = made
        let inputs = (1...4).map { RandomGenerator(seed: $0).uniform(Shape([3 * $0] + shape.dimensions)) }
        let (alone, _) = Self.make(kind)
        let expected = try inputs.map { Self.bits([try alone.predict($0, batchSize: 5), alone($0)]) }
        let wrong = Atomic(0)
        onThreads(8) { number in
            for round in 0..<6 {
                let index = (number + round) % inputs.count
                let found = try? Self.bits([model.predict(inputs[index], batchSize: 5), model(inputs[index])])
                if found != expected[index] { wrong.add(1, ordering: .relaxed) }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    /// The threads that come first make the weights once.
    @Test func weightsAreMadeOnce() throws {
        for _ in 0..<20 {
            nonisolated(unsafe) let model = Sequential([Flatten(), Dense(3), BatchNormalization(), Dense(2)])
            let results = Guarded([[Float]]())
            onThreads(8) { _ in
                let y = model(Tensor.ones([2, 3, 2])).scalars(as: Float.self)
                results.withLock { $0.append(y) }
            }
            #expect(model.weights.count == 8)
            #expect(Set(results.withLock { $0 }).count == 1)
        }
    }

    /// Each thread finds the penalties of its own call.
    @Test func activityPenalties() {
        nonisolated(unsafe) let model = Sequential([
            InputLayer([2]), Dense(2, kernelInitializer: .ones, activityRegularizer: .l2(1)),
            Dense(1, kernelInitializer: .ones, activityRegularizer: .l1(1)),
        ])
        let wrong = Atomic(0)
        onThreads(8) { number in
            let x = Tensor.full([3, 2], Double(number + 1))
            // Each of the two units gives 2 (number + 1), the last one 4 (number + 1).
            let unit = Float(2 * (number + 1))
            for _ in 0..<40 {
                _ = model(x)
                if model.losses.map({ $0.item(as: Float.self) }) != [2 * unit * unit, 2 * unit] {
                    wrong.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    /// What has metrics takes turns, so each caller has the figures of its own data.
    @Test(arguments: [false, true]) func evaluations(eagerly: Bool) throws {
        let (made, _) = Self.make("stack")
        nonisolated(unsafe) let model = made
        try model.compile(optimizer: "sgd", loss: "mse", metrics: ["mae"], runEagerly: eagerly)
        let data = (0..<3).map { seed in
            (RandomGenerator(seed: seed).uniform([10, 4]), RandomGenerator(seed: seed + 9).uniform([10, 3]))
        }
        let expected = try data.map { try model.evaluate($0.0, $0.1, batchSize: 4)["mae"] }
        let wrong = Atomic(0)
        onThreads(6) { number in
            for round in 0..<4 {
                let index = (number + round) % 3
                let logs = try? model.evaluate(data[index].0, data[index].1, batchSize: 4)
                if logs?["mae"] != expected[index] { wrong.add(1, ordering: .relaxed) }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    /// Training is what it is alone while other threads predict, evaluate and read weights.
    @Test func trainingWhileOthersLook() throws {
        @Sendable func fit(_ model: Model) throws {
            try model.fit(
                RandomGenerator(seed: 1).uniform([40, 4]), RandomGenerator(seed: 2).uniform([40, 3]), batchSize: 8, epochs: 6,
                verbosity: .silent, seed: 3)
        }
        let (alone, _) = Self.make("stack")
        try alone.compile(optimizer: Adam(), loss: "mse")
        try fit(alone)
        let (made, _) = Self.make("stack")
        nonisolated(unsafe) let model = made
        try model.compile(optimizer: Adam(), loss: "mse")
        let isDone = Flag()
        onThreads(4) { number in
            let x = Tensor.ones([3, 4])
            if number == 0 {
                try? fit(model)
                isDone.isSet.store(true, ordering: .relaxed)
            }
            while !isDone.isSet.load(ordering: .relaxed) {
                switch number {
                case 1: _ = try? model.predict(x)
                case 2: _ = model(x)
                default: _ = model.weights.map { $0.value.sum().item() }
                }
            }
        }
        #expect(Self.bits(model.weights.map(\.value)) == Self.bits(alone.weights.map(\.value)))
    }

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }

    /// Two calls of `fit` on one model take turns; single steps, compiled or not, of several threads are all made.
    @Test(arguments: [false, true]) func trainingFromSeveralThreads(eagerly: Bool) throws {
        let (made, _) = Self.make("stack")
        nonisolated(unsafe) let model = made
        let optimizer = Adam()
        try model.compile(optimizer: optimizer, loss: "mse", runEagerly: eagerly)
        let (x, y) = (RandomGenerator(seed: 1).uniform([24, 4]), RandomGenerator(seed: 2).uniform([24, 3]))
        let data = try TensorDataset(x, y)
        nonisolated(unsafe) let step = try model.makeTrainFunction(for: data)
        onThreads(4) { number in
            if number < 2 {
                _ = try? model.fit(x, y, batchSize: 8, epochs: 3, verbosity: .silent)
            } else {
                for index in 0..<9 { step(data.batch(index % 3, size: 8)) }
            }
        }
        #expect(optimizer.iterations.value.item() == 4 * 9)
        #expect(model.weights.allSatisfy { $0.value.isFinite().all().item() != 0 })
    }

    /// Updates of one optimizer from several threads, eager and compiled, are all made, and nobody waits for ever.
    @Test(.timeLimit(.minutes(10))) func oneOptimizer() {
        let variables = (0..<4).map { Variable(Tensor([Double($0), 1, 2])) }
        nonisolated(unsafe) let optimizer = SGD(learningRate: 0.01, momentum: 0.9)
        let gradients = variables.map { Tensor.ones(like: $0.value) }
        onThreads(6) { number in
            let order = number % 2 == 0 ? variables : variables.reversed()
            let update = compiled { (gradients: [Tensor]) -> [Tensor] in
                optimizer.apply(gradients, to: order)
                return []
            }
            for _ in 0..<20 {
                if number % 3 == 0 { _ = update(gradients) } else { optimizer.apply(gradients, to: order) }
            }
        }
        #expect(optimizer.iterations.value.item() == 120)
        // The k-th update moves by 0.01 (1 + 0.9 + ... + 0.9ᵏ⁻¹): 11.1 + 0.9¹²¹ in all.
        for (number, variable) in variables.enumerated() {
            let moved = (Tensor([Double(number), 1, 2]) - variable.value).scalars(as: Double.self)
            #expect(moved.allSatisfy { abs($0 - 11.1) < 1e-5 })
        }
    }
}

/// The order of the samples in `fit`.
@Suite(.ownSession) struct ShuffleTests {
    /// Notes the batches that it is trained with.
    final class Noting: Model {
        var orders: [[Double]] = []
        let layer = Dense(1)
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { layer(x) }
        override func trainStep(_ batch: Batch) { orders.append(batch.inputs[0].scalars()) }
    }

    private func orders(seed: Int) throws -> [[Double]] {
        let model = Noting()
        try model.compile(optimizer: "sgd", loss: "mse", runEagerly: true)
        let x = Tensor((0..<12).map { Float($0) }, shape: [12, 1])
        try model.fit(x, x, batchSize: 5, epochs: 2, verbosity: .silent, seed: seed)
        return model.orders
    }

    @Test func theSeedGivesTheOrder() throws {
        let first = try orders(seed: 4)
        #expect(try orders(seed: 4) == first)
        #expect(try orders(seed: 5) != first)
        // Both epochs see every sample, in other orders.
        let epochs: [[Double]] = [Array(first[0..<3].joined()), Array(first[3..<6].joined())]
        let all: [Double] = (0..<12).map { Double($0) }
        #expect(epochs[0].sorted() == all && epochs[1].sorted() == all)
        #expect(epochs[0] != epochs[1])
        // The stream is the seed's own.
        let stream = RandomGenerator(seed: 4)
        let permutations: [[Double]] = (0..<2).map { _ in stream.permutation(12).scalars() }
        #expect(epochs == permutations)
    }
}
