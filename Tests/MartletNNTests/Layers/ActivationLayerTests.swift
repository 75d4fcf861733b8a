import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Layers that are activations of others.
@Suite(.ownSession) struct ActivationLayerTests {
    /// max(x, 0) + 0.1 min(x, 0), by hand.
    @Test func computesWhatTheLayerComputes() throws {
        let dense = Dense(2, activation: .layer(LeakyReLU(negativeSlope: 0.1)), kernelInitializer: .ones)
        let difference = dense(Tensor([[1.0, 2], [-3, -4]])) - Tensor([[3.0, 3], [-0.7, -0.7]])
        #expect(difference.abs().max().item() < 1e-6)
        #expect(dense.activation.layer is LeakyReLU)
    }

    /// The weights of the activation are the layer's, are trained, and are saved where Keras saves them.
    @Test func weightsOfActivations() throws {
        let model = Sequential([
            InputLayer([3]), Dense(4, activation: .layer(PReLU(alphaInitializer: .constant(0.25)))), Dense(1),
        ])
        #expect(model.weights.map(\.shape) == [[3, 4], [4], [4], [4, 1], [1]])
        try model.compile(optimizer: "sgd", loss: "mse")
        let x = Tensor((0..<12).map { Double($0 * 7 % 5) - 2 }, shape: [4, 3]).cast(to: .float32)
        let alpha = model.weights[2].value
        try model.fit(x, .ones([4, 1]), epochs: 2, verbosity: .silent)
        #expect((model.weights[2].value - alpha).abs().max().item() > 0.0)
        try withFolder { folder in
            for file in ["a.keras", "a.h5"] {
                try model.save(to: "\(folder)/\(file)")
                let again = try Model.load(from: "\(folder)/\(file)")
                #expect(again.weightsSHA256 == model.weightsSHA256, "\(file)")
                #expect(KerasFileTests.difference([again(x)], [model(x)]) == 0, "\(file)")
            }
            let weights = try HDF5File(ZipArchive("\(folder)/a.keras").read("model.weights.h5"), name: "w").root
            #expect(try weights.dataset("layers/dense/activation/vars/0").shape == [4])
        }
    }

    /// Cells apply layers step by step, in both directions; the same function as an activation gives the same.
    @Test(arguments: ["LSTM", "GRU", "SimpleRNN"]) func inCells(kind: String) throws {
        func make(_ activation: ActivationFunction) -> RecurrentLayer {
            switch kind {
            case "LSTM": LSTM(2, activation: activation, recurrentActivation: .layer(Activation(.sigmoid)), returnSequences: true)
            case "GRU": GRU(2, activation: activation, returnSequences: true)
            default: SimpleRNN(2, activation: activation, returnSequences: true)
            }
        }
        let x = Tensor((0..<24).map { Double($0 * 5 % 7) / 3 - 1 }, shape: [2, 4, 3]).cast(to: .float32)
        let (a, b) = (Bidirectional(make(.layer(LeakyReLU(negativeSlope: 0.2)))), Bidirectional(make(.leakyReLU())))
        _ = (a(x), b(x))
        try b.setWeights(a.getWeights())
        #expect((a(x) - b(x)).abs().max().item() < 1e-6)
        let copy = try Layer.make(className: "Bidirectional", config: a.config)
        _ = copy(x)
        try copy.setWeights(a.getWeights())
        #expect(KerasFileTests.difference([copy(x)], [a(x)]) == 0)
    }
}
