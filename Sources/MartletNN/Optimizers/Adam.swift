import MartletCore

/// Steps by running means of the gradient and of its square.
///
/// With g the gradient and t the number of the step:
/// `m ← m + (1 - β₁)(g - m)`, `v ← v + (1 - β₂)(g² - v)`, `w ← w - rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)`.
/// With `amsgrad` the largest v so far takes v's place in the last.
///
/// Sources: [Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980), [Reddi et al.,
/// 2018](https://openreview.net/forum?id=ryQu7f-RZ), [`keras.optimizers.Adam`](https://keras.io/api/optimizers/adam/).
public class Adam: Optimizer, ConfigurableOptimizer, Described {
    /// How slowly the mean of the gradient forgets.
    public private(set) var beta1: Double
    /// How slowly the mean of the squares forgets.
    public private(set) var beta2: Double
    /// Keeps the divisor away from 0.
    public private(set) var epsilon: Double
    /// Whether the largest mean of squares so far divides.
    public private(set) var amsgrad: Bool

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
        amsgrad: Bool = false, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.amsgrad = amsgrad
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    /// Makes the optimizer, as Keras's documents write it. The properties describe the arguments.
    public convenience init(
        _ learningRate: any LearningRate, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7
    ) {
        self.init(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    }

    public class var arguments: Arguments<Adam> { table }

    private static let table = Arguments(default: Adam()) {
        $0("beta_1", \.beta1)
        $0("beta_2", \.beta2)
        $0("epsilon", \.epsilon)
        $0("amsgrad", \.amsgrad)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        ["momentum", "velocity"].map { .zeros($0, like: variable) }
            + (amsgrad ? [.zeros("velocity_hat", like: variable, group: 1)] : [])
    }
}

extension Adam: ElementwiseOptimizer {
    package func coefficients(rate: Tensor, step: Tensor) -> [Tensor] {
        [rate * (1 - pow(beta2, step)).squareRoot() / (1 - pow(beta1, step))]
    }

    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let (g, alpha) = (u.gradient, u.coefficients[0])
        let m = u.slots[0] + (g - u.slots[0]) * (1 - beta1)
        let v = u.slots[1] + (g.square() - u.slots[1]) * (1 - beta2)
        u.slots[0] = m
        u.slots[1] = v
        if amsgrad { u.slots[2] = u.slots[2].larger(v) }
        u.weight = u.weight - m * alpha / ((amsgrad ? u.slots[2] : v).squareRoot() + epsilon)
    }
}

extension OptimizerConvertible where Self == Adam {
    /// Steps by running means of the gradient and of its square.
    public static func adam(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
        amsgrad: Bool = false
    ) -> Adam {
        Adam(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad)
    }
}
