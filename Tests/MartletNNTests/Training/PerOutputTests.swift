import Foundation
import Martlet
import MartletData
import MartletFormats
import TestSupport
import Testing

/// Models of several outputs: what each is judged by, and how the figures are called. Names are Keras's.
@Suite(.ownSession) struct PerOutputTests {
    let x = Tensor([0.5, -1, 2, 1, 0, -0.5, 3, 1] as [Float], shape: [4, 2])
    let targets = [
        Tensor([1, 0, 2, -1] as [Float], shape: [4, 1]),
        Tensor([0, 1, 1, 0, 2, 2, -1, 1] as [Float], shape: [4, 2]),
    ]

    func model() -> Model {
        let x = Input([2])
        return Model(inputs: [x], outputs: [Dense(1, name: "a")(x), Dense(2, name: "b")(x)])
    }

    func data(targets count: Int = 2, sampleWeights: [Tensor] = []) throws -> TensorDataset {
        try TensorDataset(inputs: [x], targets: Array(targets.prefix(count)), sampleWeights: sampleWeights)
    }

    /// The mean of squares and of absolute values of the errors, over samples by the weights' sum of ones.
    func errors(_ model: Model, _ output: Int, _ weights: Tensor? = nil) -> (squared: Double, absolute: Double) {
        let error = model.apply([x])[output] - targets[output]
        let weight = weights ?? Tensor.ones([4, 1])
        return ((error.square() * weight).mean().item(), (error.abs() * weight).mean().item())
    }

    @Test func dictionariesByName() throws {
        let model = model()
        try model.compile(
            optimizer: "sgd", losses: ["b": "mae", "a": "mse"], lossWeights: ["a": 2, "b": 0.5],
            metrics: ["b": ["mse"], "a": ["mae"]])
        let logs = try model.evaluate(data(), batchSize: 3)
        #expect(logs.keys == ["loss", "a_loss", "b_loss", "a_mae", "b_mse"])
        let (a, b) = (errors(model, 0), errors(model, 1))
        for (name, value) in [
            ("a_loss", a.squared), ("b_loss", b.absolute), ("a_mae", a.absolute), ("b_mse", b.squared),
            ("loss", 2 * a.squared + 0.5 * b.absolute),
        ] {
            #expect(abs(logs[name]! - value) < 1e-5 * max(1, value), "\(name)")
        }
        let history = try model.fit(data(), batchSize: 2, epochs: 2, verbosity: .silent, validationSplit: 0.5)
        #expect(history["val_b_mse"].count == 2)
    }

    @Test func anOutputWithoutALossNeedsNoTarget() throws {
        let model = model()
        try model.compile(optimizer: "sgd", losses: ["mse", nil], metrics: [["mae"], nil])
        for count in [1, 2] {
            let logs = try model.evaluate(data(targets: count))
            #expect(logs.keys == ["loss", "a_mae"])
            #expect(abs(logs["loss"]! - errors(model, 0).squared) < 1e-5)
        }
        let before = model.layer("b")!.getWeights()[0]
        try model.fit(data(targets: 1), epochs: 2, verbosity: .silent)
        #expect((model.layer("b")!.getWeights()[0] - before).abs().max().item() == 0.0)
    }

    @Test func sampleWeightsOfEachOutput() throws {
        let model = model()
        let weights = [Tensor([1, 0, 2, 0.5], dtype: .float32), Tensor([0, 3, 1, 1], dtype: .float32)]
        try model.compile(
            optimizer: "sgd", losses: .single("mse"), metrics: [["mse"], ["mse"]], weightedMetrics: [[], ["mae"]])
        let logs = try model.evaluate(data(sampleWeights: weights))
        for (index, name) in ["a", "b"].enumerated() {
            let expected = errors(model, index, weights[index].expandingDims(at: -1)).squared
            #expect(abs(logs["\(name)_loss"]! - expected) < 1e-5 * max(1, expected))
            #expect(abs(logs["\(name)_mse"]! - errors(model, index).squared) < 1e-4)
        }
        // Metrics divide by the sum of the weights, losses by the number of samples.
        let weighted = errors(model, 1, weights[1].expandingDims(at: -1)).absolute * 4 / 5
        #expect(abs(logs["b_mae"]! - weighted) < 1e-5)
        #expect(throws: MartletError.self) { try model.evaluate(data(sampleWeights: weights + weights)) }
    }

    @Test func namesThatComeAgain() throws {
        let model = Sequential([Dense(2)])
        try model.compile(
            optimizer: "sgd", loss: "mse", metrics: ["mae", "mae"], weightedMetrics: ["mae", "mse", "mae"])
        let logs = try model.evaluate(x, targets[1])
        #expect(logs.keys == ["loss", "mae", "mae_1", "weighted_mae", "mse", "weighted_mae_1"])
    }

    @Test func figuresOfSeveralNumbers() throws {
        let model = Sequential([Dense(3, activation: .softmax)])
        try model.compile(optimizer: "sgd", loss: "categorical_crossentropy", metrics: [F1Score()])
        let y = Tensor.oneHot(Tensor([0, 1, 2, 1]), depth: 3)
        let history = try model.fit(x, y, epochs: 2, verbosity: .silent, validationData: (x, y))
        let logs = history.logs[1]
        let elements = try #require(logs.elements(of: "f1_score"))
        #expect(elements.count == 3 && logs.elements(of: "val_f1_score")?.count == 3)
        #expect(abs(logs["f1_score"]! - elements.reduce(0, +) / 3) < 1e-12)
        #expect(logs.elements(of: "loss") == nil)
        let json = JSONValue.object(history.json)
        #expect(try json.array("f1_score", 1).count == 3 && json.array("loss").count == 2)
    }

    @Test func crossentropyFitsTheShapes() throws {
        let model = Sequential([Dense(3, activation: .softmax)])
        let labels = Tensor([0, 1, 2, 1])
        try model.compile(optimizer: "sgd", loss: "crossentropy")
        let sparse = try model.evaluate(x, labels)["loss"]!
        try model.compile(optimizer: "sgd", loss: "crossentropy")
        #expect(try model.evaluate(x, Tensor.oneHot(labels, depth: 3))["loss"]! == sparse)
        let expected = -(Tensor.oneHot(labels, depth: 3) * model(x).log()).sum() / 4
        #expect(abs(sparse - expected.item()) < 1e-5)
    }

    @Test func whatDoesNotMatchIsRefused() throws {
        let cases: [(PerOutput<any LossConvertible>, PerOutput<[any MetricConvertible]>?, String)] = [
            (["mse"], nil, "outputs"), (["a": "mse", "c": "mse"], nil, "\"c\""), (["mse", "mse"], [["mae"]], "outputs"),
            (["mse", "mse"], .single(["mae", "mae", "mae"]), "outputs"), (["mse", nil], [nil, ["mae"]], "\"b\""),
        ]
        for (losses, metrics, words) in cases {
            let model = model()
            try model.compile(optimizer: "sgd", losses: losses, metrics: metrics)
            let error = #expect(throws: MartletError.self) { try model.evaluate(data(targets: words == "\"b\"" ? 1 : 2)) }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(throws: MartletError.self) { try model().compile(losses: ["mse", "nonsense"]) }
        #expect(throws: MartletError.self) { try model().compile(loss: "mse", stepsPerExecution: 0) }
    }

    /// What a file says of the training is what was compiled.
    @Test func filesKeepWhatWasCompiled() throws {
        let model = model()
        try model.compile(
            optimizer: Adam(learningRate: 0.01), losses: ["a": Huber(delta: 0.3), "b": "mae"], lossWeights: [0.5, 2],
            metrics: [["mae"], [RootMeanSquaredError(name: "r"), "mse"]], weightedMetrics: ["b": ["mae"]],
            stepsPerExecution: 3)
        let expected = try model.evaluate(data())
        #expect(expected.keys == ["loss", "a_loss", "b_loss", "a_mae", "b_r", "b_mse", "b_mae"])
        try withFolder { folder in
            for name in ["a.keras", "a.h5"] {
                try model.save(to: "\(folder)/\(name)")
                #expect(try Model.load(from: "\(folder)/\(name)").evaluate(data()) == expected)
            }
        }
    }

    final class Counter: Callback {
        var batches: [[Int]] = []
        override func onTrainBatchBegin(_ batch: Int) { batches.append([batch]) }
        override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { batches[batches.count - 1].append(batch) }
    }

    @Test func stepsPerExecution() throws {
        var weights: [[Tensor]] = []
        for (count, expected) in [(1, [[0, 0], [1, 1], [2, 2], [3, 3]]), (3, [[0, 2], [3, 3]])] {
            let (model, counter) = (Sequential([Dense(2, kernelInitializer: .ones)]), Counter())
            try model.compile(optimizer: "sgd", loss: "mse", stepsPerExecution: count)
            try model.fit(x, targets[1], batchSize: 1, verbosity: .silent, callbacks: [counter], shuffle: false)
            #expect(counter.batches == expected)
            weights.append(model.getWeights())
        }
        #expect((weights[0][0] - weights[1][0]).abs().max().item() == 0.0)
    }

    /// Trains on the signs of the gradients alone.
    final class SignModel: Model {
        let dense = Dense(2, kernelInitializer: .ones)
        override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] { [dense(inputs[0])] }
        override func trainStep(_ batch: Batch) {
            let tape = GradientTape()
            let (predictions, loss) = tape.record {
                let predictions = apply(batch.inputs, training: true)
                return (predictions, computeLoss(batch, predictions: predictions))
            }
            let gradients = tape.gradient(of: loss, withRespectTo: trainableVariables)
            optimizer?.apply(gradients.map { $0?.sign() }, to: trainableVariables)
            updateMetrics(batch, predictions: predictions, loss: loss)
        }
    }

    @Test(arguments: [true, false]) func aTrainStepOfOnesOwn(eagerly: Bool) throws {
        let model = SignModel()
        try model.compile(optimizer: SGD(learningRate: 0.25), loss: "mse", metrics: ["mae"], runEagerly: eagerly)
        let history = try model.fit(x, targets[1], batchSize: 4, verbosity: .silent)
        #expect(history.history.keys == ["loss", "mae"])
        // One step of exactly the rate, whatever the gradients.
        let change: [Double] = (model.dense.getWeights()[0] - 1).abs().flattened().scalars()
        #expect(change == [0.25, 0.25, 0.25, 0.25])
    }
}
