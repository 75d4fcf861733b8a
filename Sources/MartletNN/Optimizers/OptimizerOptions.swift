import MartletCore

/// The options that every optimizer has.
public struct OptimizerOptions: Hashable, Sendable {
    /// Each gradient by itself is scaled to at most this L2 norm.
    public var clipNorm: Double?
    /// Each element of a gradient is clipped to `-clipValue...clipValue`.
    public var clipValue: Double?
    /// All gradients together are scaled to at most this L2 norm.
    public var globalClipNorm: Double?
    /// Decoupled weight decay: each update also subtracts `learningRate * weightDecay * weight`.
    public var weightDecay: Double?
    /// Whether a moving average of each variable is kept, which takes the variable's place at the end of `fit`.
    public var useEMA: Bool
    /// How slowly the moving average forgets: `average ← emaMomentum · average + (1 - emaMomentum) · variable`.
    public var emaMomentum: Double
    /// After every so many updates the averages take the variables' places; nil for only at the end.
    public var emaOverwriteFrequency: Int?
    /// The loss is multiplied by it before gradients are taken, and they are divided by it, so that gradients of low
    /// precision do not vanish.
    public var lossScaleFactor: Double?
    /// Variables change only every so many steps, by the mean of the gradients since.
    public var gradientAccumulationSteps: Int?
    /// Whether of a table that was read with `gathered(at:)`, such as an embedding's, only the rows that were read change,
    /// with their slots, as in `torch.optim.SparseAdam`. Otherwise, as in Keras, an update is that of the whole table: momentum
    /// goes on in rows that were not read, and running means forget.
    ///
    /// It counts for optimizers whose rule treats each element by itself, and for gradients that come from such reads alone:
    /// not where a regularizer or another use of the table adds to them, nor with `gradientAccumulationSteps`. Weight decay
    /// then decays the rows that were read. Keras does not know it, so it is not in files.
    public var sparseUpdates: Bool

    /// Makes options; at most one kind of clipping may be given.
    public init(
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, weightDecay: Double? = nil,
        useEMA: Bool = false, emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil,
        lossScaleFactor: Double? = nil, gradientAccumulationSteps: Int? = nil, sparseUpdates: Bool = false
    ) {
        self.clipNorm = clipNorm
        self.clipValue = clipValue
        self.globalClipNorm = globalClipNorm
        self.weightDecay = weightDecay
        self.useEMA = useEMA
        self.emaMomentum = emaMomentum
        self.emaOverwriteFrequency = emaOverwriteFrequency
        self.lossScaleFactor = lossScaleFactor
        self.gradientAccumulationSteps = gradientAccumulationSteps
        self.sparseUpdates = sparseUpdates
        check()
    }

    /// Complains about bad options.
    func check() {
        let owner = "Optimizer"
        let given = [clipNorm, clipValue, globalClipNorm].compactMap { $0 }
        Argument.check(
            given.count <= 1 && given.allSatisfy { $0 > 0 }, owner, "clipNorm",
            expected: "at most one of clipNorm, clipValue and globalClipNorm, and that positive", received: given)
        Argument.check(
            (0...1).contains(emaMomentum), owner, "emaMomentum", expected: "a number in 0...1", received: emaMomentum)
        Argument.check(
            emaOverwriteFrequency ?? 1 >= 1, owner, "emaOverwriteFrequency", expected: "a positive integer",
            received: emaOverwriteFrequency ?? 1)
        Argument.check(
            gradientAccumulationSteps ?? 2 >= 2, owner, "gradientAccumulationSteps",
            expected: "an integer of at least 2", received: gradientAccumulationSteps ?? 2)
        Argument.check(
            lossScaleFactor ?? 1 > 0, owner, "lossScaleFactor", expected: "a positive number",
            received: lossScaleFactor ?? 1)
    }
}

extension OptimizerOptions {
    /// Scales or clips gradients as the options say, as trainers of one's own may.
    public func clip(_ gradients: [Tensor]) -> [Tensor] {
        let scales = scales(for: gradients)
        return gradients.enumerated().map { clipped($1, scale: scales?[$0]) }
    }

    /// What each gradient is multiplied by for its norm's sake, nil when norms are free: `bound / max(norm, bound)`. A
    /// global norm that is not finite makes every gradient NaN, as in TensorFlow.
    func scales(for gradients: [Tensor]) -> [Tensor]? {
        if let bound = clipNorm {
            return gradients.map { bound / maximum($0.square().sum().squareRoot(), bound) }
        }
        guard let bound = globalClipNorm, !gradients.isEmpty else { return nil }
        let norm = globalNorm(gradients)
        let scale = bound / maximum(norm, bound) + (norm - norm)
        return gradients.map { scale.cast(to: $0.dtype) }
    }

    /// A gradient multiplied by its scale, and its elements clipped.
    func clipped<Number: ElementwiseArithmetic>(_ gradient: Number, scale: Number?) -> Number {
        let scaled = scale.map { gradient * $0 } ?? gradient
        return clipValue.map { scaled.clipped(min: -$0, max: $0) } ?? scaled
    }
}
