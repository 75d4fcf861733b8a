import MartletCore

/// The sum of its inputs. Shapes broadcast.
///
/// Source: [`keras.layers.Add`](https://keras.io/api/layers/merging_layers/add/).
public final class Add: MergingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: DType? = nil) { super.init(name: name, dtype: dtype) }

    public convenience init(config: Configuration) throws { try self.init(name: config.name, dtype: config.dtype) }

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0], +) }

    package static var samples: [LayerSample] { samples({ Add(dtype: .float64) }) }
}
