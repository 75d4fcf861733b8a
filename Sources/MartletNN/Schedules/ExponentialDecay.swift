import MartletCore
import MartletFormats

/// `initialLearningRate · decayRate^(step / decaySteps)`
///
/// Source:
/// [`keras.optimizers.schedules.ExponentialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/exponential_decay/).
public struct ExponentialDecay: LearningRateSchedule, Configurable {
    /// Keras's name of the schedule.
    public let name: String
    private let decay: StepDecay

    /// Makes the schedule.
    /// - Parameter staircase: whether `step / decaySteps` is rounded down, so that the rate falls in steps.
    public init(
        initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false, name: String? = nil
    ) {
        self.name = name ?? "ExponentialDecay"
        decay = StepDecay(
            initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate, staircase: staircase
        )
    }

    public init(config: Configuration) throws {
        try self.init(
            initialLearningRate: config.required("initial_learning_rate"),
            decaySteps: config.wholeNumber("decay_steps"), decayRate: config.required("decay_rate"),
            staircase: config.value("staircase", default: false), name: config.name)
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        decay.initialLearningRate * pow(decay.decayRate, decay.progress(step))
    }

    public var config: [String: JSONValue] { decay.config.merging(["name": .string(name)]) { $1 } }
}

extension LearningRate where Self == ExponentialDecay {
    /// `initialLearningRate · decayRate^(step / decaySteps)`
    public static func exponentialDecay(
        initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false
    ) -> ExponentialDecay {
        ExponentialDecay(
            initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate, staircase: staircase
        )
    }
}
