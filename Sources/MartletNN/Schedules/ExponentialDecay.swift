import MartletCore

/// `initialLearningRate · decayRate^(step / decaySteps)`
///
/// Source:
/// [`keras.optimizers.schedules.ExponentialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/exponential_decay/).
public struct ExponentialDecay: StepDecay, Described {
    /// Keras's name of the schedule.
    public private(set) var name: String
    var initialLearningRate, decayRate: Double
    var decaySteps: Int
    var staircase: Bool

    /// Makes the schedule.
    /// - Parameter staircase: whether `step / decaySteps` is rounded down, so that the rate falls in steps.
    public init(
        initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false, name: String? = nil
    ) {
        self.name = name ?? "ExponentialDecay"
        self.initialLearningRate = initialLearningRate
        self.decaySteps = decaySteps
        self.decayRate = decayRate
        self.staircase = staircase
    }

    public static let arguments = table(Self(initialLearningRate: 0, decaySteps: 1, decayRate: 1)) {
        $0("name", \.name)
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        initialLearningRate * pow(decayRate, progress(step))
    }
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
