import MartletCore

/// The largest of its inputs, element by element. Shapes broadcast.
///
/// Source: [`keras.layers.Maximum`](https://keras.io/api/layers/merging_layers/maximum/).
public final class Maximum: MergingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: DType? = nil) { super.init(name: name, dtype: dtype) }

    public convenience init(config: Configuration) throws { try self.init(name: config.name, dtype: config.dtype) }

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0]) { maximum($0, $1) } }

    override func merge(_ inputs: [Tensor], masks: [Tensor?]) -> Tensor {
        Self.fold(inputs, masks: masks) { maximum($0, $1) }
    }

    package static var samples: [LayerSample] { samples({ Maximum(dtype: .float64) }) }
}
