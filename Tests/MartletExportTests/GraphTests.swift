import Martlet
import MartletCore
import MartletExport
import MartletNN
import TestSupport
import Testing

/// A layer of the registry in a model of its own, with inputs.
struct LayerModel: Sendable, CustomTestStringConvertible {
    let className: String
    let sample: LayerSample
    var testDescription: String { "\(className), \(sample.label)" }

    /// What no graph can hold: hashes, which are not there to be written with others, and terms by their number.
    static let swiftOnly: Set = ["Hashing", "HashedCrossing", "StringLookup", "TextVectorization"]
    /// What the graph has no operation for yet: it adds to elements at computed places.
    static let scattering: Set = ["ContrastLimitedAdaptiveHistogramEqualization"]

    static let all: [LayerModel] = LayerRegistry.types.flatMap { type in
        type.samples.map { LayerModel(className: type.className, sample: $0) }
    }.filter { layer in !layer.sample.inputs.contains { $0.words != nil } && !swiftOnly.contains(layer.className)
            && !scattering.contains(layer.className)
            && !(layer.className == "IntegerLookup" && layer.sample.label == "inverted")
    }

    /// The layer between inputs of its own.
    func model() throws -> Model {
        try withErrors {
            let inputs = sample.inputs.enumerated().map { index, input in
                Input(PartialShape(input.shape.map { $0 }), dtype: input.dtype, name: "in\(index)")
            }
            return Model(inputs: inputs, outputs: try LayerCheck(sample).layer().apply(inputs))
        }
    }

    func inputs(batch: Int) -> [Tensor] {
        sample.inputs.enumerated().map { $1.tensor(batch: batch, seed: UInt64($0 + 1)) }
    }
}

/// The largest difference of two lists of tensors, relative where numbers are above 1.
func largestDifference(_ a: [Tensor], _ b: [Tensor]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).map { x, y in
        guard x.shape == y.shape else { return Double.infinity }
        return zip(x.scalars(as: Double.self), y.scalars(as: Double.self)).map { p, q in
            p == q || (p.isNaN && q.isNaN) ? 0 : abs(p - q) / max(1, abs(q))
        }.max() ?? 0
    }.max() ?? 0
}

@Suite(.ownSession) struct GraphTests {
    /// Every layer as a graph computes for a batch of a size that it was not traced with what the layer computes.
    @Test(arguments: LayerModel.all) func layersLower(_ layer: LayerModel) throws {
        let model = try layer.model()
        let graph = try ExportGraph(of: model)
        let inputs = layer.inputs(batch: 5)
        let expected = model.apply(inputs, training: false)
        #expect(largestDifference(try graph.run(inputs), expected) < 1e-9)
    }

    /// A convolutional network becomes one operation for each layer: normalization and activations are folded, the batch is
    /// unknown.
    @Test func foldsNormalization() throws {
        let model = Sequential([
            InputLayer([8, 8, 3]), Conv2D(4, kernelSize: 3, padding: .same, useBias: false), BatchNormalization(),
            Activation(.relu), MaxPooling2D(), Dropout(0.5), Flatten(), Dense(5), BatchNormalization(),
            Activation(.relu6), Dense(2, activation: .softmax),
        ])
        for variable in model.weights {
            variable.assign(SampleInput.uniform(variable.shape, in: 0.1...0.9, seed: 3).cast(to: .float32))
        }
        let graph = try ExportGraph(of: model)
        #expect(graph.nodes.map(\.operation.name) == ["convolution", "maxPool", "reshape", "dense", "dense", "softmax"])
        #expect(graph.values[graph.inputs[0]].shape == [.batch, .init(8), .init(8), .init(3)])
        #expect(graph.values[graph.outputs[0]].shape == [.batch, .init(2)])
        let x = SampleInput.uniform([3, 8, 8, 3], seed: 5).cast(to: .float32)
        #expect(largestDifference(try graph.run([x]), model.apply([x], training: false)) < 1e-5)
    }

    /// A dense layer over sequences needs no reshaping.
    @Test func widensDense() throws {
        let model = Sequential([InputLayer([4, 3]), Dense(5, activation: .relu), Dense(2)])
        #expect(try ExportGraph(of: model).nodes.map(\.operation.name) == ["dense", "dense"])
    }

    @Test func refusesWhatNoGraphHolds() throws {
        expectError("shape of its input") { try ExportGraph(of: Sequential([Dense(2)])) }
        expectError("Axis 1", "inputShapes", "input ") {
            try ExportGraph(of: Sequential([InputLayer([nil, 3]), Dense(2)]), leavesOpen: false)
        }
        let stateful = Sequential([InputLayer([4, 3], batchSize: 2), LSTM(2, stateful: true)])
        expectError("stateful") { try ExportGraph(of: stateful) }
    }
}
