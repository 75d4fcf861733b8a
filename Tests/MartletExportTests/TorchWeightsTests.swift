import Foundation
import Martlet
import MartletApplications
import MartletExport
import MartletFormats
import TestSupport
import Testing

/// State dicts of PyTorch modules (`scripts/make-torch-fixtures.py`) in models of the same layers: what PyTorch computed.
@Suite(.ownSession) struct TorchWeightsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let model: @Sendable () throws -> Model
        let mapping: [String: String]
        var flattened: [String: [Int]] = [:]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "images", model: { Sequential(images) },
            mapping: [
                "first": "conv", "norm": "norm", "rectifier": "act", "depthwise": "depthwise", "grouped": "grouped",
                "groups": "group_norm", "up": "up", "head": "fc",
            ], flattened: ["head": [8, 12, 5]]),
        Case(
            name: "lines", model: { Sequential(lines) },
            mapping: [
                "table": "embed", "conv": "conv", "one/forward_rnn": "rnn", "one/backward_rnn": "rnn.l0_reverse",
                "two/forward_rnn": "rnn.l1", "two/backward_rnn": "rnn.l1_reverse", "gru": "gru", "simple": "simple",
                "last": "cell", "norm": "norm",
            ]),
        Case(
            name: "attention", model: attention,
            mapping: [
                "norm": "norm1", "attention": "attn", "cross": "cross", "wide/inner": "mlp.0", "wide/outer": "mlp.2",
            ]),
        Case(
            name: "resnet18",
            model: {
                try Applications.basicResNet("resnet18", [2, 2, 2, 2], width: 4)(
                    inputShape: [40, 36, 3], classes: 5, classifierActivation: nil)
            }, mapping: [:]),
    ]

    static var images: [Layer] {
        [
            InputLayer([9, 7, 3]), Conv2D(6, kernelSize: [3, 2], strides: [2, 1], useBias: false, name: "first"),
            BatchNormalization(epsilon: 1e-5, name: "norm"), PReLU(sharedAxes: [1, 2], name: "rectifier"),
            DepthwiseConv2D(kernelSize: 3, padding: .same, depthMultiplier: 2, name: "depthwise"),
            Conv2D(8, kernelSize: 1, groups: 2, name: "grouped"), GroupNormalization(groups: 4, epsilon: 1e-5, name: "groups"),
            Conv2DTranspose(5, kernelSize: 2, strides: 2, name: "up"), Flatten(), Dense(4, name: "head"),
        ]
    }

    static var lines: [Layer] {
        func twice(_ name: String) -> Layer { Bidirectional(LSTM(5, returnSequences: true, name: "rnn"), name: name) }
        return [
            InputLayer([6], dtype: .int64), Embedding(11, 6, name: "table"),
            Conv1D(8, kernelSize: 3, padding: .same, name: "conv"), twice("one"), twice("two"),
            GRU(7, returnSequences: true, name: "gru"), SimpleRNN(4, returnSequences: true, name: "simple"),
            LSTM(3, useBias: false, returnSequences: true, name: "last"), LayerNormalization(epsilon: 1e-5, name: "norm"),
        ]
    }

    @Sendable static func attention() throws -> Model {
        let x = Input([5, 8])
        let y = LayerNormalization(epsilon: 1e-5, name: "norm")(x)
        let z = Add()([x, MultiHeadAttention(numHeads: 2, keyDim: 4, name: "attention")([y, y])])
        let memory = z[0..., 0..., 0..<6]
        let sum = Add()([z, MultiHeadAttention(numHeads: 4, keyDim: 2, name: "cross")([z, memory])])
        let wide = Sequential([Dense(12, activation: .relu, name: "inner"), Dense(8, name: "outer")], name: "wide")
        return Model(inputs: x, outputs: wide(sum))
    }

    static func path(_ name: String) -> String {
        Bundle.module.resourceURL!.appendingPathComponent("Fixtures/torch/\(name).safetensors").path
    }

    static func load(_ sample: Case) throws -> Model {
        let model = try sample.model()
        if sample.mapping.isEmpty {
            try model.loadWeights(from: path(sample.name), mapping: Applications.torchvisionModule)
        } else {
            try model.loadWeights(from: path(sample.name), mapping: sample.mapping, flattened: sample.flattened)
        }
        return model
    }

    @Test(arguments: cases) func asPyTorch(_ sample: Case) throws {
        let data = try Safetensors.read(Self.path(sample.name + "-data"))
        let y = try Self.load(sample).predict(data["x"]!)
        #expect(y.allClose(to: data["y"]!, relativeTolerance: 1e-5, absoluteTolerance: 1e-5))
    }

    /// What does not fit says which layer and which tensor, and nothing is changed.
    @Test func misfits() throws {
        let sample = Self.cases[0], path = Self.path(sample.name)
        let model = try sample.model()
        let before = model.weightsSHA256
        func refused(_ part: String, _ change: (inout [String: String]) -> Void, flattened: [String: [Int]]? = nil) {
            var mapping = sample.mapping
            change(&mapping)
            expectError(part) {
                try model.loadWeights(from: path, mapping: mapping, flattened: flattened ?? sample.flattened)
            }
            #expect(model.weightsSHA256 == before)
        }
        refused("Expected a module for each layer. There is none for \"first\"") { $0["first"] = nil }
        refused("Received: \"firts\"") { $0["firts"] = "conv" }
        refused("Expected a tensor \"convolution.weight\" for layer \"first\"") { $0["first"] = "convolution" }
        refused("\"grouped/kernel\"") { $0["grouped"] = "depthwise" }
        refused("Expected 4 axes") { $0["first"] = "fc" }
        refused("Expected height, width and channels of 480 numbers", { _ in }, flattened: ["head": [8, 12, 6]])
        refused("Expected the path of a Dense layer. Received: up", { _ in }, flattened: ["up": [8, 12, 5]])
        // A tensor that no layer takes.
        let short = Sequential(Array(Self.images.dropLast()))
        var mapping = sample.mapping
        mapping["head"] = nil
        expectError("The file also holds \"fc.bias\", \"fc.weight\"") { try short.loadWeights(from: path, mapping: mapping) }
        try short.loadWeights(from: path, mapping: mapping, skipMismatch: true)
    }

    /// With another head the rest is loaded, and the head keeps its weights.
    @Test func anotherHead() throws {
        let sample = Self.cases[0]
        let model = Sequential(Array(Self.images.dropLast()) + [Dense(3, name: "head")])
        let head = model.layer("head")!.getWeights()
        try model.loadWeights(
            from: Self.path(sample.name), mapping: sample.mapping, flattened: sample.flattened, skipMismatch: true)
        #expect(zip(model.layer("head")!.getWeights(), head).allSatisfy { same($0, $1) })
        #expect(same(model.layer("up")!.getWeights()[0], try Self.load(sample).layer("up")!.getWeights()[0]))
    }
}
