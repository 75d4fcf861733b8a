import MartletCore

/// Follow the regularized leader: weights that matter little become exactly 0.
///
/// With g the gradient, `n ← n + g²`, `z ← z + (g + 2 λ_s w) - (nₙₑₓₜ^-p - n^-p) / rate · w`, and
/// `w = (clip(z, -λ₁, λ₁) - z) / (n^-p / rate + 2 (λ₂ + β / (2 rate)))`.
///
/// Sources: [McMahan et al., 2013](https://research.google.com/pubs/archive/41159.pdf),
/// [`keras.optimizers.Ftrl`](https://keras.io/api/optimizers/ftrl/).
public final class Ftrl: Optimizer, ConfigurableOptimizer, Described {
    /// p, at most 0: how fast the rate falls; 0 keeps it.
    public private(set) var learningRatePower: Double
    /// Where n, the sum of squares, starts.
    public private(set) var initialAccumulatorValue: Double
    /// λ₁.
    public private(set) var l1RegularizationStrength: Double
    /// λ₂.
    public private(set) var l2RegularizationStrength: Double
    /// λ_s: a penalty on the weights as they are, apart from λ₂'s stabilizing one.
    public private(set) var l2ShrinkageRegularizationStrength: Double
    /// β.
    public private(set) var beta: Double

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, learningRatePower: Double = -0.5, initialAccumulatorValue: Double = 0.1,
        l1RegularizationStrength: Double = 0, l2RegularizationStrength: Double = 0,
        l2ShrinkageRegularizationStrength: Double = 0, beta: Double = 0, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.learningRatePower = learningRatePower
        self.initialAccumulatorValue = initialAccumulatorValue
        self.l1RegularizationStrength = l1RegularizationStrength
        self.l2RegularizationStrength = l2RegularizationStrength
        self.l2ShrinkageRegularizationStrength = l2ShrinkageRegularizationStrength
        self.beta = beta
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: Ftrl()) {
        $0("learning_rate_power", \.learningRatePower)
        $0("initial_accumulator_value", \.initialAccumulatorValue)
        $0("l1_regularization_strength", \.l1RegularizationStrength)
        $0("l2_regularization_strength", \.l2RegularizationStrength)
        $0("l2_shrinkage_regularization_strength", \.l2ShrinkageRegularizationStrength)
        $0("beta", \.beta)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [
            Slot("accumulator", .full(variable.shape, initialAccumulatorValue, dtype: variable.dtype)),
            .zeros("linear", like: variable),
        ]
    }
}

extension Ftrl: ElementwiseOptimizer {
    package func coefficients(rate: Tensor, step: Tensor) -> [Tensor] {
        [2 * (l2RegularizationStrength + beta / (2 * rate))]
    }

    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let (g, w) = (u.gradient, u.weight)
        let accumulator = u.slots[0] + g.square()
        let power = accumulator.power(-learningRatePower)
        let shrunk = g + w * (2 * l2ShrinkageRegularizationStrength)
        let linear = u.slots[1] + (shrunk - (power - u.slots[0].power(-learningRatePower)) / u.rate * w)
        let bounded = linear.clipped(min: -l1RegularizationStrength, max: l1RegularizationStrength)
        u.weight = (bounded - linear) / (power / u.rate + u.coefficients[0])
        u.slots = [accumulator, linear]
    }
}
