import MartletCore

/// Applies an activation function.
///
/// Source: [`keras.layers.Activation`](https://keras.io/api/layers/core_layers/activation/).
public final class Activation: Layer, ConfigurableLayer, Described {
    /// The function.
    public private(set) var activation: ActivationFunction

    /// Makes a layer.
    public init(_ activation: ActivationFunction, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.activation = activation
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Activation(.linear)) { $0("activation", \.activation) }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { activation(x) }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        // The only activation that changes the shape.
        guard activation.name == "glu" else { return [shape] }
        let axis: Int
        if case .int(let given)? = activation.arguments["axis"] { axis = given } else { axis = -1 }
        guard shape.normalizedAxis(axis) != nil, (shape[axis] ?? 0) % 2 == 0 else {
            throw MartletError("Expected axis \(axis) to have an even size. Received: shape \(shape).")
        }
        return [shape.replacing(axis, by: shape[axis].map { $0 / 2 })]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("gelu", Activation(.gelu, dtype: .float64), [[3]]),
            LayerSample("by name", Activation("softplus", dtype: .float64), [[2, 2]]),
            LayerSample("with arguments", Activation(.celu(alpha: 0.5), dtype: .float64), [[4]]),
            LayerSample("glu", Activation(.glu, dtype: .float64), [[4]], bad: [[[nil, 3]]]),
        ]
    }
}
