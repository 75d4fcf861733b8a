import Martlet
import TestSupport
import Testing

/// What comes with the data throws before the first step, and names the layer.
@Suite(.ownSession) struct DataValidationTests {
    static let tokens = Tensor([[0, 1, 2], [3, 4, 5]])

    static var models: [Model] {
        let input = Input([3], dtype: .int64)
        let output = Dense(1)(Flatten()(Embedding(5, 2, name: "tokens")(input)))
        return [
            Sequential([Embedding(5, 2, name: "tokens"), Flatten(), Dense(1)]),
            Sequential([Sequential([InputLayer([3]), Embedding(5, 2, name: "tokens")]), Flatten(), Dense(1)]),
            Model(inputs: input, outputs: output),
        ]
    }

    @Test(arguments: 0..<3) func indicesWithoutARowThrow(_ number: Int) throws {
        let model = Self.models[number]
        try model.compile(optimizer: "sgd", loss: "mse")
        let y = Tensor.zeros([2, 1])
        for attempt in [
            { _ = try model.fit(Self.tokens, y, verbosity: .silent) }, { _ = try model.evaluate(Self.tokens, y) },
            { _ = try model.predict(Self.tokens) }, { _ = try model.trainOnBatch(Self.tokens - 1, y) },
        ] {
            let error = #expect(throws: MartletError.self) { try attempt() }
            #expect(error?.message.contains("0..<5") == true && error?.location?.hasSuffix("tokens") == true)
        }
        #expect(try model.predict(Self.tokens.clipped(min: 0, max: 4)).shape == [2, 1])
    }

    @Test func moreMetricListsThanOutputsThrow() throws {
        let model = Sequential([Dense(1)])
        try model.compile(optimizer: "sgd", losses: ["mse"], metrics: [["mae"], ["mae"]])
        #expect(throws: MartletError.self) { try model.fit(.ones([4, 2]), .ones([4, 1]), verbosity: .silent) }
    }
}
