// A search of 40 trials for the parameters of a convolutional model on the handwritten digits. Successive halving (ASHA) ends
// what promises little, so that all trials together take less than a third of the epochs of full training.
//
//     TuneDigits [SEED] [FOLDER]
//
// FOLDER keeps the study, which goes on when it is interrupted, the weights of the trials, and the page, study.html.

import Foundation
import Martlet
import MartletTuner

reportingErrors {
    let arguments = CommandLine.arguments.dropFirst()
    let seed = arguments.first.flatMap { Int($0) } ?? 1
    let kept = arguments.dropFirst().first
    let folder = kept ?? NSTemporaryDirectory() + "/martlet-digits-\(UUID())"
    defer { if kept == nil { try? FileManager.default.removeItem(atPath: folder) } }
    let (trials, epochs) = (40, 20)

    let digits = Datasets.digits()
    func images(_ part: ImageDataset.Part) throws -> TensorDataset {
        try TensorDataset(inputs: [part.x.expandingDims(at: -1).cast(to: .float32) / 16], targets: [part.y])
    }
    let (training, validation) = (try images(digits.train), try images(digits.test))

    let tuner = try ModelTuner(
        objective: "val_accuracy", maxTrials: trials, workers: 2, pruner: SuccessiveHalvingPruner(minResource: 1),
        folder: folder, seed: seed
    ) { hp in
        let filters = try hp.int("filters", min: 8, max: 48, step: 8)
        let activation: ActivationFunction = try hp.choice("activation", ["relu", "tanh"]) == "relu" ? .relu : .tanh
        let model = Sequential([
            InputLayer([8, 8, 1]),
            Conv2D(filters, kernelSize: 3, padding: .same, activation: activation), MaxPooling2D(),
            Conv2D(2 * filters, kernelSize: 3, padding: .same, activation: activation), MaxPooling2D(), Flatten(),
            Dense(try hp.int("units", min: 32, max: 256, sampling: .log), activation: activation),
            Dropout(try hp.float("dropout", min: 0, max: 0.6)), Dense(10, activation: .softmax),
        ])
        try model.compile(
            optimizer: Adam(learningRate: hp.float("learning rate", min: 1e-4, max: 1e-1, sampling: .log)),
            loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
        return model
    }
    try tuner.search(training, batchSize: 32, epochs: epochs, validationData: validation)

    let spent = try tuner.study.trials.reduce(0) { $0 + $1.intermediateValues.count }
    let best = try tuner.bestTrials()[0]
    let accuracy = try tuner.bestModels()[0].evaluate(validation, batchSize: 256)["accuracy"] ?? 0
    try tuner.study.report(to: folder + "/study.html")
    print("\(best)")
    print("seed \(seed): validation accuracy \(accuracy), \(spent) of \(trials * epochs) epochs")
    guard accuracy >= 0.985, 3 * spent <= trials * epochs else {
        throw MartletError("Expected an accuracy of at least 0.985 in at most a third of the epochs.")
    }
}
