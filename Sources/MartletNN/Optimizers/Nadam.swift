import MartletCore

/// Adam with Nesterov's look-ahead: the gradient counts as if taken after the momentum's step.
///
/// With g the gradient and t the number of the step, `uₜ = β₁(1 - 0.96ᵗ / 2)` and `Pₜ = u₁ ... uₜ`:
/// `m ← m + (1 - β₁)(g - m)`, `v ← v + (1 - β₂)(g² - v)`,
/// `w ← w - rate · (uₜ₊₁ m / (1 - Pₜ₊₁) + (1 - uₜ) g / (1 - Pₜ)) / (√(v / (1 - β₂ᵗ)) + ε)`.
///
/// Sources: [Dozat, 2016](https://cs229.stanford.edu/proj2015/054_report.pdf),
/// [`keras.optimizers.Nadam`](https://keras.io/api/optimizers/nadam/).
public final class Nadam: Optimizer, ConfigurableOptimizer, Described {
    /// How slowly the mean of the gradient forgets.
    public private(set) var beta1: Double
    /// How slowly the mean of the squares forgets.
    public private(set) var beta2: Double
    /// Keeps the divisor away from 0.
    public private(set) var epsilon: Double
    /// s of `uₜ = β₁(1 - 0.96ˢᵗ / 2)`, which Keras had before the optimizers of 2.11. Files of those set it.
    var scheduleDecay = 1.0
    /// Whether rows of a table that were not read keep their weights, while their moments forget. Files of those set it.
    var holdsUnreadRows = false

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
        weightDecay: Double? = nil, clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil,
        useEMA: Bool = false, emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil,
        lossScaleFactor: Double? = nil, gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false,
        name: String? = nil
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: Nadam()) {
        $0("beta_1", \.beta1)
        $0("beta_2", \.beta2)
        $0("epsilon", \.epsilon)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("momentum", like: variable), .zeros("velocity", like: variable)]
    }

    /// P, the product of the momenta of all steps.
    private let momentumProduct = Variable(Tensor(1, dtype: .float32), name: "momentum_product", trainable: false)

    override var sharedVariables: [Variable] { [momentumProduct] }

    override func beginUpdate(step: Tensor) {
        momentumProduct.assign(momentumProduct.value * momentum(at: step.cast(to: .float32)))
    }

    /// P after so many steps.
    func momentumProduct(after steps: Int) -> Tensor {
        guard steps > 0 else { return Tensor(1, dtype: .float32) }
        return momentum(at: .range(1..<(min(steps, 1 << 16) + 1), dtype: .float32)).log().sum().exp()
    }

    private func momentum(at step: Tensor) -> Tensor {
        beta1 * (1 - 0.5 * pow(0.96, scheduleDecay == 1 ? step : step * scheduleDecay))
    }

    override var keepsUnreadWeights: Bool { holdsUnreadRows }
}

extension Nadam: ElementwiseOptimizer {
    package func coefficients(rate: Tensor, step: Tensor) -> [Tensor] {
        let (now, next) = (momentum(at: step), momentum(at: step + 1))
        let product = momentumProduct.value.cast(to: rate.dtype)
        // 1 - β₂ of the rounded β₂, as in the power: the digits that both lose cancel.
        let share = 1 - Tensor(beta2, dtype: rate.dtype)
        return [next / (1 - product * next), (1 - now) / (1 - product), 1 - pow(beta2, step), share]
    }

    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let g = u.gradient
        let m = u.slots[0] + (g - u.slots[0]) * (1 - beta1)
        let v = u.slots[1] + (g.square() - u.slots[1]) * u.coefficients[3]
        u.slots = [m, v]
        let direction = m * u.coefficients[0] + g * u.coefficients[1]
        u.weight = u.weight - direction * u.rate / ((v / u.coefficients[2]).squareRoot() + epsilon)
    }
}
