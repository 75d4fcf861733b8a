// A training loop of one's own, with metrics and validation, on 8x8 handwritten digits.

import Martlet

setRandomSeed(1)
let digits = Datasets.digits()
let scale = 1 / Double(digits.maximumPixel)
let train = try TensorDataset(
    inputs: [digits.train.x.cast(to: .float32) * scale], targets: [digits.train.y.cast(to: .int64)])
let validation = try TensorDataset(
    inputs: [digits.test.x.cast(to: .float32) * scale], targets: [digits.test.y.cast(to: .int64)])

let model = Sequential([Flatten(), Dense(64, activation: .relu), Dropout(0.1), Dense(10)])
let optimizer = Adam(learningRate: 2e-3)
let lossFunction = SparseCategoricalCrossentropy(fromLogits: true)
let meanLoss = Mean(name: "loss")
let trainAccuracy = SparseCategoricalAccuracy()
let validationAccuracy = SparseCategoricalAccuracy()
let shuffles = RandomGenerator()

for epoch in 1...12 {
    for metric in [meanLoss, trainAccuracy, validationAccuracy] { metric.reset() }
    let order = shuffles.permutation(train.count)
    for step in 0..<train.batchCount(size: 32) {
        let batch = train.batch(step, size: 32, order: order)
        let tape = GradientTape()
        let (loss, logits) = tape.record {
            let logits = model(batch.inputs[0], training: true)
            return (lossFunction(batch.targets[0], logits), logits)
        }
        let variables = model.trainableVariables
        optimizer.apply(tape.gradient(of: loss, withRespectTo: variables), to: variables)
        meanLoss.update(loss)
        trainAccuracy.update(batch.targets[0], logits)
    }
    for step in 0..<validation.batchCount(size: 128) {
        let batch = validation.batch(step, size: 128)
        validationAccuracy.update(batch.targets[0], model(batch.inputs[0]))
    }
    print(
        "epoch \(epoch): loss \(meanLoss.result()), accuracy \(trainAccuracy.result()), "
            + "validation \(validationAccuracy.result())")
}
let reached = validationAccuracy.result().item()
guard reached > 0.9 else { fatalError("validation accuracy \(reached)") }
