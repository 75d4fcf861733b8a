import MartletCore

/// Adam without a schedule: the gradient is taken between the fast iterate z and its running mean x, which takes the
/// place of a falling rate.
///
/// With g the gradient and t the number of the step: `v ← v + (1 - β₂)(g² - v)`, `z ← z - rate · g / (√(v / (1 - β₂ᵗ))
/// + ε)`, `x ← x + (z - x) / t`, and the weight is `(1 - β₁) z + β₁ x`.
///
/// Sources: [Defazio et al., 2024](https://arxiv.org/abs/2405.15682),
/// [`keras.optimizers.ScheduleFreeAdamW`](https://keras.io/api/optimizers/schedule_free_adamw/).
public final class ScheduleFreeAdamW: Optimizer, ConfigurableOptimizer, Described {
    /// Where between z and x the weight lies.
    public private(set) var beta1: Double
    /// How slowly the mean of the squares forgets.
    public private(set) var beta2: Double
    /// Keeps the divisor away from 0.
    public private(set) var epsilon: Double
    /// Over how many steps the rate rises from 0.
    public private(set) var warmupSteps: Int

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.0025, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        warmupSteps: Int = 0, weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil,
        globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
        emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil, gradientAccumulationSteps: Int? = nil,
        name: String? = nil
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.warmupSteps = warmupSteps
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, false, name)
    }

    public static let arguments = Arguments(default: ScheduleFreeAdamW()) {
        $0("beta_1", \.beta1)
        $0("beta_2", \.beta2)
        $0("epsilon", \.epsilon)
        $0("warmup_steps", \.warmupSteps)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [Slot("momentum", variable.storedValue), .zeros("velocity", like: variable)]
    }
}

extension ScheduleFreeAdamW: ElementwiseOptimizer {
    package func coefficients(rate: Tensor, step: Tensor) -> [Tensor] {
        let warm = warmupSteps > 0 ? rate * minimum(step / Double(warmupSteps), 1) : rate
        // 1 - β₂ of the rounded β₂, as in the power: the digits that both lose cancel.
        return [warm, 1 - pow(beta2, step), 1 / step, 1 - 1 / step, 1 - Tensor(beta2, dtype: rate.dtype)]
    }

    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let g = u.gradient
        let v = u.slots[1] + (g.square() - u.slots[1]) * u.coefficients[4]
        let z = u.slots[0] - u.coefficients[0] * g / ((v / u.coefficients[1]).squareRoot() + epsilon)
        let before = (u.weight - u.slots[0] * (1 - beta1)) * (1 / beta1)
        let x = before * u.coefficients[3] + z * u.coefficients[2]
        u.weight = z * (1 - beta1) + x * beta1
        u.slots = [z, v]
    }
}
