import MartletCore

/// Each step of sequences several times: [batch, steps, channels] gives [batch, steps * size, channels].
///
/// Source: [`keras.layers.UpSampling1D`](https://keras.io/api/layers/reshaping_layers/up_sampling1d/).
public final class UpSampling1D: Layer, ConfigurableLayer, Described {
    /// How often each step.
    public private(set) var size: Int

    /// Makes a layer.
    public init(size: Int = 2, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.size = size
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: UpSampling1D()) { $0("size", \.size, .atLeast(1)) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x.repeated(size, axis: 1) }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes, axes: "(batch, steps, channels)", rank: 3)
        return [shape.replacing(1, by: shape[1].map { saturatedProduct($0, size) })]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        [
            LayerSample("default", UpSampling1D(dtype: .float64), [[3, 2]], bad: [[[nil, 2]]]),
            LayerSample("three", UpSampling1D(size: 3, dtype: .float64), [[2, 2]]),
        ]
    }
}
