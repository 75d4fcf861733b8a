import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// A sample with the layer it is of, for parameterised tests.
struct LayerCase: Sendable, CustomTestStringConvertible {
    let className: String
    let sample: LayerSample
    var testDescription: String { "\(className), \(sample.label)" }

    static let all: [LayerCase] = LayerRegistry.types.flatMap { type in
        type.samples.map { LayerCase(className: type.className, sample: $0) }
    }

    var check: LayerCheck { LayerCheck(sample) }
}

/// What every layer must pass: one test for each rule, over every sample of every registered layer.
@Suite(.ownSession) struct UniversalLayerTests {
    @Test func everyLayerHasSamples() {
        for type in LayerRegistry.types { #expect(!type.samples.isEmpty, "\(type.className)") }
    }

    @Test(arguments: LayerCase.all, LayerCheck.Rule.allCases)
    func keepsTheRule(_ layerCase: LayerCase, _ rule: LayerCheck.Rule) throws {
        for failure in try layerCase.check.failures(of: rule) { Issue.record("\(failure)") }
    }

    /// A layer made of the configuration alone computes the same with the same weights, and has the same configuration.
    @Test(arguments: LayerCase.all) func configurationRoundTrip(_ layerCase: LayerCase) throws {
        let layer = try layerCase.check.layer()
        let text = JSONValue.object(layer.config).serialized()
        let config = try JSONValue(parsing: text)
        let copy = try Layer.make(
            className: layer.className,
            config: Dictionary(uniqueKeysWithValues: config.object().map { ($0.key, $0.value) }))
        #expect(copy.className == layerCase.className)
        #expect(JSONValue.object(copy.config) == JSONValue.object(layer.config))
        try copy.ensureBuilt(for: layerCase.check.inputShapes)
        #expect(copy.weights.map(\.shape) == layer.weights.map(\.shape))
        #expect(copy.weights.map(\.name) == layer.weights.map(\.name))
        #expect(copy.trainableWeights.count == layer.trainableWeights.count)
        for (target, source) in zip(copy.weights, layer.weights) { target.assign(source.value) }
        for (target, source) in zip(copy.randomGenerators, layer.randomGenerators) {
            target.state.assign(source.state.value)
        }
        let inputs = layerCase.check.inputs(batch: 5)
        for training in [false, true] {
            let (a, b) = (layer.apply(inputs, training: training), copy.apply(inputs, training: training))
            for (x, y) in zip(a, b) { #expect(x.scalars(as: Double.self) == y.scalars(as: Double.self)) }
            #expect(layer.losses.map { $0.item() } == copy.losses.map { $0.item() })
        }
    }

    @Test(arguments: LayerCase.all) func badInputs(_ layerCase: LayerCase) throws {
        // No layer takes no input; those of one input do not take two.
        var bad: [[PartialShape]] = [[]] + layerCase.sample.bad
        if layerCase.sample.inputs.count == 1, !["Concatenate", "CategoryEncoding"].contains(layerCase.className) {
            bad.append(layerCase.check.inputShapes + layerCase.check.inputShapes)
        }
        for shapes in bad {
            let layer = layerCase.sample.make()
            let error = #expect(throws: MartletError.self, "\(shapes)") { try layer.ensureBuilt(for: shapes) }
            guard let error else { continue }
            #expect(error.message.hasPrefix("Expected") && error.message.contains("Received: "), "\(error)")
            #expect(error.location == "layer \(layer.name)")
        }
        // Once built, a layer refuses other sizes than it has weights for.
        let layer = try layerCase.check.layer()
        let takesAnySize = ["Embedding", "ReversibleEmbedding", "STFTSpectrogram"].contains(layerCase.className)
        if layer.weights.contains(where: { $0.shape.rank > 0 }), !takesAnySize {
            let wider = layerCase.check.inputShapes.map { shape in PartialShape(shape.dimensions.map { $0.map { $0 + 1 } }) }
            #expect(throws: MartletError.self) { try layer.outputShapes(for: wider) }
        }
    }
}
