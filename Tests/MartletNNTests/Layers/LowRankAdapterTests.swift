import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Low-rank adapters. Files with them are in `KerasFileTests`.
@Suite(.ownSession) struct LowRankAdapterTests {
    /// Keras saves quantized layers with the rank of their adapters, and what these gave in the whole numbers.
    @Test func quantizedLayersGetNone() throws {
        let (model, x) = (Sequential([InputLayer([4]), Dense(3)]), Tensor.randomUniform([2, 4]))
        try model.quantize()
        let text = try model.toJSON().replacing("\"units\"", with: "\"lora_rank\": 2, \"units\"")
        let again = try Model.fromJSON(text)
        try again.setWeights(model.getWeights())
        #expect(again.layers[0].trainableWeights.map(\.name) == model.layers[0].trainableWeights.map(\.name))
        #expect(try again.predict(x).allClose(to: model.predict(x)))
    }

    static let makers: [@Sendable () -> (any AdaptableLayer, Tensor)] = [
        { (Dense(3, kernelRegularizer: .l2(0.1)), SampleInput.distinct([2, 4]).cast(to: .float32)) },
        {
            (
                EinsumDense("abc,cd->abd", outputShape: [nil, 3], biasAxes: "d"),
                SampleInput.distinct([2, 2, 4]).cast(to: .float32)
            )
        },
        { (Embedding(4, 3), Tensor([[0, 3], [2, 1]])) },
        { (Conv1D(3, kernelSize: 2), SampleInput.distinct([2, 4, 2]).cast(to: .float32)) },
        { (Conv2D(2, kernelSize: 2, groups: 2), SampleInput.distinct([1, 3, 3, 4]).cast(to: .float32)) },
    ]

    /// `W + alpha / rank · a b` in place of W, of which only a and b are trained; merged, W is that sum.
    @Test(arguments: makers.indices) func addTrainAndMerge(index: Int) throws {
        let (layer, x) = Self.makers[index]()
        #expect(throws: MartletError.self) { try layer.enableLoRA(rank: 2) }
        let before = layer(x)
        let names = layer.weights.map(\.name)
        try layer.enableLoRA(rank: 2, alpha: 3)
        #expect(layer.loraRank == 2 && layer.loraAlpha == 3)
        #expect(throws: MartletError.self) { try layer.enableLoRA(rank: 2) }
        // b starts at 0.
        #expect((layer(x) - before).abs().max().item() < 1e-6)
        let weight = try #require(layer.nonTrainableWeights.first)
        let (a, b) = (layer.weights.first { $0.name.hasSuffix("_a") }!, layer.weights.first { $0.name.hasSuffix("_b") }!)
        let old = weight.value
        let optimizer = SGD(learningRate: 0.1)
        for _ in 0..<2 {
            let tape = GradientTape()
            let loss = tape.record { layer(x).square().sum() }
            optimizer.apply(tape.gradient(of: loss, withRespectTo: layer.trainableVariables), to: layer.trainableVariables)
        }
        #expect((weight.value - old).abs().max().item() == 0.0 && b.value.abs().max().item() > 0.0)

        let sum = old + (matmul(a.value.reshaped([-1, 2]), b.value) * 1.5).reshaped(to: old.shape)
        let trained = layer(x)
        layer.mergeLoRA()
        #expect((weight.value - sum).abs().max().item() < 1e-6 && weight.isTrainable)
        #expect((layer(x) - trained).abs().max().item() < 1e-5)
        #expect(layer.weights.map(\.name) == names && layer.loraRank == nil)
    }

    @Test func asAnArgument() throws {
        let model = Sequential([InputLayer([4]), Dense(3, loraRank: 2, loraAlpha: 4), Dense(1)])
        #expect(model.trainableWeights.map(\.shape) == [[3], [4, 2], [2, 3], [3, 1], [1]])
        #expect(model.nonTrainableWeights.map(\.shape) == [[4, 3]])
        let copy = try model.clone()
        #expect((copy.layer(model.layers[0].name) as? Dense)?.loraAlpha == 4)
        let bounded = Dense(3, kernelConstraint: .nonNeg)
        _ = bounded(Tensor.ones([1, 2]))
        #expect(throws: MartletError.self) { try bounded.enableLoRA(rank: 1) }
    }
}
