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

    /// A NaN has no sign, on no machine.
    @Test(arguments: [(Double.nan, "nan"), (-Double.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")])
    func figuresThatAreNone(figure: Double, text: String) throws {
        #expect("\(["loss": figure] as Logs)" == "loss: \(text)")
        let history = History()
        var logs: Logs = ["loss": figure]
        history.onEpochEnd(0, logs: &logs)
        #expect("\(history)".hasSuffix(" \(text)"))
        try withFolder { folder in
            let logger = CSVLogger(folder + "/a.csv")
            try logger.onTrainBegin()
            try logger.onEpochEnd(0, logs: &logs)
            try logger.onTrainEnd()
            #expect(try String(contentsOfFile: folder + "/a.csv", encoding: .utf8).contains("0,\(text),"))
        }
        let model = try tinyModel(metrics: [])
        try withFolder { folder in
            let checkpoint = ModelCheckpoint(folder + "/{loss:.2f}.weights.h5", saveWeightsOnly: true)
            checkpoint.model = model
            try model.ensureBuilt(for: [[2, 2]])
            try checkpoint.onTrainBegin()
            try checkpoint.onEpochEnd(0, logs: &logs)
            #expect(checkpoint.lastPath == folder + "/\(text).weights.h5")
        }
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

    @Test func callbacks() throws {
        let early = EarlyStopping(monitor: "loss", patience: 3)
        #expect("\(early)" == "EarlyStopping(monitor: \"loss\", patience: 3)" && "\([early])" == "[\(early)]")
        #expect(
            "\(ModelCheckpoint("a.keras", saveBestOnly: true))"
                == "ModelCheckpoint(\"a.keras\", monitor: \"val_loss\", saveBestOnly: true, saveWeightsOnly: false)")
        #expect("\(LambdaCallback(onEpochEnd: { _, _ in }, onPredictEnd: {}))" == "LambdaCallback(onEpochEnd, onPredictEnd)")
        #expect("\(CallbackList([TerminateOnNaN()]))" == "CallbackList([TerminateOnNaN(raiseError: false)])")
        #expect("\(CSVLogger("a.csv"))" == "CSVLogger(\"a.csv\")" && "\(ProgressBar())" == "ProgressBar()")
        #expect("\(TensorBoard(logDirectory: "logs"))" == "TensorBoard(logDirectory: \"logs\", histogramFrequency: 0)")
        final class Own: Callback {}
        #expect("\(Own())" == "Own()")
        let model = try tinyModel(metrics: [])
        let stopped = EarlyStopping(monitor: "loss", patience: 0, baseline: -1)
        try model.fit(.ones([2, 2]), .ones([2, 1]), epochs: 3, verbosity: .silent, callbacks: [stopped])
        #expect("\(stopped)".contains(", best: ") && "\(stopped)".contains(", stoppedEpoch: "))
    }

    @Test func machinery() throws {
        let tape = GradientTape(persistent: true)
        #expect("\(tape)" == "GradientTape(0 ops, 0 variables, persistent)")
        let variable = Variable(Tensor(2.0))
        _ = tape.record { variable.value * 3 }
        #expect("\(tape)" == "GradientTape(1 op, 1 variable, persistent)" && "\([tape])" == "[\(tape)]")
        let once = GradientTape()
        let loss = once.record { variable.value * 3 }
        _ = once.gradient(of: loss, withRespectTo: variable)
        #expect("\(once)" == "GradientTape(used up)")
        let function = compiled(name: "twice") { (x: Tensor) -> Tensor in x * 2 }
        #expect("\(function)" == "CompiledFunction(\"twice\", 0 traces)")
        _ = function(Tensor(1.0))
        #expect("\(function)" == "CompiledFunction(\"twice\", 1 trace)")
        #expect("\(Session(seed: -3, defaultFloatType: .float64))" == "Session(seed: -3, float64)")
        #expect("\(Session(defaultFloatType: .float32))" == "Session(no seed, float32)")
        let random = RandomGenerator(seed: 5)
        let before = "\(random)"
        #expect(before == "RandomGenerator(key: 0x5, at: 0)")
        _ = random.uniform([3])
        #expect("\(random)" != before)
        #expect("\(Checkpoint("runs", model: Dense(1)))" == "Checkpoint(\"runs\")")
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
