import MartletCore

/// What normalizations share that end with a learned scale and shift. They compute in `float32`, or in the input's `float64`,
/// whatever the policy says, and round the result to the dtype in which the layer computes.
public class ScaledNormalization: Layer {
    /// Added to variances, against division by 0.
    public private(set) var epsilon: Double
    /// Whether `beta` is added.
    public private(set) var center: Bool
    /// Whether `gamma` multiplies.
    public private(set) var scale: Bool
    /// The learned deviations.
    public private(set) var gamma: Variable?
    /// The learned means.
    public private(set) var beta: Variable?

    private var gammaOptions, betaOptions: WeightOptions

    init(
        _ epsilon: Double, _ center: Bool, _ scale: Bool, beta: WeightOptions, gamma: WeightOptions, name: String?,
        trainable: Bool, dtype: (any DTypeConvertible)?, autocast: Bool
    ) {
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        betaOptions = beta
        gammaOptions = gamma
        super.init(name: name, trainable: trainable, dtype: dtype, autocast: autocast)
    }

    /// The arguments of such a normalization, with those that `describe` names.
    static func table<L: ScaledNormalization>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0("epsilon", \.epsilon, .atLeast(0))
            $0("center", \.center)
            $0("scale", \.scale)
            $0.weight("beta", \.betaOptions)
            $0.weight("gamma", \.gammaOptions)
            describe(&$0)
        }
    }

    /// A weight in the dtype of `x`, in which the layer computes.
    func weight(_ variable: Variable?, like x: Tensor) -> Tensor? { variable?.value.cast(to: x.dtype) }

    func addWeights(shape: Shape, scale: Bool, center: Bool) {
        if scale { gamma = addWeight("gamma", shape: shape, gammaOptions, autocast: false) }
        if center { beta = addWeight("beta", shape: shape, betaOptions, autocast: false) }
    }
}
