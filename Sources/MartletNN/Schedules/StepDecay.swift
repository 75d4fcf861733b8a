import MartletCore
import MartletFormats

/// What exponential and inverse time decay share.
struct StepDecay {
    let initialLearningRate: Double
    let decaySteps: Int
    let decayRate: Double
    let staircase: Bool

    func progress(_ step: Tensor) -> Tensor {
        let progress = step.cast(to: .float32) / Double(decaySteps)
        return staircase ? progress.floor() : progress
    }

    var config: [String: JSONValue] {
        [
            "initial_learning_rate": .double(initialLearningRate), "decay_steps": .int(decaySteps),
            "decay_rate": .double(decayRate), "staircase": .bool(staircase),
        ]
    }
}
