import Foundation
import Martlet
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// `Checkpoint` in loops of one's own.
@Suite(.ownSession) struct CheckpointLoopTests {
    struct Killed: Error {}

    static let x = RandomGenerator(seed: 4).uniform([7, 3], in: -0.5..<1, dtype: .float32)
    static let y = RandomGenerator(seed: 5).uniform([7, 1], dtype: .float32)

    /// Two models, an optimizer each, a metric, a stream, and data in a random order.
    final class Loop {
        let model = Sequential([
            InputLayer([3]), Dense(4, kernelInitializer: .glorotUniform(seed: 1)), Dropout(0.3, seed: 2),
            Dense(1, kernelInitializer: .glorotUniform(seed: 3)),
        ])
        let critic = Sequential([InputLayer([1]), Dense(1, kernelInitializer: .glorotUniform(seed: 4))])
        let optimizer = LossScaleOptimizer(
            Adam(learningRate: CosineDecay(initialLearningRate: 0.05, decaySteps: 20)), initialScale: 4, dynamicGrowthSteps: 3)
        let criticOptimizer = RMSprop(learningRate: 0.01)
        let mean = Mean(name: "loss")
        let noise = RandomGenerator(seed: 9)
        let data = Dataset.fromTensorSlices(x, y).shuffle(bufferSize: .all, seed: 3).batch(2).resumable()
        let checkpoint: Checkpoint
        private let isCompiled: Bool
        private lazy var compiledStep = compiled { [unowned self] (x: Tensor, y: Tensor) -> Tensor in self.makeStep(x, y) }

        init(_ folder: String, isCompiled: Bool = true, keep: Int = 2) {
            self.isCompiled = isCompiled
            criticOptimizer.build(critic.trainableVariables)
            checkpoint = Checkpoint(
                folder, model: model, optimizer: optimizer, data: data,
                others: ["critic": critic, "critic optimizer": criticOptimizer, "mean": mean, "noise": noise], keep: keep)
        }

        private func makeStep(_ x: Tensor, _ y: Tensor) -> Tensor {
            let tape = GradientTape(persistent: true)
            let (loss, scaled) = tape.record {
                let x = x + noise.normal(x.shape, dtype: .float32) * 0.1 + Tensor.randomNormal(x.shape, dtype: .float32) * 0.1
                let prediction = model(x, training: true)
                let loss = (prediction - y).square().mean() + critic(prediction, training: true).square().mean()
                return (loss, optimizer.scaleLoss(loss))
            }
            for (optimizer, model, target) in [(optimizer as Optimizer, model, scaled), (criticOptimizer, critic, loss)] {
                let variables = model.trainableVariables
                optimizer.apply(tape.gradient(of: target, withRespectTo: variables), to: variables)
            }
            mean.update(loss)
            return loss
        }

        /// 23 steps, of which some are in the fourth and later readings of four batches.
        func run(from start: Int, saves: Bool, killAt: Int? = nil) throws -> [Double] {
            var (step, losses) = (start, [Double]())
            while step < 23 {
                while step < 23, let (x, y) = try data.next() {
                    losses.append((isCompiled ? compiledStep(x, y) : makeStep(x, y)).item())
                    step += 1
                    if saves, step % 3 == 0 { try checkpoint.save(step: step, value: abs(Double(step) - 7)) }
                    if step == killAt { throw Killed() }
                }
                // A reading has ended: its end is a place, too.
                if saves, step % 5 == 0 { try checkpoint.save(step: step) }
            }
            return losses + [mean.result().item(), optimizer.scale]
        }
    }

    @Test(arguments: [true, false]) func goesOnWithTheSameBits(isCompiled: Bool) throws {
        try withFolder { folder in
            let straight = Loop(folder + "/none", isCompiled: isCompiled)
            let whole = try withSession(Session(seed: 8)) { try straight.run(from: 0, saves: false) }
            var last: (loop: Loop, losses: [Double])?
            var killedAt = 0
            for killAt in [2, 3, 4, 8, 11, 16, 20, 21, 23, nil] {
                let loop = Loop(folder + "/c", isCompiled: isCompiled)
                try withSession(Session(seed: 8)) {
                    let start = try loop.checkpoint.restoreLatest() ?? 0
                    // Saved were every third step, and the end of the reading that has 20 steps behind it.
                    #expect(start == killedAt / 3 * 3)
                    killedAt = killAt ?? 0
                    do { last = (loop, try loop.run(from: start, saves: true, killAt: killAt)) } catch is Killed {}
                }
            }
            let (loop, losses) = try #require(last)
            #expect(losses == Array(whole.suffix(losses.count)))
            for (one, other) in [(loop.model, straight.model), (loop.critic, straight.critic)] {
                #expect(one.weightsSHA256 == other.weightsSHA256)
            }
            #expect(loop.checkpoint.best?.hasSuffix("checkpoint-6.weights.h5") == true)
            #expect(loop.checkpoint.files.count == 3)
            // Its weights are where every reader of weights looks for them.
            let other = Loop(folder + "/d").model
            try other.loadWeights(from: try #require(loop.checkpoint.latest))
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        try withFolder { folder in
            let loop = Loop(folder)
            #expect(try loop.checkpoint.restoreLatest() == nil)
            try loop.checkpoint.save(step: 1)
            let wider = Sequential([InputLayer([3]), Dense(5), Dense(1)])
            #expect(throws: MartletError.self) { try Checkpoint(folder, model: wider).restoreLatest() }
            #expect(throws: MartletError.self) {
                try Checkpoint(folder, model: loop.model, others: ["nobody": loop.mean]).restoreLatest()
            }
            // Data of another pipeline.
            let other = Dataset.fromTensorSlices(Self.x, Self.y).batch(2).resumable()
            let before = loop.model.weightsSHA256
            #expect(throws: MartletError.self) {
                try Checkpoint(folder, model: loop.model, optimizer: loop.optimizer, data: other).restoreLatest()
            }
            #expect(throws: MartletError.self) { try Checkpoint(folder, model: Sequential([Dense(1)])).save() }
            #expect(throws: MartletError.self) { try loop.checkpoint.save(step: -1) }
            #expect(loop.model.weightsSHA256 == before && loop.checkpoint.files.count == 1)
        }
    }
}
