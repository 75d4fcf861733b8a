import MartletCore

/// Half a cosine, from the initial rate down to `alpha` times it over `decaySteps`; before that, where wanted, a
/// straight rise from `initialLearningRate` to `warmupTarget` over `warmupSteps`, and the cosine starts from there.
///
/// Sources: [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983),
/// [`keras.optimizers.schedules.CosineDecay`](https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/).
public struct CosineDecay: LearningRateSchedule, Described {
    /// Keras's name of the schedule.
    public private(set) var name: String
    private var initialLearningRate, alpha: Double
    private var decaySteps, warmupSteps: Int
    private var warmupTarget: Double?

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

    public static let arguments = Arguments(default: CosineDecay(initialLearningRate: 0, decaySteps: 1)) {
        $0("initial_learning_rate", \.initialLearningRate, required: true)
        $0("decay_steps", \.decaySteps, as: .wholeNumber, required: true)
        $0("alpha", \.alpha)
        $0("warmup_target", \.warmupTarget)
        $0("warmup_steps", \.warmupSteps, as: .wholeNumber)
        $0("name", \.name)
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
