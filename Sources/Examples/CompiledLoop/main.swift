// A compiled loop of one's own: a generative adversarial network learns to draw points of a ring. A step has two tapes, two
// optimizers and random numbers. The same steps run uncompiled, too: both ways give the same bits.
// Source: I. Goodfellow et al., "Generative Adversarial Nets", 2014.

import Martlet

final class RingGAN {
    let generator = Sequential([Dense(32, activation: .relu), Dense(32, activation: .relu), Dense(2)])
    let discriminator = Sequential([Dense(32, activation: .relu), Dense(32, activation: .relu), Dense(1)])
    let generatorOptimizer = Adam(learningRate: 1e-3, beta1: 0.5)
    let discriminatorOptimizer = Adam(learningRate: 1e-3, beta1: 0.5)
    let loss = BinaryCrossentropy(fromLogits: true)
    let random = RandomGenerator()

    /// Weights are made before the first step: what a function makes while it is traced, it makes once.
    init() throws {
        try generator.ensureBuilt(for: [[nil, 2]])
        try discriminator.ensureBuilt(for: [[nil, 2]])
    }

    /// Points of the generator.
    func draw(_ count: Int) -> Tensor { generator(random.normal([count, 2])) }

    /// One step of both networks on a batch of real points; the losses of the generator and the discriminator.
    func step(_ real: Tensor) -> (Tensor, Tensor) {
        let count = real.shape[0]
        let (yes, no) = (Tensor.ones([count, 1]), Tensor.zeros([count, 1]))

        let fake = draw(count)
        let judging = GradientTape()
        let discriminatorLoss = judging.record {
            loss(yes, discriminator(real, training: true)) + loss(no, discriminator(fake, training: true))
        }
        let judges = discriminator.trainableVariables
        discriminatorOptimizer.apply(judging.gradient(of: discriminatorLoss, withRespectTo: judges), to: judges)

        let drawing = GradientTape()
        let generatorLoss = drawing.record { loss(yes, discriminator(draw(count), training: true)) }
        let painters = generator.trainableVariables
        generatorOptimizer.apply(drawing.gradient(of: generatorLoss, withRespectTo: painters), to: painters)
        return (generatorLoss, discriminatorLoss)
    }
}

/// Points on the circle of radius 1, with noise.
func ring(_ count: Int, _ random: RandomGenerator) -> Tensor {
    let angle = random.uniform([count, 1], in: 0..<(2 * .pi))
    return Tensor.concatenate([angle.cos(), angle.sin()], axis: 1) + random.normal([count, 2]) * 0.02
}

/// Trains a network; the seconds that it took without the first step, which traces.
func train(compile: Bool) throws -> (gan: RingGAN, losses: [Double], duration: Duration, traces: Int) {
    setRandomSeed(5)
    let (gan, points) = (try RingGAN(), RandomGenerator())
    let function = compiled(name: "ring") { (real: Tensor) -> (Tensor, Tensor) in gan.step(real) }
    var losses: [Double] = []
    func run(_ steps: Int) {
        for _ in 0..<steps {
            let real = ring(64, points)
            let (generatorLoss, _) = compile ? function(real) : gan.step(real)
            losses.append(generatorLoss.item())
        }
    }
    run(1)
    return (gan, losses, ContinuousClock().measure { run(1999) }, function.traceCount)
}

let eager = try train(compile: false)
let graph = try train(compile: true)
print("2000 steps, uncompiled: \(eager.duration), compiled: \(graph.duration) and \(graph.traces) trace")

guard graph.gan.generator.weightsSHA256 == eager.gan.generator.weightsSHA256,
    graph.gan.discriminator.weightsSHA256 == eager.gan.discriminator.weightsSHA256, graph.losses == eager.losses
else { fatalError("compiled and uncompiled steps differ") }

let distance = (graph.gan.draw(1000).square().sum(axis: 1).squareRoot() - 1).abs().mean().item()
print("the same bits; generated points are \(distance) from the ring on average")
guard graph.traces == 1, distance < 0.2 else { fatalError("\(graph.traces) traces, \(distance) from the ring") }
