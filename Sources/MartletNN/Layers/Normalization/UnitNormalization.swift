import MartletCore

/// Divides each sample by its Euclidean norm over some axes; zeros stay zeros.
///
/// Source: [`keras.layers.UnitNormalization`](https://keras.io/api/layers/normalization_layers/unit_normalization/).
public final class UnitNormalization: Layer, ConfigurableLayer, Described {
    /// The axes over which the norm is taken.
    public private(set) var axes: [Int]

    /// Makes a layer. The parameters are described at the properties.
    public init(axes: [Int] = [-1], name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.axes = axes
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: UnitNormalization()) { $0("axis", \.axes, as: .axes) }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        // The bound is on the norm's square.
        (x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)).l2Normalized(axes: axes, epsilon: 1e-24)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        try shape.checkAxes(axes, weight: nil)
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("features", UnitNormalization(dtype: .float64), [[3]], bad: [[[]]]),
            LayerSample("two axes", UnitNormalization(axes: [1, 2], dtype: .float64), [[2, 3]], bad: [[[nil, 2]]]),
        ]
    }
}
