import MartletCore

/// The product of its inputs. Shapes broadcast.
///
/// Source: [`keras.layers.Multiply`](https://keras.io/api/layers/merging_layers/multiply/).
public final class Multiply: MergingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: DType? = nil) { super.init(name: name, dtype: dtype) }

    public convenience init(config: Configuration) throws { try self.init(name: config.name, dtype: config.dtype) }

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0], *) }

    package static var samples: [LayerSample] { samples({ Multiply(dtype: .float64) }) }
}
