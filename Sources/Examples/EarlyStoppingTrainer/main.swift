// A trainer class: each gradient clipped by itself, training ends when the validation loss stops improving, and the best
// weights come back.

import Martlet

final class Trainer {
    let model: Model
    let optimizer: Optimizer
    let loss: Loss
    let patience: Int
    let clipNorm: Double

    init(_ model: Model, optimizer: Optimizer, loss: Loss, patience: Int, clipNorm: Double) {
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.patience = patience
        self.clipNorm = clipNorm
    }

    private func step(_ x: Tensor, _ y: Tensor) {
        let tape = GradientTape()
        let value = tape.record { loss(y, model(x, training: true)) }
        let variables = model.trainableVariables
        let gradients = tape.connectedGradients(of: value, withRespectTo: variables)
        optimizer.apply(clipByNorm(gradients, clipNorm), to: variables)
    }

    /// Trains for at most `epochs`; returns the best validation loss.
    func train(_ data: TensorDataset, validation: TensorDataset, epochs: Int) throws -> Double {
        var best = (loss: Double.infinity, epoch: 0, weights: [Tensor]())
        let batches = data.batches(of: 16, shuffled: true)
        for epoch in 1...epochs {
            for batch in batches { step(batch.x, batch.y) }
            let now = loss(validation.targets[0], model(validation.inputs[0])).item()
            print("epoch \(epoch): validation loss \(now)")
            if now < best.loss { best = (now, epoch, model.weights.map(\.value)) }
            if epoch - best.epoch >= patience { break }
        }
        for (variable, value) in zip(model.weights, best.weights) { variable.assign(value) }
        print("best: epoch \(best.epoch), validation loss \(best.loss)")
        return best.loss
    }
}

setRandomSeed(3)
// y = sin(3 x0) + x1^2, with noise.
let x = Tensor.randomUniform([400, 2], in: -1..<1)
let y = (x[.all, 0] * 3).sin() + x[.all, 1].square() + Tensor.randomNormal([400]) * 0.05
let all = try TensorDataset(x, y.expandingDims(at: -1))
let model = Sequential([Dense(32, activation: .tanh), Dense(32, activation: .tanh), Dense(1)])
let trainer = Trainer(
    model, optimizer: Adam(learningRate: 0.01), loss: MeanSquaredError(), patience: 8, clipNorm: 1)
let best = try trainer.train(all[0..<300], validation: all[300..<400], epochs: 100)
let restored = MeanSquaredError()(all[300..<400].targets[0], model(all[300..<400].inputs[0])).item()
guard best < 0.02, restored == best else { fatalError("best \(best), restored \(restored)") }
