import Martlet
import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

/// What is computed without an error and hardly meant gets a warning, once.
@Suite(.ownSession) struct WarningTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let words: [String]
        var last: ActivationFunction = .sigmoid
        var units = 1
        var loss: @Sendable () -> any LossConvertible = { BinaryCrossentropy() }
        var metrics: @Sendable () -> [any MetricConvertible] = { [] }
        var x: [Double] = [0.1, 0.2, 0.3, 0.4]
        var y: [Double] = [0, 1]
        var rate = 0.1
    }

    static let mistakes: [Mistake] = [
        .init(
            testDescription: "softmax of logits", words: ["softmax", "fromLogits: true"], last: .softmax, units: 3,
            loss: { SparseCategoricalCrossentropy(fromLogits: true) }),
        .init(
            testDescription: "sigmoid of logits", words: ["sigmoid", "fromLogits: true"],
            loss: { BinaryCrossentropy(fromLogits: true) }),
        .init(
            testDescription: "linear probabilities", words: ["no activation", "softmax there"], last: .linear, units: 3,
            loss: { SparseCategoricalCrossentropy() }),
        .init(testDescription: "tanh probabilities", words: ["tanh", "sigmoid there"], last: .tanh),
        .init(testDescription: "one softmax", words: ["over one unit"], last: .softmax),
        .init(testDescription: "NaN", words: ["x holds NaN"], x: [0.1, .nan, 0.3, 0.4]),
        .init(testDescription: "negative rate", words: ["negative", "-0.1"], rate: -0.1),
        .init(
            testDescription: "precision of classes", words: ["precision", "0 and 1"], loss: { MeanSquaredError() },
            metrics: { [Precision()] }, y: [0, 4]),
        .init(testDescription: "classes for a binary loss", words: ["binary_crossentropy", "outside"], y: [0, 2]),
    ]

    @Test(arguments: mistakes) func warnsOnce(_ mistake: Mistake) throws {
        let model = Sequential([InputLayer([2]), Dense(mistake.units, activation: mistake.last), Reshape([mistake.units])])
        try model.compile(
            optimizer: SGD(learningRate: mistake.rate), loss: mistake.loss(), metrics: mistake.metrics())
        let (x, y) = (Tensor(mistake.x, shape: [2, 2]), Tensor(mistake.y, shape: [2, 1]))
        let messages = try warnings {
            try model.fit(x, y, epochs: 2, verbosity: .silent, validationData: (x, y))
            _ = try model.evaluate(x, y)
        }
        #expect(messages.count == 1, "\(messages)")
        for word in mistake.words { #expect(messages.first?.contains(word) == true, "\(messages)") }
        // The layers of a functional model say the same.
        let input = Input([2])
        let graph = Model(inputs: input, outputs: model(input))
        try graph.compile(optimizer: SGD(learningRate: mistake.rate), loss: mistake.loss(), metrics: mistake.metrics())
        #expect(try warnings { _ = try graph.evaluate(x, y) }.count == 1)
    }

    /// An argument of a file that nothing reads may have made another result in Keras.
    @Test func warnsOfArgumentsThatNobodyKnows() throws {
        func make(_ members: JSONObject) throws -> [String] {
            try warnings {
                _ = try Layer.make(
                    className: "Dense", config: Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) }))
            }
        }
        #expect(try make(["units": 2, "name": "d", "trainable": true, "quantum": .null, "quarks": false]) == [])
        let messages = try make(["units": 2, "gluons": 3])
        #expect(messages.count == 1 && messages[0].contains("gluons") && messages[0].contains("Dense"), "\(messages)")
    }

    /// A model that only its own code knows is judged by the values of a sample.
    @Test func warnsOfValues() throws {
        final class Doubled: Model {
            override func call(_ x: Tensor, in context: CallContext) -> Tensor { x * 2 + 1 }
        }
        let model = Doubled()
        try model.compile(optimizer: "sgd", loss: "binary_crossentropy")
        let messages = try warnings { _ = try model.evaluate(Tensor([[1.0], [2]]), Tensor([[1.0], [0]])) }
        #expect(messages.count == 1 && messages[0].contains("outside 0...1"), "\(messages)")
    }

    /// What is right gets none.
    @Test(arguments: ["binary", "logits", "classes", "own"]) func isSilent(_ kind: String) throws {
        let last: Layer = switch kind {
        case "binary": Dense(1, activation: .hardSigmoid)
        case "logits": Dense(3)
        case "classes": Dense(3, activation: .softmax)
        default: Dense(1, activation: ActivationFunction(name: "half") { $0.sigmoid() })
        }
        let model = Sequential([InputLayer([2]), last])
        let isBinary = kind == "binary" || kind == "own"
        try model.compile(
            optimizer: "adam",
            loss: isBinary ? BinaryCrossentropy() : SparseCategoricalCrossentropy(fromLogits: kind == "logits"),
            metrics: isBinary ? [.accuracy, Precision(), AUC()] : [.accuracy])
        let (x, y) = (Tensor([[1, -.infinity], [0.2, 3]]), Tensor([[0.0], [1]]))
        #expect(try warnings { _ = try model.fit(x, y, verbosity: .silent) } == [])
    }
}
