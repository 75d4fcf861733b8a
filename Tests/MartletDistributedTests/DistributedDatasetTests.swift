import Martlet
import MartletCore
import MartletData
import MartletDistributed
import TestSupport
import Testing

/// What `distribute` gives in one process. scripts/check-distributed.sh runs it in several.
@Suite(.ownSession) struct DistributedDatasetTests {
    private let strategy = MirroredStrategy(replicas: 2)
    private let x = Sample.features(22, 3)
    private let y = Sample.classes(22, 3)

    private func numbers(_ batches: DistributedDataset) throws -> [[Float]] {
        var all: [[Float]] = []
        try batches.forEach { batch in
            #expect(batch.held == 0..<batch.count && batch.part.count == batch.count)
            all.append(batch.part.x.scalars(as: Float.self) + batch.part.y.scalars(as: Int.self).map { Float($0) })
        }
        return all
    }

    private func numbers(_ batches: some Sequence<Batch>) -> [[Float]] {
        batches.map { $0.x.scalars(as: Float.self) + $0.y.scalars(as: Int.self).map { Float($0) } }
    }

    @Test(arguments: [false, true], [false, true])
    func samplesInMemory(shuffled: Bool, drops: Bool) throws {
        let data = try TensorDataset(x, y)
        let ours = strategy.distribute(
            data, batchSize: 8, shuffled: shuffled, dropRemainder: drops, using: RandomGenerator(seed: 4))
        let expected = data.batches(of: 8, shuffled: shuffled, dropsRemainder: drops, using: RandomGenerator(seed: 4))
        let first = try numbers(ours)
        #expect(first == numbers(expected))
        #expect(first.count == (drops ? 2 : 3))
        let second = try numbers(ours)
        #expect(second == numbers(expected))
        #expect((second != first) == shuffled)
    }

    @Test(arguments: [false, true])
    func samplesOfAPipeline(drops: Bool) throws {
        func pipeline() -> Dataset<(Tensor, Tensor)> {
            Dataset.fromTensorSlices(x, y).shuffle(bufferSize: .all, seed: 2).map { x, y in (x * 2, y) }
        }
        let samples = strategy.distribute(pipeline(), batchSize: 8, dropRemainder: drops)
        let batches = strategy.distribute(pipeline().batch(8, dropRemainder: drops))
        let expected = numbers(try pipeline().batch(8, dropRemainder: drops).array().map { Batch(inputs: [$0], targets: [$1]) })
        #expect(try numbers(samples) == expected)
        #expect(try numbers(batches) == expected)
    }

    @Test func aLastBatchThatIsFullIsTheLast() throws {
        let samples = strategy.distribute(Dataset.fromTensorSlices(x[0..<16], y[0..<16]), batchSize: 8)
        #expect(try numbers(samples).map(\.count) == [32, 32])
        #expect(try numbers(strategy.distribute(try TensorDataset(x[0..<3], y[0..<3]), batchSize: 8)).map(\.count) == [12])
    }

    @Test func errorsOfTheDataAreThrown() throws {
        let broken = Dataset.fromTensorSlices(x, y).map { x, y -> (Tensor, Tensor) in
            throw MartletError("No such picture.")
        }
        let error = #expect(throws: MartletError.self) { try strategy.distribute(broken, batchSize: 4).forEach { _ in } }
        #expect(error?.description.contains("No such picture") == true)
        #expect(throws: MartletError.self) { try withErrors { strategy.distribute(broken, batchSize: 0) } }
    }

    @Test func aLoopTrainsAsWithWholeBatches() throws {
        func trained(_ distributes: Bool) throws -> [Float] {
            try withSession(Session(seed: 5)) {
                let model = Sequential([Dense(4, activation: .relu), Dropout(0.3), Dense(1)])
                _ = model(x)
                let (optimizer, variables) = (Adam(learningRate: 0.01), model.trainableVariables)
                let step = strategy.function { batch in
                    let tape = GradientTape()
                    let loss = tape.record { computeAverageLoss((model(batch.x, training: true) - batch.x[0..., 0..<1]).square()) }
                    optimizer.apply(tape.gradient(of: loss, withRespectTo: variables), to: variables)
                    return loss
                }
                let data = try TensorDataset(x, y)
                if distributes {
                    try strategy.distribute(data, batchSize: 8).forEach { strategy.run(step, $0) }
                } else {
                    for batch in data.batches(of: 8) { strategy.run(step, batch) }
                }
                return model.weights.flatMap { $0.value.scalars(as: Float.self) }
            }
        }
        #expect(try trained(true) == trained(false))
    }
}
