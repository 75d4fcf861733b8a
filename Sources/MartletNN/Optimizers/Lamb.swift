import MartletCore

/// Adam's direction for each variable, as long as the variable itself times the rate: for large batches.
///
/// Sources: [You et al., 2019](https://arxiv.org/abs/1904.00962),
/// [`keras.optimizers.Lamb`](https://keras.io/api/optimizers/lamb/).
public final class Lamb: Optimizer, ConfigurableOptimizer, Described {
    /// How slowly the mean of the gradient forgets.
    public private(set) var beta1: Double
    /// How slowly the mean of the squares forgets.
    public private(set) var beta2: Double
    /// Keeps the divisor away from 0.
    public private(set) var epsilon: Double

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
        weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil,
        useEMA: Bool = false, emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil,
        lossScaleFactor: Double? = nil, gradientAccumulationSteps: Int? = nil, name: String? = nil
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, false, name)
    }

    public static let arguments = Arguments(default: Lamb()) {
        $0("beta_1", \.beta1)
        $0("beta_2", \.beta2)
        $0("epsilon", \.epsilon)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("momentum", like: variable), .zeros("velocity", like: variable)]
    }

    public override func update(
        _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
    ) {
        let (m, v) = (slots[0], slots[1])
        m.assignAdd((gradient - m.storedValue) * (1 - beta1))
        v.assignAdd((gradient.square() - v.storedValue) * (1 - beta2))
        let divisor = (v.storedValue / (1 - pow(beta2, step))).squareRoot() + epsilon
        let direction = m.storedValue / (1 - pow(beta1, step)) / divisor
        let size = variable.storedValue.square().sum().squareRoot()
        let length = direction.square().sum().squareRoot()
        let ratio = `where`((size .> 0).logicalAnd(length .> 0), size / length, 1)
        variable.assignSubtract(ratio * learningRate * direction)
    }
}
