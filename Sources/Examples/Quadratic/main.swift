// Minimises (x - 2)^2 + (y + 1)^2 from the origin with five optimizers, each by its own GradientTape loop.

import Foundation
import Martlet

let target = Tensor([2.0, -1.0])
let optimizers: [(String, Optimizer)] = [
    ("SGD", SGD(learningRate: 0.1)),
    ("SGD with momentum", SGD(learningRate: 0.05, momentum: 0.8)),
    ("RMSprop", RMSprop(learningRate: 0.05)),
    ("Adagrad", Adagrad(learningRate: 0.5)),
    ("Adam", Adam(learningRate: 0.1)),
]

for (name, optimizer) in optimizers {
    let point = Variable(Tensor([0.0, 0.0]), name: "point")
    var loss = Tensor(0.0)
    for _ in 0..<200 {
        let tape = GradientTape()
        loss = tape.record { (point.value - target).square().sum() }
        optimizer.apply([tape.gradient(of: loss, withRespectTo: point)], to: [point])
    }
    print("\(name.padding(toLength: 20, withPad: " ", startingAt: 0)) \(point.value)  loss \(loss)")
    let distance = (point.value - target).abs().max().item()
    guard distance < 0.05 else { fatalError("\(name) did not arrive: \(point.value)") }
}
