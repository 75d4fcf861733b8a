import MartletCore

/// Divides the gradient by the root of the running mean of its square.
///
/// With g the gradient: `v ← ρ v + (1 - ρ) g²`, `s = rate · g / √(v + ε)`, `w ← w - s`; with momentum `b ← momentum · b
/// + s`, `w ← w - b`. When `centered`, the square of the running mean of g is taken from v under the root.
///
/// Sources: [Hinton, lecture 6](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf),
/// [`keras.optimizers.RMSprop`](https://keras.io/api/optimizers/rmsprop/).
public final class RMSprop: Optimizer, ConfigurableOptimizer, Described {
    /// How slowly the running means forget.
    public private(set) var rho: Double
    /// How much of the last step stays in the next.
    public private(set) var momentum: Double
    /// Keeps the divisor away from 0.
    public private(set) var epsilon: Double
    /// Whether the variance of the gradient divides, not its mean square.
    public private(set) var centered: Bool
    /// Whether ε is added to the root, as Keras did before the optimizers of 2.11, not under it. Files of those set it.
    var addsEpsilonToRoot = false

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
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: RMSprop()) {
        $0("rho", \.rho)
        $0("momentum", \.momentum)
        $0("epsilon", \.epsilon)
        $0("centered", \.centered)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("velocity", like: variable)]
            + (momentum > 0 ? [.zeros("momentum", like: variable, group: 1)] : [])
            + (centered ? [.zeros("average_gradient", like: variable, group: 2)] : [])
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
        let divisor = addsEpsilonToRoot ? variance.squareRoot() + epsilon : (variance + epsilon).squareRoot()
        var step = g * u.rate / divisor
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
