import MartletCore

/// Shifts and scales each sample to mean 0 and variance 1 over some axes, then to a learned mean and deviation.
///
/// Weights, each of the sizes of the axes: `gamma`, `beta`.
///
/// Source: [`keras.layers.LayerNormalization`](https://keras.io/api/layers/normalization_layers/layer_normalization/);
/// J. Ba, J. Kiros, G. Hinton, *Layer normalization*, 2016.
public final class LayerNormalization: ScaledNormalization, ConfigurableLayer, Described {
    /// The axes over which the statistics are taken.
    public private(set) var axes: [Int]
    /// Whether only the scale is normalized, by the variance, and nothing is shifted: there is no `beta`, and always a `gamma`.
    public private(set) var rmsScaling: Bool

    /// Makes a layer. The parameters are described at the properties.
    public init(
        axes: [Int] = [-1], epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true, rmsScaling: Bool = false,
        betaInitializer: any Initializer = .zeros, gammaInitializer: any Initializer = .ones,
        betaRegularizer: (any Regularizer)? = nil, gammaRegularizer: (any Regularizer)? = nil,
        betaConstraint: (any Constraint)? = nil, gammaConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: (any DTypeConvertible)? = nil
    ) {
        self.axes = axes
        self.rmsScaling = rmsScaling
        super.init(
            epsilon, center, scale, beta: WeightOptions(betaInitializer, betaRegularizer, betaConstraint),
            gamma: WeightOptions(gammaInitializer, gammaRegularizer, gammaConstraint), name: name, trainable: trainable,
            dtype: dtype, autocast: false)
    }

    public static let arguments = table(LayerNormalization()) {
        $0("axis", \.axes, as: .axes, name: "axes", .someAxes)
        $0("rms_scaling", \.rmsScaling)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let shape = Shape(try axes.map { try Self.knownSize(inputShapes[0], axis: $0) })
        addWeights(shape: shape, scale: scale || rmsScaling, center: center && !rmsScaling)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        cast(normalized(widened(x)))
    }

    private func normalized(_ x: Tensor) -> Tensor {
        let (scale, offset) = (weight(gamma, like: x), weight(beta, like: x))
        if rmsScaling {
            // Keras's formula: the variance is about the mean, which is not subtracted.
            let factor = (x.variance(axes: axes, keepDims: true) + epsilon).reciprocalSquareRoot()
            return withTrailing(axes, of: x * factor) { rows in scale.map { rows * $0.flattened() } ?? rows }
        }
        return withTrailing(axes, of: x) {
            layerNorm($0, scale: scale?.flattened(), offset: offset?.flattened(), epsilon: epsilon)
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        try shape.checkAxes(axes, weight: (gamma ?? beta)?.shape)
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("features", LayerNormalization(dtype: .float64), [[4]], bad: [[[nil, nil]]]),
            LayerSample("two axes", LayerNormalization(axes: [-1, 1], dtype: .float64), [[2, 3, 3]], bad: [[[nil]]]),
            LayerSample(
                "scale only", LayerNormalization(axes: [1], rmsScaling: true, dtype: .float64), [[3, 2]],
                bad: [[[nil]]]),
            LayerSample("plain", LayerNormalization(center: false, scale: false, dtype: .float64), [[3]]),
        ]
    }
}
