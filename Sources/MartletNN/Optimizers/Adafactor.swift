import MartletCore

/// Adam's mean squares kept as one number for each row and one for each column of a matrix, and steps in proportion to
/// the variable.
///
/// Sources: [Shazeer and Stern, 2018](https://arxiv.org/abs/1804.04235),
/// [`keras.optimizers.Adafactor`](https://keras.io/api/optimizers/adafactor/).
public final class Adafactor: Optimizer, ConfigurableOptimizer, Described {
    /// How fast the means of the squares come to forget slowly: β₂ is `1 - t^beta2Decay`.
    public private(set) var beta2Decay: Double
    /// Added to the squares.
    public private(set) var epsilon1: Double
    /// The least size of a variable that steps are in proportion to.
    public private(set) var epsilon2: Double
    /// The greatest root of the mean square of a step, before the rate.
    public private(set) var clipThreshold: Double
    /// Whether the rate is at most `1 / √t`; a schedule's is anyway.
    public private(set) var relativeStep: Bool

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, beta2Decay: Double = -0.8, epsilon1: Double = 1e-30,
        epsilon2: Double = 0.001, clipThreshold: Double = 1, relativeStep: Bool = true, weightDecay: Double? = nil,
        clipNorm: Double? = nil, clipValue: Double? = nil, globalClipNorm: Double? = nil, useEMA: Bool = false,
        emaMomentum: Double = 0.99, emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
        gradientAccumulationSteps: Int? = nil, name: String? = nil
    ) {
        self.beta2Decay = beta2Decay
        self.epsilon1 = epsilon1
        self.epsilon2 = epsilon2
        self.clipThreshold = clipThreshold
        self.relativeStep = relativeStep
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, false, name)
    }

    public static let arguments = Arguments(default: Adafactor()) {
        $0("beta_2_decay", \.beta2Decay)
        $0("epsilon_1", \.epsilon1)
        $0("epsilon_2", \.epsilon2)
        $0("clip_threshold", \.clipThreshold)
        $0("relative_step", \.relativeStep)
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        let sizes = variable.shape.dimensions
        let isFactored = sizes.count >= 2
        // Keras's files hold scalars where there are no rows and columns.
        let rows = isFactored ? Shape(Array(sizes.dropLast())) : []
        let columns = isFactored ? Shape(Array(sizes.dropLast(2)) + [sizes[sizes.count - 1]]) : []
        return [
            Slot("row", .zeros(rows, dtype: variable.dtype)), Slot("column", .zeros(columns, dtype: variable.dtype)),
            .zeros("velocity", like: variable),
        ]
    }

    public override func update(
        _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
    ) {
        let (row, column, velocity) = (slots[0], slots[1], slots[2])
        let rate = minimum(learningRate, 1 / step.squareRoot())
        let alpha = maximum(rootMeanSquare(variable.storedValue), epsilon2) * rate
        let square = gradient.square() + epsilon1
        let beta = 1 - step.pow(beta2Decay)
        if variable.shape.rank >= 2 {
            row.assign(beta * row.storedValue + (1 - beta) * square.mean(axis: -1))
            column.assign(beta * column.storedValue + (1 - beta) * square.mean(axis: -2))
            let share = row.storedValue / row.storedValue.mean(axis: -1, keepDims: true)
            velocity.assign(share.expandingDims(at: -1) * column.storedValue.expandingDims(at: -2))
        } else {
            velocity.assign(beta * velocity.storedValue + (1 - beta) * square)
        }
        let direction = gradient / velocity.storedValue.squareRoot()
        variable.assignSubtract(alpha * direction / maximum(rootMeanSquare(direction) / clipThreshold, 1))
    }

    private func rootMeanSquare(_ x: Tensor) -> Tensor { x.square().mean().squareRoot() }
}
