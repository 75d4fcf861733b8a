import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

/// What `print` shows of everything.
@Suite(.ownSession) struct DescriptionTests {
    @Test func figures() {
        let logs: Logs = ["loss": 1.048, "accuracy": 0.83, "rate": 1e-5]
        #expect("\(logs)" == "loss: 1.0480 - accuracy: 0.8300 - rate: 1.0000e-05")
        #expect("\([logs])" == "[Logs(\(logs))]" && "\(Logs())" == "")
    }

    @Test func histories() throws {
        let history = History()
        var logs: [Logs] = [["loss": 1.25, "val_loss": 12.5], ["loss": 0.5]]
        for epoch in logs.indices { history.onEpochEnd(epoch, logs: &logs[epoch]) }
        #expect("\(history)" == "epoch    loss  val_loss\n    1  1.2500   12.5000\n    2  0.5000         -")
        #expect("\([history])" == "[History(2 epochs, loss, val_loss)]" && "\(History())" == "epoch")
    }

    @Test func variables() {
        let variable = Variable(Tensor([[1.0, 2.0]]), name: "w")
        variable.path = "dense/w"
        #expect("\(variable)" == "Variable(\"dense/w\", float32 [1, 2], [[1. 2.]])")
        variable.isTrainable = false
        #expect("\([variable])" == "[Variable(\"dense/w\", float32 [1, 2], not trainable)]")
        #expect("\([Tensor([1, 2])])" == "[Tensor(int64 [2], [1 2])]")
        let function = compiled { (x: Tensor) -> Tensor in
            #expect("\([x])" == "[Tensor(float32 [3], symbolic)]")
            return x
        }
        _ = function(Tensor.ones([3]))
    }

    @Test func layers() {
        let layer = Dense(4, name: "head")
        #expect("\(layer)" == "Dense(\"head\", not built)")
        _ = layer(Tensor.ones([2, 8]))
        #expect("\(layer)" == "Dense(\"head\", (None, 8) -> (None, 4), 36 parameters)")
        #expect("\(Input([3], name: "x"))" == "SymbolicTensor(float32 (None, 3), of \"x\")")
        let input = InputLayer([8], name: "x")
        #expect("\(input)".hasPrefix("InputLayer(\"x\", (None, 8)"))
        let model = Sequential([input, layer], name: "stack")
        #expect("\(model)" == model.summaryText())
        #expect("\([model])" == "[Sequential(\"stack\", 1 layer, (None, 8) -> (None, 4), 36 parameters)]")
    }

    @Test func parts() {
        #expect("\(SGD(learningRate: 0.5, momentum: 0.25))".hasPrefix("SGD(learning_rate: 0.5, "))
        #expect("\(SGD(learningRate: 0.5, momentum: 0.25))".contains("momentum: 0.25"))
        #expect("\(Adam(learningRate: CosineDecay(initialLearningRate: 0.1, decaySteps: 5)))".contains("rate: CosineDecay, "))
        let huber = Huber(delta: 2)
        #expect("\(huber)".hasPrefix("Huber(name: \"huber_loss\", ") && "\(huber)".contains("delta: 2.0"))
        #expect("\([BinaryAccuracy(threshold: 0.25)])".contains("BinaryAccuracy(name: \"binary_accuracy\", "))
    }

    @Test func data() throws {
        let data = try TensorDataset(.zeros([5, 2]), .zeros([5], dtype: .int64))
        #expect("\(data)" == "TensorDataset(5 samples, inputs: float32 [5, 2]; targets: int64 [5])")
        #expect("\(data.batch(1, size: 3))" == "Batch(2 samples, inputs: float32 [2, 2]; targets: int64 [2])")
        #expect("\(data.batches(of: 2, shuffled: true))" == "Batches(3 of 2 samples, shuffled)")
        #expect(
            "\(Datasets.digits())" == "ImageDataset(\"digits\", train: x uint8 [1438, 8, 8], y uint8 [1438]; "
                + "test: x uint8 [359, 8, 8], y uint8 [359]; 10 classes)")
    }

    /// A class of a program may say what it is in its own words.
    final class Named: Layer {
        override var description: String { "mine" }
    }

    @Test func ownWords() { #expect("\(Named())" == "mine") }
}
