// A training loop of one's own, with metrics and validation, on 8x8 handwritten digits.

import Martlet

setRandomSeed(1)
let digits = Datasets.digits()
let scale = 1 / Double(digits.maximumPixel)
let train = try TensorDataset(digits.train.x.cast(to: .float32) * scale, digits.train.y.cast(to: .int64))
let validation = try TensorDataset(digits.test.x.cast(to: .float32) * scale, digits.test.y.cast(to: .int64))

let model = Sequential([Flatten(), Dense(64, activation: .relu), Dropout(0.1), Dense(10)])
let optimizer = Adam(learningRate: 2e-3)
let lossFunction = SparseCategoricalCrossentropy(fromLogits: true)
let meanLoss = Mean(name: "loss")
let trainAccuracy = SparseCategoricalAccuracy()
let validationAccuracy = SparseCategoricalAccuracy()
let batches = train.batches(of: 32, shuffled: true)

for epoch in 1...12 {
    for metric in [meanLoss, trainAccuracy, validationAccuracy] { metric.reset() }
    for batch in batches {
        let tape = GradientTape()
        let (loss, logits) = tape.record {
            let logits = model(batch.x, training: true)
            return (lossFunction(batch.y, logits), logits)
        }
        let variables = model.trainableVariables
        optimizer.apply(tape.gradient(of: loss, withRespectTo: variables), to: variables)
        meanLoss.update(loss)
        trainAccuracy.update(batch.y, logits)
    }
    for batch in validation.batches(of: 128) {
        validationAccuracy.update(batch.y, model(batch.x))
    }
    print(
        "epoch \(epoch): loss \(meanLoss.result()), accuracy \(trainAccuracy.result()), "
            + "validation \(validationAccuracy.result())")
}
let reached = validationAccuracy.result().item()
guard reached > 0.9 else { fatalError("validation accuracy \(reached)") }
