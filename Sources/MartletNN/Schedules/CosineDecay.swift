import MartletCore
import MartletFormats

/// Half a cosine, from the initial rate down to `alpha` times it over `decaySteps`; before that, where wanted, a
/// straight rise from `initialLearningRate` to `warmupTarget` over `warmupSteps`, and the cosine starts from there.
///
/// Sources: [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983),
/// [`keras.optimizers.schedules.CosineDecay`](https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/).
public struct CosineDecay: LearningRateSchedule, Configurable {
    /// Keras's name of the schedule.
    public let name: String
    private let initialLearningRate, alpha: Double
    private let decaySteps, warmupSteps: Int
    private let warmupTarget: Double?

    /// Makes the schedule.
    /// - Parameters:
    ///   - decaySteps: how long the cosine is, warm-up not counted.
    ///   - alpha: the share of the rate that is left at the end.
    ///   - warmupTarget: where the warm-up ends; nil for none.
    public init(
        initialLearningRate: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil,
        warmupSteps: Int = 0, name: String? = nil
    ) {
        self.name = name ?? "CosineDecay"
        self.initialLearningRate = initialLearningRate
        self.decaySteps = decaySteps
        self.alpha = alpha
        self.warmupTarget = warmupTarget
        self.warmupSteps = warmupSteps
    }

    public init(config: Configuration) throws {
        try self.init(
            initialLearningRate: config.required("initial_learning_rate"),
            decaySteps: config.wholeNumber("decay_steps"), alpha: config.value("alpha", default: 0),
            warmupTarget: config.optional("warmup_target"),
            warmupSteps: config.wholeNumber("warmup_steps", default: 0), name: config.name)
    }

    public func callAsFunction(_ step: Tensor) -> Tensor {
        let step = step.cast(to: .float32)
        guard let warmupTarget else { return decay(step, from: initialLearningRate) }
        let cosine = decay(step - Double(warmupSteps), from: warmupTarget)
        guard warmupSteps > 0 else { return cosine }
        let rise = (warmupTarget - initialLearningRate) * (step / Double(warmupSteps)) + initialLearningRate
        return `where`(step .< Double(warmupSteps), rise, cosine)
    }

    private func decay(_ step: Tensor, from rate: Double) -> Tensor {
        let progress = minimum(step, Double(decaySteps)) / Double(decaySteps)
        return rate * ((1 - alpha) * (0.5 * (1 + (Double.pi * progress).cos())) + alpha)
    }

    public var config: [String: JSONValue] {
        [
            "initial_learning_rate": .double(initialLearningRate), "decay_steps": .int(decaySteps),
            "alpha": .double(alpha), "warmup_target": .optional(warmupTarget),
            "warmup_steps": .int(warmupSteps), "name": .string(name),
        ]
    }
}

extension LearningRate where Self == CosineDecay {
    /// Half a cosine from the initial rate down to `alpha` times it, after a warm-up where wanted.
    public static func cosineDecay(
        initialLearningRate: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil,
        warmupSteps: Int = 0
    ) -> CosineDecay {
        CosineDecay(
            initialLearningRate: initialLearningRate, decaySteps: decaySteps, alpha: alpha, warmupTarget: warmupTarget,
            warmupSteps: warmupSteps)
    }
}
