import MartletCore

/// Adam with the largest gradient of late in place of the mean square.
///
/// With g the gradient and t the number of the step: `m ← m + (1 - β₁)(g - m)`, `u ← max(β₂ u, |g|)`,
/// `w ← w - rate · m / ((1 - β₁ᵗ)(u + ε))`.
///
/// Sources: [Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980), section 7.1,
/// [`keras.optimizers.Adamax`](https://keras.io/api/optimizers/adamax/).
public final class Adamax: Optimizer, ConfigurableOptimizer, Described {
    /// How slowly the mean of the gradient forgets.
    public private(set) var beta1: Double
    /// How slowly the largest gradient is forgotten.
    public private(set) var beta2: Double
    /// Keeps the divisor away from 0.
    public private(set) var epsilon: Double

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
        weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: Adamax()) {
        $0("beta_1", \.beta1)
        $0("beta_2", \.beta2)
        $0("epsilon", \.epsilon)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("momentum", like: variable), .zeros("norm", like: variable)]
    }
}

extension Adamax: ElementwiseOptimizer {
    package func coefficients(rate: Tensor, step: Tensor) -> [Tensor] { [1 - pow(beta1, step)] }

    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let g = u.gradient
        let m = u.slots[0] + (g - u.slots[0]) * (1 - beta1)
        let norm = (u.slots[1] * beta2).larger(g.abs())
        u.slots = [m, norm]
        u.weight = u.weight - m * u.rate / ((norm + epsilon) * u.coefficients[0])
    }
}
