import Martlet
import Testing

/// The parts of a model that training code of one's own uses, against each other.
@Suite struct ModelSurfaceTests {
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
