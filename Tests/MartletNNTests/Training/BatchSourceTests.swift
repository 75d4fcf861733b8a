import Martlet
import Synchronization
import TestSupport
import Testing

/// `fit`, `evaluate` and `predict` on pipelines.
@Suite(.ownSession) struct BatchSourceTests {
    let x = Tensor((0..<44).map { Float($0 % 7) / 7 }, shape: [11, 4])
    let y = Tensor([0, 1, 2, 1, 0, 2, 2, 1, 0, 1, 2] as [Int64])

    func model() throws -> Model {
        let model = Sequential([
            InputLayer([4]), Dense(5, activation: .tanh, kernelInitializer: .glorotUniform(seed: 2)),
            Dense(3, activation: .softmax, kernelInitializer: .glorotUniform(seed: 3)),
        ])
        try model.compile(optimizer: SGD(learningRate: 0.5), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
        return model
    }

    func weights(_ model: Model) -> [[Float]] { model.weights.map { $0.value.scalars(as: Float.self) } }

    func batches(_ y: Tensor? = nil) -> Dataset<(Tensor, Tensor)> { .fromTensorSlices(x, y ?? self.y).batch(4) }

    /// The same batches give the same bits, from wherever they come.
    @Test(arguments: [1, 2])
    func fitAsFromTensors(stepsPerExecution: Int) throws {
        let (expected, pipeline, generator) = (try model(), try model(), try model())
        let history = try expected.fit(x, y, batchSize: 4, epochs: 3, verbosity: .silent, shuffle: false)
        let other = try pipeline.fit(batches().prefetch(), epochs: 3, verbosity: .silent)
        #expect(weights(pipeline) == weights(expected))
        #expect(other.history == history.history)
        let data = try batches().array()
        let unknown = Dataset.fromGenerator {
            var rest = data[...]
            return { rest.popFirst() }
        }.map { Batch(inputs: [$0], targets: [$1]) }
        #expect(unknown.length == .unknown)
        try generator.fit(unknown, epochs: 3, verbosity: .silent)
        #expect(weights(generator) == weights(expected))
        let tensors = try model()
        try tensors.fit(TensorDataset(x, y).batches(of: 4), epochs: 3, verbosity: .silent)
        #expect(weights(tensors) == weights(expected))
    }

    @Test func classWeights() throws {
        let (expected, pipeline) = (try model(), try model())
        let classWeight = [0: 2.0, 2: 0.5]
        try expected.fit(x, y, batchSize: 4, verbosity: .silent, shuffle: false, classWeight: classWeight)
        try pipeline.fit(batches(), verbosity: .silent, classWeight: classWeight)
        #expect(weights(pipeline) == weights(expected))
    }

    @Test func evaluateAndPredict() throws {
        let model = try model()
        let expected = try model.evaluate(x, y, batchSize: 4)
        #expect(try model.evaluate(batches()) == expected)
        let predictions = try model.predict(x, batchSize: 4)
        #expect(try model.predict(batches())[0].scalars(as: Float.self) == predictions.scalars())
        #expect(try model.predict(Dataset.fromTensorSlices(x).batch(4), steps: 2)[0].shape == [8, 3])
        #expect(try model.evaluate(batches(), steps: 1) == model.evaluate(x[0..<4], y[0..<4]))
        let history = try model.fit(
            x, y, batchSize: 4, epochs: 1, verbosity: .silent, validationData: (x[0..<8], y[0..<8]), shuffle: false)
        let other = try self.model()
        let both = try other.fit(
            batches(), epochs: 1, verbosity: .silent, validationData: batches().repeat(), validationSteps: 2)
        #expect(both.history == history.history)
    }

    /// Notes which batches were taken.
    struct Noted: BatchSource {
        let count: Int
        let taken = Shared()
        final class Shared: Sendable { let numbers = Mutex<[Int]>([]) }
        var length: DatasetLength { .unknown }
        func readBatches() -> () throws -> Batch? {
            var steps = (0..<count).makeIterator()
            return {
                guard let step = steps.next() else { return nil }
                taken.numbers.withLock { $0.append(step) }
                return Batch(inputs: [Tensor.zeros([2, 4])], targets: [Tensor([0, 1])])
            }
        }
    }

    final class Steps: Callback {
        var steps: [Int] = []
        var batches: [Int] = []
        override func onEpochBegin(_ epoch: Int) { steps.append(parameters.steps) }
        override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { batches.append(batch) }
    }

    @Test func stepsGoOnThroughTheSource() throws {
        let (noted, steps) = (Noted(count: 5), Steps())
        try model().fit(noted, epochs: 3, verbosity: .silent, callbacks: [steps], stepsPerEpoch: 3)
        #expect(noted.taken.numbers.withLock { $0 } == [0, 1, 2, 3, 4, 0, 1, 2, 3])
        #expect(steps.steps == [3, 3, 3] && steps.batches == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        let (all, counted) = (Noted(count: 5), Steps())
        try model().fit(all, epochs: 2, verbosity: .silent, callbacks: [counted])
        #expect(all.taken.numbers.withLock { $0 } == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
        #expect(counted.steps == [0, 5])
    }

    @Test func badBatches() throws {
        let model = try model()
        try expectError(["batch 2", "label", "3"]) {
            try model.fit(batches(Tensor([0, 1, 2, 1, 0, 2, 2, 1, 0, 9, 2] as [Int64])), verbosity: .silent)
        }
        try expectError(["batch 0"]) { try model.fit(Dataset.fromTensorSlices(x[.all, 0..<3], y).batch(4), verbosity: .silent) }
        try expectError(["batch 1", "sampleWeight"]) {
            let shapes = Dataset.range(2).map { n in
                Batch(inputs: [Tensor.zeros([2, 4])], targets: [Tensor([0, 1])], sampleWeights: n == 0 ? [] : [.ones([3])])
            }
            try model.fit(shapes.map { $0 }, verbosity: .silent)
        }
        try expectError(["elements of type Int"]) { try model.fit(Dataset.range(3), verbosity: .silent) }
        try expectError(["at least one batch"]) { try model.fit(batches().take(0), verbosity: .silent) }
        try expectError(["stepsPerEpoch", "no end"]) { try model.fit(batches().repeat(), verbosity: .silent) }
        try expectError(["validationSteps"]) {
            try model.fit(batches(), verbosity: .silent, validationData: batches(), validationSteps: 0)
        }
        try expectError(["map, element 2", "broken"]) {
            try model.fit(
                batches().enumerate().map { if $0 == 2 { throw MartletError("broken") } else { $1 } }, verbosity: .silent)
        }
        // A tensor that does not fit in a map.
        try expectError(["map, element 0", "reshape"]) {
            try model.fit(batches().map { ($0.reshaped(to: [7, 7]), $1) }, verbosity: .silent)
        }
    }

    private func expectError(_ parts: [String], _ body: () throws -> some Any) throws {
        do {
            _ = try body()
            Issue.record("Expected an error with \(parts).")
        } catch let error as MartletError {
            for part in parts { #expect("\(error)".lowercased().contains(part.lowercased())) }
        }
    }
}
