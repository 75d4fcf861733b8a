import MartletCore
import MartletFormats

/// Divides the gradient by the root of the running mean of its square.
///
/// With g the gradient: `v ← ρ v + (1 - ρ) g²`, `s = rate · g / √(v + ε)`, `w ← w - s`; with momentum `b ← momentum · b
/// + s`, `w ← w - b`. When `centered`, the square of the running mean of g is taken from v under the root.
///
/// Sources: [Hinton, lecture 6](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf),
/// [`keras.optimizers.RMSprop`](https://keras.io/api/optimizers/rmsprop/).
public final class RMSprop: Optimizer, ConfigurableOptimizer {
    /// How slowly the running means forget.
    public let rho: Double
    /// How much of the last step stays in the next.
    public let momentum: Double
    /// Keeps the divisor away from 0.
    public let epsilon: Double
    /// Whether the variance of the gradient divides, not its mean square.
    public let centered: Bool

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, rho: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7,
        centered: Bool = false, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
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
            learningRate: config.learningRate(default: 0.001), rho: config.value("rho", default: 0.9),
            momentum: config.value("momentum", default: 0), epsilon: config.value("epsilon", default: 1e-7),
            centered: config.value("centered", default: false))
        try configure(config)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("velocity", like: variable)]
            + (momentum > 0 ? [.zeros("momentum", like: variable, group: 1)] : [])
            + (centered ? [.zeros("average_gradient", like: variable, group: 2)] : [])
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "rho": .double(rho), "momentum": .double(momentum), "epsilon": .double(epsilon),
            "centered": .bool(centered),
        ]) { $1 }
    }
}

extension RMSprop: ElementwiseOptimizer {
    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let g = u.gradient
        let velocity = u.slots[0] * rho + g.square() * (1 - rho)
        u.slots[0] = velocity
        var variance = velocity
        if centered {
            let last = u.slots.count - 1
            let mean = u.slots[last] * rho + g * (1 - rho)
            u.slots[last] = mean
            variance = velocity - mean.square()
        }
        var step = g * u.rate / (variance + epsilon).squareRoot()
        if momentum > 0 {
            step = u.slots[1] * momentum + step
            u.slots[1] = step
        }
        u.weight = u.weight - step
    }
}

extension OptimizerConvertible where Self == RMSprop {
    /// Divides the gradient by the root of the running mean of its square.
    public static func rmsprop(
        learningRate: any LearningRate = 0.001, rho: Double = 0.9, momentum: Double = 0, epsilon: Double = 1e-7,
        centered: Bool = false
    ) -> RMSprop {
        RMSprop(learningRate: learningRate, rho: rho, momentum: momentum, epsilon: epsilon, centered: centered)
    }
}
