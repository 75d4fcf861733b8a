import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

/// What epochs take of the data, when they validate, and what weighs labels. The numbers are Keras's or follow from the text.
@Suite(.ownSession) struct EpochTests {
    /// The loss is the label.
    private final class Seen: Loss {
        init() { super.init(name: "seen") }
        override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor { (yTrue + 0 * yPred).mean(axis: -1) }
    }

    /// Epochs of fewer steps than there are batches go on through the data; one in which it ends is shorter.
    @Test(arguments: [
        (2, 1, [1.5, 5.5, 1.5]), (3, 1, [2.5, 6.5, 2.5]), (4, 1, [3.5, 3.5, 3.5]), (9, 1, [3.5, 3.5, 3.5]),
        (2, 2, [1.5, 5.5, 1.5]), (1, 1, [0.5, 2.5, 4.5]),
    ]) func stepsPerEpoch(steps: Int, stepsPerExecution: Int, expected: [Double]) throws {
        let model = Sequential([InputLayer([1]), Dense(1)])
        try model.compile(optimizer: SGD(learningRate: 1e-9), loss: Seen(), stepsPerExecution: stepsPerExecution)
        let y = Tensor((0..<8).map(Double.init), shape: [8, 1]).cast(to: .float32)
        let history = try model.fit(
            y, y, batchSize: 2, epochs: 3, verbosity: .silent, shuffle: false, stepsPerEpoch: steps)
        #expect(history["loss"] == expected)
    }

    /// Shuffled, the epochs of one pass still take each sample once.
    @Test func stepsPerEpochShuffled() throws {
        let model = Sequential([InputLayer([1]), Dense(1)])
        try model.compile(optimizer: SGD(learningRate: 1e-9), loss: Seen())
        let y = Tensor((0..<8).map(Double.init), shape: [8, 1]).cast(to: .float32)
        let losses = try model.fit(y, y, batchSize: 2, epochs: 4, verbosity: .silent, stepsPerEpoch: 2)["loss"]
        #expect(losses[0] + losses[1] == 7 && losses[2] + losses[3] == 7)
    }

    /// Epochs are counted from 0, wherever training starts.
    @Test(arguments: [(0, [1, 3, 5]), (1, [1, 3, 5]), (4, [5])]) func validationFrequency(first: Int, at: [Int]) throws {
        final class Watch: Callback {
            var epochs: [Int] = []
            override func onEpochEnd(_ epoch: Int, logs: inout Logs) throws {
                if logs["val_loss"] != nil { epochs.append(epoch) }
            }
        }
        let (model, watch, x) = (Sequential([InputLayer([1]), Dense(1)]), Watch(), Tensor.ones([4, 1]))
        try model.compile(optimizer: "sgd", loss: "mse")
        try model.fit(
            x, x, epochs: 6, verbosity: .silent, validationData: (x, x), validationFrequency: 2, callbacks: [watch],
            initialEpoch: first)
        #expect(watch.epochs == at)
    }

    /// All probabilities are 1/2, so the loss is ln 2 times the mean weight of the labels.
    @Test(arguments: [[2, 3], [2, 3, 1], [2, 1, 3], [2, 1, 3, 1]]) func classWeightsOfLabelMaps(shape: [Int]) throws {
        let y = Tensor([0, 0, 0, 0, 1, 1], shape: Shape(shape)).cast(to: .int32)
        let inner = shape.last == 1 ? Array(shape.dropFirst().dropLast()) : Array(shape.dropFirst())
        let model = Sequential([
            InputLayer(PartialShape(inner + [1])), Dense(2, activation: .softmax, kernelInitializer: .zeros),
        ])
        try model.compile(optimizer: SGD(learningRate: 1e-9), loss: .sparseCategoricalCrossentropy())
        let x = Tensor.zeros(Shape([2] + inner + [1]))
        let loss = try model.fit(x, y, verbosity: .silent, classWeight: [0: 1, 1: 3])["loss"][0]
        #expect(abs(loss - 0.6931472 * 10 / 6) < 1e-6)
        // With weights of samples besides: (3 · 1 + 2 · (1 + 3 + 3)) / 6.
        let both = try model.fit(
            x, y, verbosity: .silent, classWeight: [0: 1, 1: 3], sampleWeight: Tensor([1.0, 2]))["loss"][0]
        #expect(abs(both - 0.6931472 * 17 / 6) < 1e-6)
    }

    /// The class of a one-hot target is the place of its 1.
    @Test func classWeightsOfOneHotTargets() throws {
        let model = Sequential([InputLayer([4]), Dense(2, activation: .softmax, kernelInitializer: .zeros)])
        try model.compile(optimizer: SGD(learningRate: 1e-9), loss: .categoricalCrossentropy())
        let loss = try model.fit(
            .zeros([2, 4]), Tensor([[1.0, 0], [0, 1]]), verbosity: .silent, classWeight: [0: 1, 1: 3])["loss"][0]
        #expect(abs(loss - 1.3862943) < 1e-6)
    }

    /// Labels that need more steps than there are; TensorFlow's numbers.
    @Test func ctcOfLabelsThatDoNotFit() {
        let labels = Tensor([[1, 2, 3], [1, 1, 0], [1, 2, 0]]).cast(to: .int64)
        let losses = CTC(reduction: .none)(labels, Tensor.zeros([3, 2, 4]))
        #expect((losses - Tensor([708.05676, 708.27985, 2.7725887])).abs().max().item() < 1e-3)
        let tape = GradientTape()
        let logits = Tensor.zeros([3, 2, 4])
        tape.watch(logits)
        let loss = tape.record { CTC()(labels, logits) }
        #expect(tape.gradient(of: loss, withRespectTo: logits)!.abs().max().item() < 1.0)
    }

    /// As on logits; Keras's numbers.
    @Test(arguments: [(0.0, 1.0), (-1, 0.5), (1, 0.5), (1.5, 0.5)]) func binaryAccuracy(threshold: Double, accuracy: Double) {
        let metric = BinaryAccuracy(threshold: threshold)
        metric.update(Tensor([[1.0], [0]]), Tensor([[0.3], [-0.3]]))
        #expect(metric.result().item() == accuracy)
    }
}
