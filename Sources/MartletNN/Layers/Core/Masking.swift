import MartletCore

/// Marks steps of sequences as padding: those whose features all equal a value. They become 0, and layers that take masks
/// leave them out.
///
/// Shapes: [batch, steps, ..., features] keeps its shape; the mask is [batch, steps, ...].
///
/// Source: [`keras.layers.Masking`](https://keras.io/api/layers/core_layers/masking/).
public final class Masking: Layer, ConfigurableLayer, Described {
    /// What every feature of a padded step is.
    public private(set) var maskValue: Double

    /// Makes a layer. The properties describe the arguments.
    public init(maskValue: Double = 0, name: String? = nil, trainable: Bool = true, dtype: (any DTypeConvertible)? = nil) {
        self.maskValue = maskValue
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = Arguments(default: Masking()) { $0("mask_value", \.maskValue) }

    private func counts(_ x: Tensor, keepDims: Bool) -> Tensor { (x .!= maskValue).any(axes: [-1], keepDims: keepDims) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        `where`(counts(x, keepDims: true), x, 0)
    }

    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        [counts(inputs[0], keepDims: false)]
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank >= 2 else {
            throw MartletError("Expected an input (batch, ..., features). Received: shape \(shape).")
        }
        return [shape]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        [
            LayerSample("zeros", Masking(dtype: .float64), [[3, 2]], bad: [[[nil]]]),
            LayerSample("another value", Masking(maskValue: 0.14, dtype: .float64), [[2, 2, 2]], bad: [[[nil]]]),
        ]
    }
}
