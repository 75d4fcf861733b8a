// Transfer learning: a network that knows some classes learns others. It is cut behind a layer and gets a new head, which is
// trained first, while the rest is frozen; then all is trained with a small learning rate.
//
// Without arguments the network learns the digits 0 to 4, is saved, and then learns 5 to 9 from few samples. With arguments a
// network from a file does, and the losses of all batches are written:
//
//     TransferLearning FILE LAYER X.npy Y.npy KERNEL.npy BIAS.npy LOSSES.npy AGAIN.keras
//
// KERNEL and BIAS are the head's first weights, between the means of LAYER's channels and the classes. AGAIN is the network as it
// was read, with the state of its optimizer.

import Foundation
import Martlet

/// The network up to a layer, and behind it the mean of each channel and a new classifier.
func withNewHead(_ base: Model, behind layer: String, classes: Int) -> Model {
    let features = GlobalAveragePooling2D()(base.output(of: layer))
    return Model(inputs: base.inputs, outputs: [Dense(classes, activation: .softmax, name: "new_head")(features)])
}

/// Trains the head, then everything.
/// - Returns: the loss of each batch.
func fineTune(_ model: Model, _ x: Tensor, _ y: Tensor, epochs: Int, batchSize: Int = 64) throws -> [Double] {
    var losses: [Double] = []
    let head = model.layer("new_head")!
    for (isFrozen, rate, epochs) in [(true, 1e-2, epochs), (false, 1e-4, 1)] {
        // A frozen normalization keeps its statistics, too.
        for layer in model.layers where layer !== head { layer.isTrainable = !isFrozen }
        try model.compile(optimizer: Adam(learningRate: rate), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
        for _ in 0..<epochs {
            for start in stride(from: 0, to: x.shape[0], by: batchSize) {
                let batch = start..<min(start + batchSize, x.shape[0])
                losses.append(try model.trainOnBatch(x[batch], y[batch])["loss"] ?? .nan)
            }
        }
    }
    return losses
}

/// A network on the digits that are in a range of classes.
func digits(_ classes: Range<Int>) throws -> (x: Tensor, y: Tensor) {
    let data = Datasets.digits().train
    let labels = data.y.scalars(as: Int.self)
    let places = Tensor(labels.indices.filter { classes.contains(labels[$0]) })
    let x = data.x.gathered(at: places).cast(to: .float32).expandingDims(at: -1) / 16
    return (x, data.y.gathered(at: places).cast(to: .int64) - classes.lowerBound)
}

reportingErrors {
    let arguments = CommandLine.arguments.dropFirst().map { $0 }
    if arguments.count == 8 {
        let base = try Model.load(from: arguments[0])
        try base.save(to: arguments[7])
        let (x, y) = (try NPY.read(arguments[2]), try NPY.read(arguments[3]))
        let weights = [try NPY.read(arguments[4]), try NPY.read(arguments[5])]
        let model = withNewHead(base, behind: arguments[1], classes: weights[1].elementCount)
        try model.layer("new_head")!.setWeights(weights)
        try NPY.write(Tensor(try fineTune(model, x, y, epochs: 2)), to: arguments[6])
        return
    }
    guard arguments.isEmpty else { throw MartletError("Expected no arguments, or eight. Received: \(arguments.count).") }
    setRandomSeed(5)
    let path = NSTemporaryDirectory() + "/martlet-base-\(UUID()).h5"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (x, y) = try digits(0..<5)
    let first = Sequential([
        InputLayer([8, 8, 1]), Conv2D(16, kernelSize: 3, activation: .relu), BatchNormalization(),
        Conv2D(32, kernelSize: 3, activation: .relu, name: "features"), GlobalAveragePooling2D(), Dense(5, activation: .softmax),
    ])
    try first.compile(optimizer: Adam(learningRate: 0.01), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
    try first.fit(x, y, epochs: 15, verbosity: .silent)
    try first.save(to: path)

    let (others, classes) = try digits(5..<10)
    let model = withNewHead(try Model.load(from: path), behind: "features", classes: 5)
    let losses = try fineTune(model, others[..<192], classes[..<192], epochs: 40)
    let accuracy = try model.evaluate(others[192...], classes[192...], verbosity: .silent)["accuracy"] ?? 0
    print("loss \(losses.first!) -> \(losses.last!), accuracy on other samples \(accuracy)")
    guard accuracy > 0.7 else { throw MartletError("Expected an accuracy above 0.7. Received: \(accuracy).") }
}
