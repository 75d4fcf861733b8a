import MartletCore

/// e^x / sum(e^x) along an axis, or over several together.
///
/// Source: [`keras.layers.Softmax`](https://keras.io/api/layers/activation_layers/softmax/).
public final class Softmax: Layer, ConfigurableLayer, Described {
    /// The axes over which the output adds to 1: `-1` or `[1, 2]`.
    public private(set) var axes: [Int]

    /// Makes a layer. The properties describe the arguments.
    public init(axis: any PerAxis = -1, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        axes = axis.numbers(axes: 1)
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Softmax()) {
        $0("axis", \.axes, as: .axes, Requirement("an axis or several") { !$0.isEmpty })
    }

    public override var supportsMasking: Bool { true }

    /// With a mask, which broadcasts to the input, elements where it is false are left out and their output is 0.
    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        guard let mask = context.mask?.cast(to: .bool) else { return softmax(x) }
        // Keras's stand-in for minus infinity, with which a row that is left out whole stays finite.
        let low = x.dtype == .float16 ? -3e4 : -1e9
        return `where`(mask, softmax(`where`(mask, x, low)), 0)
    }

    private func softmax(_ x: Tensor) -> Tensor {
        if axes.count == 1 { return ActivationFunction.softmax(axis: axes[0])(x) }
        return withTrailing(axes, of: x) { $0.softmax(axis: -1) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard Set(axes.compactMap(shape.normalizedAxis)).count == axes.count else {
            throw MartletError("Expected an input with the axes \(axes). Received: shape \(shape).")
        }
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("last axis", Softmax(dtype: .float64), [[3]], bad: [[[]]]),
            LayerSample("two axes", Softmax(axis: [1, 3], dtype: .float64), [[2, 3, 2]], bad: [[[nil, 2, 2]]]),
            LayerSample("axis 1", Softmax(axis: 1, dtype: .float64), [[2, 3]], bad: [[[nil]]]),
        ]
    }
}
