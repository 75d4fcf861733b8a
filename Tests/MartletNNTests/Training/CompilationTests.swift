import Martlet
import TestSupport
import Testing

@Suite(.ownSession) struct CompilationTests {
    @Test(arguments: [[0.5], [0.5, 0.25, 0.25]]) func lossWeightsAreOneForEachOutput(_ weights: [Double]) throws {
        let x = Input([3])
        let model = Model(inputs: [x], outputs: [Dense(1)(x), Dense(2)(x)])
        try model.compile(optimizer: "sgd", losses: .single("mse"), lossWeights: .list(weights))
        let data = try TensorDataset(inputs: [Tensor.ones([4, 3])], targets: [Tensor.ones([4, 1]), Tensor.ones([4, 2])])
        let error = #expect(throws: MartletError.self) { try model.fit(data, verbosity: .silent) }
        #expect(error?.message.contains("2 outputs") == true)
        try model.compile(optimizer: "sgd", losses: .single("mse"), lossWeights: [0.5, 0.25])
        try model.fit(data, verbosity: .silent)
    }
}
