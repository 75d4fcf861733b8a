import MartletCore

/// The first of two inputs minus the second. Shapes broadcast.
///
/// Source: [`keras.layers.Subtract`](https://keras.io/api/layers/merging_layers/subtract/).
public final class Subtract: MergingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: DType? = nil) { super.init(name: name, dtype: dtype) }

    public convenience init(config: Configuration) throws { try self.init(name: config.name, dtype: config.dtype) }

    override var inputCounts: ClosedRange<Int> { 2...2 }
    override func merge(_ inputs: [Tensor]) -> Tensor { inputs[0] - inputs[1] }

    package static var samples: [LayerSample] { samples({ Subtract(dtype: .float64) }, pairOnly: true) }
}
