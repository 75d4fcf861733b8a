import Martlet
import MartletCore
import MartletDistributed
import TestSupport
import Testing

/// Batch normalization over the whole batch, in shards.
@Suite(.ownSession) struct SynchronizedNormalizationTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var momentum = 0.5
        var axis = -1
        var renormalizes = false
        var masks = false
    }

    private static let cases = [
        Case(testDescription: "plain"), Case(testDescription: "axis 1", axis: 1),
        Case(testDescription: "renormalized", renormalizes: true), Case(testDescription: "masked", masks: true),
        Case(testDescription: "masked and renormalized", renormalizes: true, masks: true),
    ]

    /// Two layers, of which the second one's statistics depend on the first one's.
    private func trained(_ test: Case, _ strategy: DistributionStrategy?, synchronized: Bool = true) throws -> [Double] {
        try withSession(Session(seed: 5)) {
            // Batches of 7, 7 and 5; zeros are masked.
            let numbers = (0..<(19 * 4 * 3)).map { (index: Int) -> Double in
                let (sample, place) = (index / 12, (index / 3) % 4)
                if test.masks, place > sample % 4 { return 0 }
                return Double((index * 37) % 23) / 7 + Double(sample)
            }
            let x = Tensor(numbers, shape: [19, 4, 3])
            let y = Sample.features(19, 1, seed: 9, dtype: .float64)
            func normalization() -> BatchNormalization {
                BatchNormalization(
                    axis: test.axis, momentum: test.momentum, synchronized: synchronized,
                    renorm: test.renormalizes ? BatchRenormalization(rMax: 1.5, rMin: 0.5, dMax: 2, momentum: 0.5) : nil,
                    dtype: .float64)
            }
            func make() throws -> Model {
                let model = Sequential(
                    (test.masks ? [Masking(dtype: .float64)] : [])
                        + [
                            normalization(), Dense(4, activation: .tanh, dtype: .float64), normalization(),
                            Flatten(dtype: .float64), Dense(1, dtype: .float64),
                        ])
                try model.compile(optimizer: SGD(learningRate: 0.05), loss: "mse")
                return model
            }
            let model = try strategy?.scope(make) ?? make()
            try model.fit(x, y, batchSize: 7, epochs: 2, verbosity: .silent, shuffle: false)
            return model.weights.flatMap { $0.value.scalars(as: Double.self) }
        }
    }

    @Test(arguments: cases)
    func theStatisticsAreThoseOfTheBatch(_ test: Case) throws {
        let whole = try trained(test, nil)
        for (replicas, shards) in [(1, 4), (2, 4), (4, 4), (2, 3), (1, 1)] {
            let parts = try trained(test, MirroredStrategy(replicas: replicas, shards: shards))
            #expect(parts.count == whole.count)
            for (a, b) in zip(whole, parts) { #expect(abs(a - b) <= 1e-10 * max(1, abs(a)), "\(replicas) of \(shards)") }
        }
        // Replicas change no bit, and it is another training than with the statistics of shards.
        #expect(try trained(test, MirroredStrategy(replicas: 1)) == trained(test, MirroredStrategy(replicas: 4)))
        let apart = try trained(test, MirroredStrategy(replicas: 2), synchronized: false)
        #expect(zip(whole, apart).contains { abs($0 - $1) > 1e-3 })
    }

    /// The moving statistics after one step from zero and one: a tenth of the batch's mean and variance.
    @Test func theMovingStatisticsHaveAClosedForm() throws {
        let strategy = MirroredStrategy(replicas: 2, shards: 4)
        let x = Sample.features(10, 3, dtype: .float64) * Tensor([1.0, 10, 100])
        let layer = BatchNormalization(momentum: 0.9, synchronized: true, dtype: .float64)
        _ = layer(x)
        let step = strategy.function { batch in layer(batch.x, training: true).square().sum() }
        let squares = strategy.run(step, Batch(inputs: [x]))
        let mean = x.mean(axes: [0])
        let variance = (x - mean).square().mean(axes: [0])
        for (a, b) in zip(layer.movingMean.value.scalars(as: Double.self), (mean * 0.1).scalars(as: Double.self)) {
            #expect(abs(a - b) < 1e-12)
        }
        for (a, b) in zip(layer.movingVariance.value.scalars(as: Double.self), (variance * 0.1 + 0.9).scalars(as: Double.self)) {
            #expect(abs(a - b) < 1e-9)
        }
        // What is normalized has variance v / (v + epsilon) over the batch, and not over each shard.
        let expected = (variance / (variance + 1e-3)).sum().item(as: Double.self) * 10
        #expect(abs(strategy.reduce(.sum, squares).item(as: Double.self) - expected) < 1e-9)
    }

    /// In a loop of one's own optimizers get the sum of the shards' gradients.
    @Test func gradientsFlowThroughTheStatistics() {
        let x = Sample.features(10, 3, dtype: .float64)
        let y = Sample.features(10, 3, seed: 7, dtype: .float64)
        func gradient(_ strategy: DistributionStrategy?) -> [Double] {
            withSession(Session(seed: 1)) {
                let layer = BatchNormalization(synchronized: true, dtype: .float64)
                let w = Variable(Sample.features(3, 3, seed: 3, dtype: .float64), name: "w")
                let before = w.value
                _ = layer(x)
                let optimizer = SGD(learningRate: 1)
                func step(_ batch: Batch) -> Tensor {
                    let tape = GradientTape()
                    let loss = tape.record {
                        computeAverageLoss((layer(matmul(batch.x, w.value), training: true) - batch.y).square())
                    }
                    optimizer.apply([tape.gradient(of: loss, withRespectTo: w)], to: [w])
                    return loss
                }
                let batch = Batch(inputs: [x], targets: [y])
                if let strategy { strategy.run(strategy.function(step), batch) } else { _ = step(batch) }
                return (before - w.value).scalars(as: Double.self)
            }
        }
        let whole = gradient(nil)
        #expect(whole.contains { abs($0) > 1e-3 })
        for (a, b) in zip(whole, gradient(MirroredStrategy(replicas: 3))) { #expect(abs(a - b) < 1e-11) }
    }

    @Test func aFailureOfOneShardEndsTheOthers() throws {
        let strategy = MirroredStrategy(replicas: 2)
        let layer = BatchNormalization(synchronized: true)
        let table = Embedding(4, 2)
        _ = layer(table(Tensor([[0]])))
        let step = strategy.function { batch in layer(table(batch.x), training: true) }
        // The last shard has a row that the table does not have, and never comes to the statistics.
        let error = #expect(throws: MartletError.self) {
            try withErrors { strategy.run(step, Batch(inputs: [Tensor([[0], [1], [2], [4]])])) }
        }
        #expect(error?.description.contains("4") == true && error?.description.contains("Another shard") == false)
    }
}
