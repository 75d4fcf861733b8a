/// Adam with weight decay apart from the gradient: before Adam's step, `w ← w - rate · weightDecay · w`.
///
/// Sources: [Loshchilov and Hutter, 2017](https://arxiv.org/abs/1711.05101),
/// [`keras.optimizers.AdamW`](https://keras.io/api/optimizers/adamw/).
public final class AdamW: Adam {
    /// Makes the optimizer: Adam's, but for the decay.
    public override init(
        learningRate: any LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7,
        amsgrad: Bool = false, weightDecay: Double? = 0.004,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false, name: String? = nil
    ) {
        super.init(
            learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad,
            weightDecay: weightDecay, clipNorm: clipNorm, clipValue: clipValue, globalClipNorm: globalClipNorm,
            useEMA: useEMA, emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
            lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
            sparseUpdates: sparseUpdates, name: name)
    }

    /// Makes the optimizer, as Keras's documents write it. The properties describe the arguments.
    public convenience init(
        _ learningRate: any LearningRate, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-7
    ) {
        self.init(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    }

    /// Makes the optimizer. The properties describe the arguments.
    public convenience init(_ learningRate: any LearningRate, weightDecay: Double?) {
        self.init(learningRate: learningRate, weightDecay: weightDecay)
    }

    public override class var arguments: Arguments<Adam> { super.arguments.starting(from: AdamW()) }
}

extension OptimizerConvertible where Self == AdamW {
    /// Adam with weight decay apart from the gradient.
    public static func adamW(learningRate: any LearningRate = 0.001, weightDecay: Double = 0.004) -> AdamW {
        AdamW(learningRate: learningRate, weightDecay: weightDecay)
    }
}
