// A learning rate that warms up for a tenth of the training and then falls along a cosine: Keras's CosineDecay, and the
// same written as a closure.

import Foundation
import Martlet

let totalSteps = 200
let warmUp = 20
let schedule = CosineDecay(
    initialLearningRate: 0, decaySteps: totalSteps - warmUp, warmupTarget: 0.05, warmupSteps: warmUp)
for step in stride(from: 0, through: totalSteps, by: 10) {
    let rate = schedule(Tensor(step)).item()
    let bar = String(repeating: "#", count: Int((rate / 0.05 * 50).rounded()))
    print("\(step)".padding(toLength: 5, withPad: " ", startingAt: 0), bar)
    let expected =
        step < warmUp
        ? 0.05 * Double(step) / Double(warmUp)
        : 0.025 * (1 + cos(Double.pi * Double(step - warmUp) / Double(totalSteps - warmUp)))
    guard abs(rate - expected) < 1e-7 else { fatalError("step \(step): \(rate) instead of \(expected)") }
}

setRandomSeed(7)
let x = Tensor.randomNormal([256, 8])
let y = matmul(x, Tensor.randomNormal([8, 1]))
let model = Sequential([Dense(1)])
try model.compile(optimizer: SGD(learningRate: schedule, momentum: 0.9), loss: "mse")
let history = try model.fit(x, y, batchSize: 32, epochs: totalSteps / 8, verbosity: .silent)
print("loss \(history["loss"].first!) -> \(history["loss"].last!)")
guard history["loss"].last! < 1e-4 else { fatalError("the model did not converge") }
