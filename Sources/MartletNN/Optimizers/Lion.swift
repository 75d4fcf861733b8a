import MartletCore
import MartletFormats

/// Steps of one length, in the direction of the sign of a mean of gradients.
///
/// With g the gradient: `w ← w - rate · sign(β₁ m + (1 - β₁) g)`, then `m ← β₂ m + (1 - β₂) g`.
///
/// Sources: [Chen et al., 2023](https://arxiv.org/abs/2302.06675),
/// [`keras.optimizers.Lion`](https://keras.io/api/optimizers/lion/).
public final class Lion: Optimizer, ConfigurableOptimizer {
    /// How much the mean counts beside the gradient in the direction of a step.
    public let beta1: Double
    /// How slowly the mean forgets.
    public let beta2: Double

    /// Makes the optimizer. Stops when `beta1` is not above 0 and at most 1.
    public init(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        Argument.check(
            beta1 > 0 && beta1 <= 1, "Lion", "beta1", expected: "a number above 0 and at most 1", received: beta1)
        self.beta1 = beta1
        self.beta2 = beta2
        super.init(
            name: name, learningRate: learningRate,
            options: OptimizerOptions(
                clipNorm: clipNorm, clipValue: clipValue, globalClipNorm: globalClipNorm, weightDecay: weightDecay,
                useEMA: useEMA, emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
                lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
                sparseUpdates: sparseUpdates))
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            learningRate: config.learningRate(default: 0.001), beta1: config.value("beta_1", default: 0.9),
            beta2: config.value("beta_2", default: 0.99))
        try configure(config)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] { [.zeros("momentum", like: variable)] }

    public override var config: [String: JSONValue] {
        super.config.merging(["beta_1": .double(beta1), "beta_2": .double(beta2)]) { $1 }
    }
}

extension Lion: ElementwiseOptimizer {
    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let (g, m) = (u.gradient, u.slots[0])
        u.weight = u.weight - (m * beta1 + g * (1 - beta1)).sign() * u.rate
        u.slots[0] = m * beta2 + g * (1 - beta2)
    }
}
