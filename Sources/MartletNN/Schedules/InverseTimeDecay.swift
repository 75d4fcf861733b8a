import MartletCore
import MartletFormats

/// `initialLearningRate / (1 + decayRate · step / decaySteps)`
///
/// Source:
/// [`keras.optimizers.schedules.InverseTimeDecay`](https://keras.io/api/optimizers/learning_rate_schedules/inverse_time_decay/).
public struct InverseTimeDecay: LearningRateSchedule {
    private let decay: StepDecay

    /// Makes the schedule.
    /// - Parameter staircase: whether `step / decaySteps` is rounded down, so that the rate falls in steps.
    public init(initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false) {
        decay = StepDecay(
            initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate, staircase: staircase
        )
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        decay.initialLearningRate / (1 + decay.decayRate * decay.progress(step))
    }

    public var config: [String: JSONValue] { decay.config }
}

extension LearningRate where Self == InverseTimeDecay {
    /// `initialLearningRate / (1 + decayRate · step / decaySteps)`
    public static func inverseTimeDecay(
        initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false
    ) -> InverseTimeDecay {
        InverseTimeDecay(
            initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate, staircase: staircase
        )
    }
}
