import Martlet
import TestSupport
import Testing

/// The parts of a model that training code of one's own uses, against each other.
@Suite(.ownSession) struct ModelSurfaceTests {
    /// Adds a penalty of its own, and holds one weight that is not trained.
    private final class Penalized: Layer {
        private(set) var weight: Variable!

        override func build(for inputShapes: [PartialShape]) {
            weight = addWeight("weight", shape: [], initializer: .ones)
            _ = addWeight("offset", shape: [3], initializer: .zeros, trainable: false)
        }
        override func call(_ x: Tensor, in context: CallContext) -> Tensor {
            addLoss(x.abs().mean() * 2)
            return x * weight.value
        }
    }

    private let x = Tensor((0..<15).map { Float($0 % 7) / 3 - 1 }, shape: [5, 3])
    private let y = Tensor((0..<5).map { Float($0) / 4 }, shape: [5, 1])

    private func model() throws -> Model {
        let model = Sequential([InputLayer([3]), Penalized(), Dense(2, activation: .tanh), Dense(1)])
        try model.compile(optimizer: "sgd", loss: "mse", metrics: ["mae"])
        return model
    }

    @Test func penaltiesCount() throws {
        let model = try model()
        let penalty = x.abs().mean() * 2
        let error = MeanSquaredError()(y, model(x))
        #expect(model.losses.map { $0.item() } == [penalty.item()])
        let logs = try model.testOnBatch(x, y)
        #expect(abs(logs["loss"]! - (error + penalty).item()) < 1e-6)
    }

    /// They need nobody else to hold the model, and hold it no longer than they live.
    @Test(arguments: [false, true]) func functionsHoldTheModel(_ runsEagerly: Bool) throws {
        weak var held: Model?
        let data = try TensorDataset(x, y)
        func functions() throws -> (train: (Batch) -> Void, test: (Batch) -> Void, predict: ([Tensor]) -> [Tensor]) {
            let model = try model()
            model.runsEagerly = runsEagerly
            held = model
            return (try model.makeTrainFunction(for: data), try model.makeTestFunction(for: data), model.makePredictFunction())
        }
        func run() throws {
            let (train, test, predict) = try functions()
            for batch in data.batches(of: 5) {
                train(batch)
                test(batch)
            }
            #expect(predict([x])[0].shape == [5, 1])
            #expect(held != nil)
        }
        try run()
        #expect(held == nil)
    }

    /// The steps as functions, and what the metrics say, give what `evaluate` and `predict` give.
    @Test func stepsAsFunctions() throws {
        final class Doubled: Model {
            let dense = Dense(1)
            override func call(_ x: Tensor, in context: CallContext) -> Tensor { dense(x) }
            override func predictStep(_ inputs: [Tensor]) -> [Tensor] { super.predictStep(inputs).map { $0 * 2 } }
        }
        let model = try model()
        let expected = try model.evaluate(x, y, batchSize: 2)
        model.resetMetrics()
        let data = try TensorDataset(x, y)
        let test = try model.makeTestFunction(for: data)
        for batch in data.batches(of: 2) { test(batch) }
        #expect(model.metricsNames == ["loss", "mae"] && model.metricsNames == model.metrics.map(\.name))
        #expect(model.metricsNames.map { model.metricsResult()[$0] } == model.metricsNames.map { expected[$0] })
        #expect(model.metricsVariables.count == 4 && model.metricsVariables[1].value.item() == 5)
        model.resetMetrics()
        #expect(model.metricsVariables.allSatisfy { $0.value.item() == 0 })
        let predictions = try model.predict(x)
        #expect(model.makePredictFunction()([x])[0].scalars(as: Float.self) == predictions.scalars(as: Float.self))
        let doubled = Doubled()
        #expect(try doubled.predict(x).scalars(as: Float.self) == (doubled(x) * 2).scalars(as: Float.self))
        #expect(try doubled.predictOnBatch(x).scalars(as: Float.self) == (doubled(x) * 2).scalars(as: Float.self))
        doubled.runsEagerly = true
        #expect(doubled.makePredictFunction()([x])[0].scalars(as: Float.self) == (doubled(x) * 2).scalars(as: Float.self))
    }

    /// A metric that is called takes a batch in and says how it stands; a loss among the metrics is its mean.
    @Test func calledMetrics() throws {
        let metric = MeanMetricWrapper(MeanAbsoluteError())
        #expect(metric(Tensor([[1.0], [2.0]]), Tensor([[0.0], [2.5]])).item() == 0.75)
        #expect(metric(Tensor([[1.0], [2.0]]), Tensor([[1.0], [2.0]])).item() == 0.375)
        let model = Sequential([InputLayer([3]), Dense(1)])
        try model.compile(optimizer: .sgd, loss: .meanSquaredError, metrics: [MeanAbsoluteError(), .meanSquaredError])
        let logs = try model.evaluate(x, y)
        #expect(model.metricsNames == ["loss", "mean_absolute_error", "mean_squared_error"])
        #expect(abs(logs["mean_absolute_error"]! - (model(x) - y).abs().mean().item()) < 1e-6)
        #expect(abs(logs["mean_squared_error"]! - logs["loss"]!) < 1e-7)
    }

    /// Optimizers with the rate in front have the other defaults.
    @Test func ratesWithoutLabels() {
        #expect("\(SGD(0.1, momentum: 0.9))" == "\(SGD(learningRate: 0.1, momentum: 0.9))")
        #expect("\(Adam(0.1))" == "\(Adam(learningRate: 0.1))" && "\(RMSprop(0.1))" == "\(RMSprop(learningRate: 0.1))")
        #expect("\(AdamW(0.1))" == "\(AdamW(learningRate: 0.1))" && AdamW(0.1).options.weightDecay == 0.004)
        #expect(AdamW(0.1, weightDecay: 0.5).options.weightDecay == 0.5)
    }

    /// As Keras's: the input is no layer of a stack, but one of a graph.
    @Test func layersOfModels() {
        let (first, second) = (Dense(2), Dense(1))
        let stack = Sequential([InputLayer([3]), first, second])
        #expect(stack.layers.map(\.name) == [first.name, second.name] && stack.layers[0] === first)
        #expect(Sequential([first, second]).layers.count == 2 && Sequential([InputLayer([3])]).layers.isEmpty)
        let x = Input([3])
        #expect(Model(inputs: x, outputs: Dense(1)(x)).layers.count == 2)
    }

    @Test func weightsThatAreNotThereYet() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Sequential([Dense(2)], name: "stack").getWeights()[0]
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("stack.getWeights: The model has no weights yet"))
        #expect(Sequential([InputLayer([3]), Flatten()]).getWeights().isEmpty && Dense(2).getWeights().isEmpty)
    }

    @Test func countsOfWeights() throws {
        let model = try model()
        #expect(model.parameterCount == 1 + 3 + (3 * 2 + 2) + (2 + 1))
        #expect(model.nonTrainableWeights.map(\.name) == ["offset"])
        #expect(model.trainableWeights.count + model.nonTrainableWeights.count == model.weights.count)
    }

    /// One batch gives what a run over one batch gives, and changes nothing.
    @Test func singleBatches() throws {
        let model = try model()
        let before = model.weightsSHA256
        let (run, batch) = (try model.evaluate(x, y, verbosity: .silent), try model.testOnBatch(x, y))
        #expect(run.map(\.value) == batch.map(\.value))
        #expect(
            try model.predictOnBatch(x).scalars(as: Float.self) == model.predict(x).scalars(as: Float.self))
        #expect(throws: MartletError.self) { try model.predictOnBatch(Tensor.ones([2, 4])) }
        #expect(model.weightsSHA256 == before)
    }

    @Test func masksPassOnlyLayersThatKeepSteps() {
        let layers: [(Layer, Bool)] = [(Dense(1), true), (Dropout(0.5), true), (Flatten(), false)]
        for (layer, isPassed) in layers {
            #expect(layer.supportsMasking == isPassed, "\(layer.name)")
            let steps = Masking()(Tensor([[[1.0, 2.0], [0.0, 0.0]]]))
            #expect((layer(steps).mask != nil) == isPassed, "\(layer.name)")
        }
    }
}
