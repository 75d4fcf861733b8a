import MartletCore

/// Steps of one length, in the direction of the sign of a mean of gradients.
///
/// With g the gradient: `w ← w - rate · sign(β₁ m + (1 - β₁) g)`, then `m ← β₂ m + (1 - β₂) g`.
///
/// Sources: [Chen et al., 2023](https://arxiv.org/abs/2302.06675),
/// [`keras.optimizers.Lion`](https://keras.io/api/optimizers/lion/).
public final class Lion: Optimizer, ConfigurableOptimizer, Described {
    /// How much the mean counts beside the gradient in the direction of a step.
    public private(set) var beta1: Double
    /// How slowly the mean forgets.
    public private(set) var beta2: Double

    /// Makes the optimizer. Stops when `beta1` is not above 0 and at most 1.
    public init(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: Lion()) {
        $0("beta_1", \.beta1, .above(0, upTo: 1))
        $0("beta_2", \.beta2)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] { [.zeros("momentum", like: variable)] }
}

extension Lion: ElementwiseOptimizer {
    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let (g, m) = (u.gradient, u.slots[0])
        u.weight = u.weight - (m * beta1 + g * (1 - beta1)).sign() * u.rate
        u.slots[0] = m * beta2 + g * (1 - beta2)
    }
}
