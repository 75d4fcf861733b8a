import MartletCore

/// Returns its input.
///
/// Source: [`keras.layers.Identity`](https://keras.io/api/layers/core_layers/identity/).
public final class Identity: Layer, ConfigurableLayer, Described {
    /// Makes a layer.
    public init(name: String? = nil, dtype: (any DTypeConvertible)? = nil) { super.init(name: name, dtype: dtype) }

    public static let arguments = Arguments(default: Identity())

    public override var supportsMasking: Bool { true }

    public override var takesStrings: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] { [LayerSample("any", Identity(dtype: .float64), [[2, 3]])] }
}
