import MartletCore
import MartletFormats

/// Scales the gradient by the ratio of the running sizes of steps and of gradients.
///
/// With g the gradient: `a ← ρ a + (1 - ρ) g²`, `s = g · √(d + ε) / √(a + ε)`, `d ← ρ d + (1 - ρ) s²`, `w ← w - rate ·
/// s`.
///
/// Sources: [Zeiler, 2012](https://arxiv.org/abs/1212.5701),
/// [`keras.optimizers.Adadelta`](https://keras.io/api/optimizers/adadelta/).
public final class Adadelta: Optimizer, ConfigurableOptimizer {
    /// How slowly the running means forget.
    public let rho: Double
    /// Keeps both roots away from 0.
    public let epsilon: Double

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, rho: Double = 0.95, epsilon: Double = 1e-7, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.rho = rho
        self.epsilon = epsilon
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
            learningRate: config.learningRate(default: 0.001), rho: config.value("rho", default: 0.95),
            epsilon: config.value("epsilon", default: 1e-7))
        try configure(config)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("accumulated_grad", like: variable), .zeros("accumulated_delta_var", like: variable)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["rho": .double(rho), "epsilon": .double(epsilon)]) { $1 }
    }
}

extension Adadelta: ElementwiseOptimizer {
    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let g = u.gradient
        let gradients = u.slots[0] * rho + g.square() * (1 - rho)
        let step = g * (u.slots[1] + epsilon).squareRoot() / (gradients + epsilon).squareRoot()
        u.slots[0] = gradients
        u.slots[1] = u.slots[1] * rho + step.square() * (1 - rho)
        u.weight = u.weight - step * u.rate
    }
}
