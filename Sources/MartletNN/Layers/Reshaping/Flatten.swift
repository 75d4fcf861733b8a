import MartletCore

/// Makes the axes after the batch one.
///
/// Shapes: [batch, ...] gives [batch, size]; [batch] gives [batch, 1].
///
/// Source: [`keras.layers.Flatten`](https://keras.io/api/layers/reshaping_layers/flatten/).
public final class Flatten: Layer, ConfigurableLayer, Described {
    /// Where the channels lie; the output has them last whichever it is.
    public private(set) var dataFormat: DataFormat

    /// Makes a layer.
    public init(dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Flatten()) { $0("data_format", \.dataFormat) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = dataFormat == .channelsFirst && x.rank > 2 ? x.movingAxis(1, to: -1) : x
        return x.reshaped(to: [x.shape[0], x.shape.dimensions.dropFirst().reduce(1, *)])
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank >= 1 else { throw MartletError("Expected an input with a batch axis. Received: a scalar.") }
        return [[shape[0], PartialShape(Array(shape.dimensions.dropFirst())).known?.elementCount]]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        [
            LayerSample("images", Flatten(dtype: .float64), [[2, 3, 2]], bad: [[[]]]),
            LayerSample("one for each sample", Flatten(dtype: .float64), [[]]),
            LayerSample("channels first", Flatten(dataFormat: .channelsFirst, dtype: .float64), [[2, 3, 2]]),
            LayerSample("empty", Flatten(dtype: .float64), [[2, 0]]),
        ]
    }
}
