import MartletCore

/// Divides the gradient by the root of the sum of all its squares so far.
///
/// With g the gradient: `a ← a + g²`, `w ← w - rate · g / √(a + ε)`.
///
/// Sources: [Duchi et al., 2011](https://jmlr.org/papers/v12/duchi11a.html),
/// [`keras.optimizers.Adagrad`](https://keras.io/api/optimizers/adagrad/).
public final class Adagrad: Optimizer, ConfigurableOptimizer, Described {
    /// Where the sum of squares starts.
    public private(set) var initialAccumulatorValue: Double
    /// Keeps the divisor away from 0.
    public private(set) var epsilon: Double
    /// Whether ε is added to the root, as Keras did before the optimizers of 2.11, not under it. Files of those set it.
    var addsEpsilonToRoot = false

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, initialAccumulatorValue: Double = 0.1, epsilon: Double = 1e-7,
        weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        self.initialAccumulatorValue = initialAccumulatorValue
        self.epsilon = epsilon
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, sparseUpdates, name)
    }

    public static let arguments = Arguments(default: Adagrad()) {
        $0("initial_accumulator_value", \.initialAccumulatorValue)
        $0("epsilon", \.epsilon)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [Slot("accumulator", .full(variable.shape, initialAccumulatorValue, dtype: variable.dtype))]
    }
}

extension Adagrad: ElementwiseOptimizer {
    package func update<Number: ElementwiseArithmetic>(_ u: inout ElementwiseUpdate<Number>) {
        let accumulator = u.slots[0] + u.gradient.square()
        u.slots[0] = accumulator
        let divisor = addsEpsilonToRoot ? accumulator.squareRoot() + epsilon : (accumulator + epsilon).squareRoot()
        u.weight = u.weight - u.gradient * u.rate / divisor
    }
}

extension OptimizerConvertible where Self == Adagrad {
    /// Divides the gradient by the root of the sum of all its squares so far.
    public static func adagrad(
        learningRate: any LearningRate = 0.001, initialAccumulatorValue: Double = 0.1, epsilon: Double = 1e-7
    ) -> Adagrad {
        Adagrad(learningRate: learningRate, initialAccumulatorValue: initialAccumulatorValue, epsilon: epsilon)
    }
}
