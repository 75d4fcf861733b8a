import MartletCore

/// A rectifier whose slope below 0 is learned: `max(x, 0) + alpha * min(x, 0)`.
///
/// Weights: `alpha`, of the shape of a sample with the shared axes of size 1.
///
/// Source:
/// [`keras.layers.PReLU`](https://keras.io/api/layers/activation_layers/prelu/); K. He et al., *Delving deep into
/// rectifiers*, 2015.
public final class PReLU: Layer, ConfigurableLayer, Described {
    /// The axes, counted from 1 after the batch, along which one slope serves all elements; nil for none.
    public private(set) var sharedAxes: [Int]?
    /// The slopes below 0; nil until the layer is built.
    public private(set) var alpha: Variable!

    private var alphaOptions: WeightOptions

    /// Makes a layer.
    public init(
        alphaInitializer: any Initializer = .zeros, alphaRegularizer: (any Regularizer)? = nil,
        alphaConstraint: (any Constraint)? = nil, sharedAxes: [Int]? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.sharedAxes = sharedAxes
        alphaOptions = WeightOptions(alphaInitializer, alphaRegularizer, alphaConstraint)
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    public static let arguments = Arguments(default: PReLU()) {
        $0.weight("alpha", \.alphaOptions)
        $0("shared_axes", \.sharedAxes, as: .perAxis(1), Requirement("axes from 1") { $0.allSatisfy { $0 >= 1 } })
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        let shape = try outputShapes(for: inputShapes)[0]
        let sizes = try (1..<max(shape.rank, 1)).map { axis in
            try sharedAxes?.contains(axis) ?? false ? 1 : Self.knownSize(shape, axis: axis)
        }
        alpha = addWeight("alpha", shape: Shape(sizes), alphaOptions)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
        return x.relu() - alpha.value * (-x).relu()
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank > (sharedAxes?.max() ?? 0) else {
            throw MartletError("Expected an input with the axes \(sharedAxes ?? [0]). Received: shape \(shape).")
        }
        if let alpha {
            let sizes = PartialShape([nil] + alpha.shape.dimensions.map { $0 == 1 ? nil : $0 })
            guard sizes.accepts(shape) else {
                throw MartletError("Expected an input of shape \(sizes). Received: shape \(shape).")
            }
        }
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "each element", PReLU(alphaRegularizer: .l2(), dtype: .float64), [[2, 3]],
                bad: [[[]], [[nil, 2, nil]]]),
            LayerSample(
                "channels", PReLU(alphaInitializer: .constant(0.25), sharedAxes: [1, 2], dtype: .float64), [[2, 3, 2]],
                bad: [[[nil, 2]]]),
        ]
    }
}
