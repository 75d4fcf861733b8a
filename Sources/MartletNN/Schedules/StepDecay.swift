import MartletCore

/// What exponential and inverse time decay share.
protocol StepDecay: LearningRateSchedule {
    var initialLearningRate: Double { get set }
    var decayRate: Double { get set }
    var decaySteps: Int { get set }
    var staircase: Bool { get set }
}

extension StepDecay {
    /// How often the rate has fallen.
    func progress(_ step: Tensor) -> Tensor {
        let progress = step.cast(to: .float32) / Double(decaySteps)
        return staircase ? progress.floor() : progress
    }

    /// The arguments, with those that `describe` names.
    static func table(
        _ value: @escaping @Sendable @autoclosure () -> Self, _ describe: (inout Arguments<Self>) -> Void
    ) -> Arguments<Self> {
        Arguments(default: value()) {
            $0("initial_learning_rate", \.initialLearningRate, required: true)
            $0("decay_steps", \.decaySteps, as: .wholeNumber, required: true)
            $0("decay_rate", \.decayRate, required: true)
            $0("staircase", \.staircase)
            describe(&$0)
        }
    }
}
