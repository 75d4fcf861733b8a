// A model whose training step is its own: it records the norm of the gradients, and a callback prints it.

import Martlet

final class MonitoredModel: Model {
    let hidden = Dense(32, activation: .relu, name: "hidden")
    let head = Dense(10, activation: .softmax, name: "head")
    let flatten = Flatten()
    /// The norm of all gradients together, averaged over the epoch.
    let gradientNorm = Mean(name: "gradient_norm")

    override func call(_ x: Tensor, in context: CallContext) -> Tensor { head(hidden(flatten(x))) }

    override func trainStep(_ batch: Batch) {
        let tape = GradientTape()
        let loss = tape.record {
            SparseCategoricalCrossentropy()(batch.targets[0], self(batch.inputs[0], training: true))
        }
        let variables = trainableVariables
        let gradients = tape.gradient(of: loss, withRespectTo: variables)
        gradientNorm.update(globalNorm(gradients))
        optimizer!.apply(gradients, to: variables)
    }
}

final class Monitor: Callback {
    let norm: Mean
    var norms: [Double] = []
    init(_ norm: Mean) { self.norm = norm }
    override func onEpochBegin(_ epoch: Int) { norm.reset() }
    override func onEpochEnd(_ epoch: Int, logs: inout Logs) {
        norms.append(norm.result().item())
        logs["gradient_norm"] = norms.last!
        print("epoch \(epoch + 1): mean gradient norm \(norms.last!)")
    }
}

setRandomSeed(11)
let digits = Datasets.digits()
let x = digits.train.x.cast(to: .float32) / Double(digits.maximumPixel)
let model = MonitoredModel()
try model.compile(optimizer: "adam", loss: "sparse_categorical_crossentropy")
let monitor = Monitor(model.gradientNorm)
let history = try model.fit(x, digits.train.y.cast(to: .int64), epochs: 8, verbosity: .silent, callbacks: [monitor])
guard history["gradient_norm"].count == 8, monitor.norms.last! < monitor.norms.first! else {
    fatalError("the gradients did not become smaller: \(monitor.norms)")
}
