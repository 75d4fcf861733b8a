import MartletCore
import MartletFormats

/// Each step of sequences several times: [batch, steps, channels] gives [batch, steps * size, channels].
///
/// Source: [`keras.layers.UpSampling1D`](https://keras.io/api/layers/reshaping_layers/up_sampling1d/).
public final class UpSampling1D: Layer, ConfigurableLayer {
    /// How often each step.
    public let size: Int

    /// Makes a layer.
    public init(size: Int = 2, name: String? = nil, dtype: DType? = nil) {
        Argument.check(size >= 1, "UpSampling1D", "size", expected: "a positive integer", received: size)
        self.size = size
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(size: config.value("size", default: 2), name: config.name, dtype: config.dtype)
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x.repeated(size, axis: 1) }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes, axes: "(batch, steps, channels)", rank: 3)
        return [shape.replacing(1, by: shape[1].map { $0 * size })]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    public override var config: [String: JSONValue] { super.config.merging(["size": .int(size)]) { $1 } }

    package static var samples: [LayerSample] {
        [
            LayerSample("default", UpSampling1D(dtype: .float64), [[3, 2]], bad: [[[nil, 2]]]),
            LayerSample("three", UpSampling1D(size: 3, dtype: .float64), [[2, 2]]),
        ]
    }
}
