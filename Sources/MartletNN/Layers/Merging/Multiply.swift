import MartletCore

/// The product of its inputs. Shapes broadcast.
///
/// Source: [`keras.layers.Multiply`](https://keras.io/api/layers/merging_layers/multiply/).
public final class Multiply: MergingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(name: String? = nil, dtype: DType? = nil) { super.init(name: name, dtype: dtype) }

    public convenience init(config: Configuration) throws { try self.init(name: config.name, dtype: config.dtype) }

    override func merge(_ inputs: [Tensor]) -> Tensor { inputs.dropFirst().reduce(inputs[0], *) }

    /// An element that does not count is no factor; where none counts, the product is 0.
    override func merge(_ inputs: [Tensor], masks: [Tensor?]) -> Tensor {
        let product = merge(zip(inputs, masks).map { x, mask in mask.map { `where`($0, x, 1) } ?? x })
        let given = masks.compactMap { $0 }
        guard given.count == inputs.count else { return product }
        return `where`(given.dropFirst().reduce(given[0]) { $0.logicalOr($1) }, product, 0)
    }

    package static var samples: [LayerSample] { samples({ Multiply(dtype: .float64) }) }
}
