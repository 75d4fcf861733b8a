import MartletCore

/// Scales the gradient by the ratio of the running sizes of steps and of gradients.
///
/// With g the gradient: `a ← ρ a + (1 - ρ) g²`, `s = g · √(d + ε) / √(a + ε)`, `d ← ρ d + (1 - ρ) s²`, `w ← w - rate ·
/// s`.
///
/// Sources: [Zeiler, 2012](https://arxiv.org/abs/1212.5701),
/// [`keras.optimizers.Adadelta`](https://keras.io/api/optimizers/adadelta/).
public final class Adadelta: Optimizer, ConfigurableOptimizer, Described {
    /// How slowly the running means forget.
    public private(set) var rho: Double
    /// Keeps both roots away from 0.
    public private(set) var epsilon: Double

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
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: Adadelta()) {
        $0("rho", \.rho)
        $0("epsilon", \.epsilon)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("accumulated_grad", like: variable), .zeros("accumulated_delta_var", like: variable)]
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
