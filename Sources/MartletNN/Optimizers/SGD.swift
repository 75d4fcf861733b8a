import MartletCore

/// Gradient descent, with momentum where wanted.
///
/// With g the gradient: `w ← w - rate · g`. With momentum: `v ← momentum · v - rate · g`, then `w ← w + v`, or with
/// Nesterov's look-ahead `w ← w + momentum · v - rate · g`.
///
/// Source: [`keras.optimizers.SGD`](https://keras.io/api/optimizers/sgd/).
public final class SGD: Optimizer, ConfigurableOptimizer, Described {
    /// How much of the last step stays in the next, from 0 to 1.
    public private(set) var momentum: Double
    /// Whether the gradient counts as if taken after the momentum's step.
    public private(set) var nesterov: Bool

    /// Makes the optimizer. Stops when `momentum` is not in 0...1.
    public init(
        learningRate: any LearningRate = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.momentum = momentum
        self.nesterov = nesterov
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: SGD()) {
        $0("momentum", \.momentum, .in(0...1))
        $0("nesterov", \.nesterov)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        momentum == 0 ? [] : [.zeros("momentum", like: variable)]
    }
}

extension SGD: ElementwiseOptimizer {
    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let step = u.gradient * u.rate
        guard momentum != 0 else {
            u.weight = u.weight - step
            return
        }
        let velocity = u.slots[0] * momentum - step
        u.weight = u.weight + (nesterov ? velocity * momentum - step : velocity)
        u.slots[0] = velocity
    }
}

extension OptimizerConvertible where Self == SGD {
    /// Gradient descent, with momentum where wanted.
    public static func sgd(
        learningRate: any LearningRate = 0.01, momentum: Double = 0, nesterov: Bool = false
    ) -> SGD { SGD(learningRate: learningRate, momentum: momentum, nesterov: nesterov) }
}
