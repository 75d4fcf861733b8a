import MartletCore
import MartletFormats

/// `(initialLearningRate - endLearningRate) · (1 - step / decaySteps)^power + endLearningRate`, and `endLearningRate`
/// after `decaySteps`.
///
/// Source:
/// [`keras.optimizers.schedules.PolynomialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/polynomial_decay/).
public struct PolynomialDecay: LearningRateSchedule, Configurable {
    /// Keras's name of the schedule.
    public let name: String
    private let initialLearningRate, endLearningRate, power: Double
    private let decaySteps: Int
    private let cycle: Bool

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

    public init(config: Configuration) throws {
        try self.init(
            initialLearningRate: config.required("initial_learning_rate"),
            decaySteps: config.wholeNumber("decay_steps"),
            endLearningRate: config.value("end_learning_rate", default: 0.0001),
            power: config.value("power", default: 1), cycle: config.value("cycle", default: false), name: config.name)
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

    public var config: [String: JSONValue] {
        [
            "initial_learning_rate": .double(initialLearningRate), "decay_steps": .int(decaySteps),
            "end_learning_rate": .double(endLearningRate), "power": .double(power), "cycle": .bool(cycle),
            "name": .string(name),
        ]
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
