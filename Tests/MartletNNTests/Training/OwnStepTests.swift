import Martlet
import TestSupport
import Testing

/// Steps of evaluation and prediction, and masks, that a program overrides.
@Suite(.ownSession) struct OwnStepTests {
    /// Evaluates and predicts with twice its output.
    final class Doubled: Model {
        let dense = Dense(1, useBias: false, kernelInitializer: .ones)
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { dense(x) }
        override func testStep(_ batch: Batch) {
            let predictions = apply(batch.inputs, training: false).map { $0 * 2 }
            updateMetrics(batch, predictions: predictions, loss: computeLoss(batch, predictions: predictions))
        }
        override func predictStep(_ inputs: [Tensor]) -> [Tensor] { apply(inputs, training: false).map { $0 * 2 } }
    }

    @Test(arguments: [true, false]) func evaluatesAndPredicts(eagerly: Bool) throws {
        let (model, x, y) = (Doubled(), Tensor([[1.0, 2.0], [0.5, 0.5]]), Tensor([[5.0], [2.0]]))
        try model.compile(optimizer: "sgd", loss: "mse", metrics: ["mae"], runEagerly: eagerly)
        let figures = try model.evaluate(x, y, batchSize: 1)
        #expect(figures["loss"] == 0.5 && figures["mae"] == 0.5)
        #expect(try model.predict(x).scalars(as: Double.self) == [6, 2])
        #expect(model(x).scalars(as: Double.self) == [3, 1])
    }

    /// Lets the layers behind it see the first step only.
    final class FirstStep: Layer {
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { x }
        override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
            let (batch, steps) = (inputs[0].shape[0], inputs[0].shape[1])
            return [Tensor.range(0..<steps).broadcast(to: [batch, steps]) .== 0]
        }
    }

    @Test func masks() throws {
        let x = Tensor((0..<12).map { Float($0) }, shape: [2, 3, 2])
        for model in [
            Sequential([InputLayer([3, 2]), FirstStep(), GlobalAveragePooling1D()]),
            Sequential([InputLayer([3, 2]), GlobalAveragePooling1D()]),
        ] {
            let isMasked = model.layers.count == 2
            let expected = isMasked ? x[.all, 0] : x.mean(axis: 1)
            #expect(try model.predict(x).allClose(to: expected))
        }
    }
}
