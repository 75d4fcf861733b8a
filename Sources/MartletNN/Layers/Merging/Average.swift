import MartletCore

/// The mean of its inputs. Shapes broadcast.
///
/// Source: [`keras.layers.Average`](https://keras.io/api/layers/merging_layers/average/).
public final class Average: MergingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: DType? = nil) { super.init(name: name, dtype: dtype) }

    public convenience init(config: Configuration) throws { try self.init(name: config.name, dtype: config.dtype) }

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0], +) / Double(inputs.count) }

    package static var samples: [LayerSample] { samples({ Average(dtype: .float64) }) }
}
