import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Layers, made of Keras's configurations, against what Keras computes in float64.
@Suite(.ownSession) struct LayerFixtureTests {
    static let cases: [JSONValue] = (try? Fixture("layers").cases) ?? []

    /// Recurrent layers and those of images have files of their own, the first with cells in them; an input layer computes
    /// nothing, and what `Masking` computes is in `MaskTests`.
    @Test func everyLayerIsComparedWithKeras() throws {
        func classNames(in json: JSONValue) -> [String] {
            switch json {
            case .array(let items): items.flatMap(classNames)
            case .object(let members):
                members.flatMap { key, value in
                    if key == "class_name", case .string(let name) = value { return [name] }
                    return classNames(in: value)
                }
            default: []
            }
        }
        let recurrent = try Fixture("recurrent").cases
        let preprocessing = try Fixture("preprocessing").cases.map { try $0.string("layer") }
        let inRecurrent = try recurrent.flatMap { try [$0.string("class")] + classNames(in: #require($0["config"])) }
        let images = try Fixture("images").cases.map { try $0.string("layer") }
        let others = images + inRecurrent + preprocessing + ["InputLayer", "Masking"]
        let compared = try Set(Self.cases.map { try $0.string("layer") } + others)
        for type in LayerRegistry.types { #expect(compared.contains(type.className), "\(type.className)") }
    }

    @Test(arguments: cases.indices) func agreesWithKeras(_ index: Int) throws {
        let layerCase = Self.cases[index]
        let className = try layerCase.string("layer")
        let config = Dictionary(
            uniqueKeysWithValues: try layerCase.value(at: ["config"], as: JSONValue.self).object().map {
                ($0.key, $0.value)
            })
        let layer = try Layer.make(className: className, config: config)
        let inputs = try layerCase.array("inputs").map { try $0.tensor() }
        try layer.ensureBuilt(for: inputs.map { PartialShape($0.shape) })
        let weights = try layerCase.array("weights").map { try $0.tensor() }
        try #require(layer.weights.map(\.shape) == weights.map(\.shape), "\(className)")
        for (variable, weight) in zip(layer.weights, weights) { variable.assign(weight) }

        let (output, scores) = try Self.call(layer, inputs, layerCase)
        let place = "case \(index), \(className)"
        let expected = try layerCase.value(at: ["output"], as: JSONValue.self).tensor()
        #expect(try relativeError(output, expected) < layerCase.double("tolerance"), "\(place)")
        #expect(output.dtype == expected.dtype, "\(place)")
        if let expected = try layerCase.tensorIfPresent("scores") {
            #expect(relativeError(try #require(scores), expected) < 1e-12, "\(place): scores")
        }
        if let after = layerCase["weightsAfter"], after != .null {
            for (variable, expected) in zip(layer.weights, try layerCase.array("weightsAfter")) {
                #expect(relativeError(variable.value, try expected.tensor()) < 1e-12, "\(place): \(variable.path)")
            }
        }
    }

    /// The outputs of a layer for a case of layers.json or recurrent.json.
    static func outputs(of layer: Layer, _ inputs: [Tensor], _ layerCase: JSONValue) throws -> [Tensor] {
        guard layerCase["layer"] == nil else {
            let (output, scores) = try call(layer, inputs, layerCase)
            return [output] + (scores.map { [$0] } ?? [])
        }
        return layer.apply(LayerCall(inputs, masks: [try layerCase.tensorIfPresent("mask")]))
    }

    private static func call(_ layer: Layer, _ inputs: [Tensor], _ layerCase: JSONValue) throws -> (Tensor, Tensor?) {
        let masks = layerCase["masks"] ?? [:]
        let training = try layerCase.bool("training")
        let isCausal = try masks.bool("use_causal_mask")
        let (query, value) = (try masks.tensorIfPresent("query_mask"), try masks.tensorIfPresent("value_mask"))
        let wantsScores = layerCase["scores"] != nil && layerCase["scores"] != .null
        switch layer {
        case let layer as ProjectedAttention:
            let key = inputs.count > 2 ? inputs[2] : nil
            let (keyMask, mask) = (try masks.tensorIfPresent("key_mask"), try masks.tensorIfPresent("attention_mask"))
            if wantsScores {
                return layer.withScores(
                    inputs[0], inputs[1], key: key, queryMask: query, valueMask: value, keyMask: keyMask,
                    attentionMask: mask, useCausalMask: isCausal)
            }
            return (
                layer(
                    inputs[0], inputs[1], key: key, queryMask: query, valueMask: value, keyMask: keyMask,
                    attentionMask: mask, useCausalMask: isCausal), nil
            )
        case let layer as ScoredAttention:
            if wantsScores {
                return layer.withScores(inputs, masks: [query, value], useCausalMask: isCausal)
            }
            return (layer(inputs, masks: [query, value], useCausalMask: isCausal), nil)
        case let layer as BatchNormalization:
            return (layer(inputs[0], mask: try masks.tensorIfPresent("mask"), training: training), nil)
        case let layer as ReversibleEmbedding: return (layer(inputs[0], reverse: try masks.bool("reverse")), nil)
        default: return (layer(inputs, training: training), nil)
        }
    }
}
