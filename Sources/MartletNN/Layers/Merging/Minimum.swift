import MartletCore

/// The smallest of its inputs, element by element. Shapes broadcast.
///
/// Source: [`keras.layers.Minimum`](https://keras.io/api/layers/merging_layers/minimum/).
public final class Minimum: MergingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: DType? = nil) { super.init(name: name, dtype: dtype) }

    public convenience init(config: Configuration) throws { try self.init(name: config.name, dtype: config.dtype) }

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0]) { minimum($0, $1) } }

    override func merge(_ inputs: [Tensor], masks: [Tensor?]) -> Tensor {
        Self.fold(inputs, masks: masks) { minimum($0, $1) }
    }

    package static var samples: [LayerSample] { samples({ Minimum(dtype: .float64) }) }
}
