import Martlet
import MartletCore
import MartletDistributed
import TestSupport
import Testing

/// Loops of one's own, and models with a `trainStep` of their own.
@Suite(.ownSession) struct LoopTests {
    private let x = Sample.features(10, 3, dtype: .float64)
    private let y = Sample.features(10, 1, seed: 8, dtype: .float64)

    /// Least squares, whose gradient has a closed form: one step of descent from zero weights is `rate * 2 / n * X^T y`.
    @Test func aStepOfDescent() throws {
        let strategy = MirroredStrategy(replicas: 2, shards: 4)
        let w = Variable(.zeros([3, 1], dtype: .float64), name: "w")
        let optimizer = SGD(learningRate: 0.125)
        let mean = Mean(dtype: .float64)
        let step = strategy.function { batch in
            let tape = GradientTape()
            let loss = tape.record { computeAverageLoss((matmul(batch.x, w.value) - batch.y).square()) }
            optimizer.apply([tape.gradient(of: loss, withRespectTo: w)], to: [w])
            mean.update(batch.y)
            return loss
        }
        let losses = strategy.run(step, Batch(inputs: [x], targets: [y]))
        #expect(losses.counts == [3, 3, 2, 2])
        #expect(abs(strategy.reduce(.sum, losses).item(as: Double.self) - y.square().mean().item(as: Double.self)) < 1e-14)
        let expected = matmul(x.transposed(), y) * (0.125 * 2 / 10)
        for (a, b) in zip(w.value.scalars(as: Double.self), expected.scalars(as: Double.self)) { #expect(abs(a - b) < 1e-14) }
        #expect(abs(mean.result().item(as: Double.self) - y.mean().item(as: Double.self)) < 1e-14)
        #expect(optimizer.iterations.value.item(as: Double.self) == 1)
    }

    @Test func reductions() {
        let strategy = MirroredStrategy(replicas: 2, shards: 4)
        let step = strategy.function { batch in batch.x.mean() }
        let means = strategy.run(step, Batch(inputs: [x]))
        #expect(abs(strategy.reduce(.mean, means).item(as: Double.self) - x.mean().item(as: Double.self)) < 1e-14)
        #expect(means.values.count == 4 && strategy.numReplicasInSync == 2)
        #expect(strategy.run(step, Batch(inputs: [x[0..<3]])).counts == [1, 1, 1])
    }

    final class TwoOptimizers: Model {
        let first = Dense(4, activation: .tanh, dtype: .float64)
        let second = Dense(1, dtype: .float64)
        let other = SGD(learningRate: 0.05)
        var readsTooLate = false

        override func call(_ x: Tensor, in context: CallContext) -> Tensor { second(first(x)) }

        override func trainStep(_ batch: Batch) {
            let tape = GradientTape(persistent: true)
            let (predictions, loss) = tape.record {
                let predictions = self.apply(batch.inputs, training: true)
                return (predictions, computeLoss(batch, predictions: predictions))
            }
            let (a, b) = (first.trainableVariables, second.trainableVariables)
            let (gradientsA, gradientsB) = (
                tape.gradient(of: loss, withRespectTo: a), tape.gradient(of: loss, withRespectTo: b)
            )
            optimizer!.apply(gradientsA, to: a)
            if readsTooLate { addLoss(a[0].value.sum()) }
            other.apply(gradientsB, to: b)
            updateMetrics(batch, predictions: predictions, loss: loss)
        }
    }

    private func trained(_ strategy: DistributionStrategy?, readsTooLate: Bool = false) throws -> [Double] {
        try withSession(Session(seed: 2)) {
            func make() throws -> Model {
                let model = TwoOptimizers(dtype: .float64)
                model.readsTooLate = readsTooLate
                try model.compile(optimizer: Adam(learningRate: 0.1), loss: "mse", metrics: ["mae"])
                return model
            }
            let model = try strategy?.scope(make) ?? make()
            let history = try model.fit(x, y, batchSize: 4, epochs: 3, verbosity: .silent, seed: 1)
            return history["loss"] + history["mae"] + model.weights.flatMap { $0.value.scalars(as: Double.self) }
        }
    }

    @Test func stepsOfModelsThemselves() throws {
        let whole = try trained(nil)
        for replicas in [1, 2] {
            for (a, b) in zip(whole, try trained(MirroredStrategy(replicas: replicas))) { #expect(abs(a - b) < 1e-11) }
        }
    }

    @Test func weightsAreNotReadAfterTheirUpdate() throws {
        let error = #expect(throws: MartletError.self) { try trained(MirroredStrategy(replicas: 1), readsTooLate: true) }
        #expect(error?.description.contains("does not read") == true)
    }
}
