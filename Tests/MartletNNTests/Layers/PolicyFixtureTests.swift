import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Layers under dtype policies against what Keras computes under them.
///
/// Two right results of 16 bits differ in their roundings. So they are compared by what rounding does to Keras's: ours must be
/// as near to the result in `float32` as Keras's, times 2, and a rounding of each number more.
@Suite(.ownSession) struct PolicyFixtureTests {
    static let cases: [JSONValue] = (try? Fixture("policies").cases) ?? []
    static let sources = ["layers", "recurrent"].reduce(into: [String: [JSONValue]]()) {
        $0[$1] = (try? Fixture($1).cases) ?? []
    }

    @Test func everyKindOfLayerIsThere() throws {
        let names = try Set(Self.cases.map { try Self.source(of: $0).className })
        #expect(names.count > 85, "\(names.count)")
    }

    private static func source(of item: JSONValue) throws -> (json: JSONValue, className: String) {
        let json = try #require(sources[item.string("file")])[item.int("index")]
        return (json, try json.string(json["layer"] == nil ? "class" : "layer"))
    }

    /// The configuration with another policy for the layer and those in it.
    static func changing(_ json: JSONValue, to policy: String) -> JSONValue {
        switch json {
        case .array(let items): return .array(items.map { changing($0, to: policy) })
        case .object(let members):
            var result = JSONObject()
            for (key, value) in members {
                let isInteger = if case .string(let name) = value { name.contains("int") } else { false }
                result[key] = key == "dtype" && !isInteger ? .string(policy) : changing(value, to: policy)
            }
            return .object(result)
        default: return json
        }
    }

    private static func rms(_ x: Tensor) -> Double {
        x.elementCount == 0 ? 0 : x.cast(to: .float64).square().mean().item(as: Double.self).squareRoot()
    }

    @Test(arguments: cases.indices, ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16"])
    func agreesWithKeras(_ index: Int, _ policy: String) throws {
        let item = Self.cases[index]
        guard let theirs = item["policies"]?[.key(policy)] else { return }
        let (source, className) = try Self.source(of: item)
        let place = "case \(index), \(className)"
        let config = Self.changing(try source.value(at: ["config"], as: JSONValue.self), to: policy)
        let layer = try Layer.make(
            className: className, config: Dictionary(uniqueKeysWithValues: config.object().map { ($0.key, $0.value) }))
        let inputs = try source.array("inputs").map { json in
            let x = try json.tensor()
            return x.dtype.isFloatingPoint ? x.cast(to: .float32) : x
        }
        try layer.ensureBuilt(for: inputs.map { PartialShape($0.shape) })
        let variableType: DType = policy.hasPrefix("mixed") ? .float32 : layer.computeDType
        for (variable, json) in zip(layer.weights, try source.array("weights")) {
            let value = try json.tensor()
            if value.dtype.isFloatingPoint { #expect(variable.dtype == variableType, "\(place): \(variable.path)") }
            variable.assign(value.cast(to: variable.dtype))
        }

        let tape = GradientTape()
        let (outputs, total) = try tape.record {
            let outputs = try LayerFixtureTests.outputs(of: layer, inputs, source)
            return (outputs, outputs.map { $0.cast(to: .float32).square().sum() / 2 }.reduce(Tensor(0.0), +))
        }
        let epsilon = layer.computeDType == .float16 ? 0x1p-11 : 0x1p-8
        let (exact, expected) = (try item.array("exact"), try theirs.array("outputs"))
        try #require(outputs.count == expected.count, "\(place)")
        for (output, (exact, expected)) in zip(outputs, zip(exact, expected)) {
            let (exact, expected) = (try exact.tensor(), try expected.tensor())
            #expect(output.dtype == expected.dtype, "\(place)")
            let (ours, theirs) = (output.cast(to: .float32), expected.cast(to: .float32))
            #expect(
                Self.rms(ours - exact) <= 2 * Self.rms(theirs - exact) + epsilon * Self.rms(exact),
                "\(place), \(layer.computeDType)")
            // Where rounding moves little, a part of the result must not be wrong.
            let most = (theirs - exact).abs().max().item(as: Double.self) * 2
            let size = exact.abs().max().item(as: Double.self)
            #expect((ours - theirs).abs().max().item(as: Double.self) <= 2 * most + 4 * epsilon * size, "\(place)")
        }
        let trained = layer.trainableWeights
        let gradients = tape.gradient(of: total, withRespectTo: trained, unconnected: .zeros)
        let spreads = try theirs.array("spreads").map { try $0.double() }
        let slopes = try item.array("gradients").map { try $0.tensor() }
        try #require(gradients.count == slopes.count, "\(place)")
        for (number, (gradient, slope)) in zip(gradients, slopes).enumerated() {
            let gradient = try #require(gradient)
            #expect(gradient.dtype == trained[number].dtype, "\(place), gradient \(number)")
            // A gradient has been rounded on the way up and on the way down, where its terms may be larger than itself.
            let size = Self.rms(slope)
            #expect(
                Self.rms(gradient.cast(to: .float32) - slope) <= 2 * spreads[number] + 8 * epsilon * size,
                "\(place), gradient \(number) of \(trained[number].path)")
        }
    }
}
