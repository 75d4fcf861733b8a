import MartletCore
import MartletFormats

/// Shifts and scales each sample to mean 0 and variance 1 over some axes, then to a learned mean and deviation.
///
/// Weights, each of the sizes of the axes: `gamma`, `beta`.
///
/// Source: [`keras.layers.LayerNormalization`](https://keras.io/api/layers/normalization_layers/layer_normalization/);
/// J. Ba, J. Kiros, G. Hinton, *Layer normalization*, 2016.
public final class LayerNormalization: Layer, ConfigurableLayer {
    /// The axes over which the statistics are taken.
    public let axes: [Int]
    /// Added to variances, against division by 0.
    public let epsilon: Double
    /// Whether `beta` is added.
    public let center: Bool
    /// Whether `gamma` multiplies.
    public let scale: Bool
    /// Whether only the scale is normalized, by the variance, and nothing is shifted.
    public let rmsScaling: Bool
    /// The learned deviations.
    public private(set) var gamma: Variable?
    /// The learned means.
    public private(set) var beta: Variable?

    private let options: NormalizationOptions

    /// Makes a layer.
    /// - Parameters:
    ///   - axes: the axes over which the statistics are taken.
    ///   - epsilon: added to variances, against division by 0.
    ///   - center: whether `beta` is added.
    ///   - scale: whether `gamma` multiplies.
    ///   - rmsScaling: divide by the deviation without shifting; then there is no `beta`, and always a `gamma`.
    public init(
        axes: [Int] = [-1], epsilon: Double = 1e-3, center: Bool = true, scale: Bool = true, rmsScaling: Bool = false,
        betaInitializer: any Initializer = .zeros, gammaInitializer: any Initializer = .ones,
        betaRegularizer: (any Regularizer)? = nil, gammaRegularizer: (any Regularizer)? = nil,
        betaConstraint: (any Constraint)? = nil, gammaConstraint: (any Constraint)? = nil, name: String? = nil,
        trainable: Bool = true, dtype: DType? = nil
    ) {
        Argument.check(
            epsilon >= 0, "LayerNormalization", "epsilon", expected: "a number of at least 0", received: epsilon)
        Argument.check(!axes.isEmpty, "LayerNormalization", "axes", expected: "at least one axis", received: axes)
        self.axes = axes
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.rmsScaling = rmsScaling
        options = NormalizationOptions(
            betaInitializer: betaInitializer, gammaInitializer: gammaInitializer, betaRegularizer: betaRegularizer,
            gammaRegularizer: gammaRegularizer, betaConstraint: betaConstraint, gammaConstraint: gammaConstraint)
        super.init(name: name, trainable: trainable, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let options = try NormalizationOptions(config)
        try self.init(
            axes: config.axes(default: -1), epsilon: config.value("epsilon", default: 1e-3),
            center: config.value("center", default: true), scale: config.value("scale", default: true),
            rmsScaling: config.value("rms_scaling", default: false),
            betaInitializer: options.betaInitializer, gammaInitializer: options.gammaInitializer,
            betaRegularizer: options.betaRegularizer, gammaRegularizer: options.gammaRegularizer,
            betaConstraint: options.betaConstraint, gammaConstraint: options.gammaConstraint,
            name: config.name, trainable: config.trainable, dtype: config.dtype)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        let shape = Shape(try axes.map { try Self.knownSize(inputShapes[0], axis: $0) })
        (gamma, beta) = options.addWeights(
            to: self, shape: shape, scale: scale || rmsScaling, center: center && !rmsScaling)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: dtype)
        let (scale, offset) = (gamma?.value, beta?.value)
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

    public override var config: [String: JSONValue] {
        super.config.merging(options.config) { $1 }.merging([
            "axis": axes.count == 1 ? .int(axes[0]) : .integers(axes), "epsilon": .double(epsilon),
            "center": .bool(center), "scale": .bool(scale), "rms_scaling": .bool(rmsScaling),
        ]) { $1 }
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
