import MartletCore

/// `(initialLearningRate - endLearningRate) · (1 - step / decaySteps)^power + endLearningRate`, and `endLearningRate`
/// after `decaySteps`.
///
/// Source:
/// [`keras.optimizers.schedules.PolynomialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/polynomial_decay/).
public struct PolynomialDecay: LearningRateSchedule, Described {
    /// Keras's name of the schedule.
    public private(set) var name: String
    private var initialLearningRate, endLearningRate, power: Double
    private var decaySteps: Int
    private var cycle: Bool

    /// Makes the schedule.
    /// - Parameter cycle: whether the rate starts anew at every multiple of `decaySteps`, over ever longer decays.
    public init(
        initialLearningRate: Double, decaySteps: Int, endLearningRate: Double = 0.0001, power: Double = 1,
        cycle: Bool = false, name: String? = nil
    ) {
        self.name = name ?? "PolynomialDecay"
        self.initialLearningRate = initialLearningRate
        self.decaySteps = decaySteps
        self.endLearningRate = endLearningRate
        self.power = power
        self.cycle = cycle
    }

    public static let arguments = Arguments(default: PolynomialDecay(initialLearningRate: 0, decaySteps: 1)) {
        $0("initial_learning_rate", \.initialLearningRate, required: true)
        $0("decay_steps", \.decaySteps, as: .wholeNumber, required: true)
        $0("end_learning_rate", \.endLearningRate)
        $0("power", \.power)
        $0("cycle", \.cycle)
        $0("name", \.name)
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        let step = step.cast(to: .float32)
        let length = Double(decaySteps)
        let progress =
            cycle
            ? step / (length * `where`(step .== 0, 1, (step / length).ceil()))
            : minimum(step, length) / length
        return (initialLearningRate - endLearningRate) * (1 - progress).pow(power) + endLearningRate
    }
}

extension LearningRate where Self == PolynomialDecay {
    /// `(initialLearningRate - endLearningRate) · (1 - step / decaySteps)^power + endLearningRate`
    public static func polynomialDecay(
        initialLearningRate: Double, decaySteps: Int, endLearningRate: Double = 0.0001, power: Double = 1,
        cycle: Bool = false
    ) -> PolynomialDecay {
        PolynomialDecay(
            initialLearningRate: initialLearningRate, decaySteps: decaySteps, endLearningRate: endLearningRate,
            power: power, cycle: cycle)
    }
}
