import MartletCore

/// Momentum made orthogonal: each step of a matrix has singular values near 1. Variables that are no matrices, and
/// those that are excluded, are changed by Adam.
///
/// Sources: [Jordan, 2024](https://kellerjordan.github.io/posts/muon/), [Liu et al.,
/// 2025](https://arxiv.org/abs/2502.16982), [`keras.optimizers.Muon`](https://keras.io/api/optimizers/muon/).
public final class Muon: Optimizer, ConfigurableOptimizer, Described {
    /// How slowly Adam's mean of the gradient forgets.
    public private(set) var adamBeta1: Double
    /// How slowly Adam's mean of the squares forgets.
    public private(set) var adamBeta2: Double
    /// The weight decay of Adam's variables.
    public private(set) var adamWeightDecay: Double?
    /// Keeps Adam's divisor away from 0.
    public private(set) var epsilon: Double
    /// Patterns; Adam changes the variables whose path one of them is found in.
    public private(set) var excludeLayers: [String]
    /// Whether Adam changes the variables with `embedding` in their path.
    public private(set) var excludeEmbeddings: Bool
    /// The iteration's factor of X.
    public private(set) var muonA: Double
    /// The iteration's factor of X Xᵀ X.
    public private(set) var muonB: Double
    /// The iteration's factor of (X Xᵀ)² X.
    public private(set) var muonC: Double
    /// Adam's rate, in parts of the learning rate.
    public private(set) var adamLearningRateRatio: Double
    /// How much of the sum of gradients stays.
    public private(set) var momentum: Double
    /// How often the iteration is made.
    public private(set) var iterationSteps: Int
    /// Whether the gradient counts as if taken after the momentum's step.
    public private(set) var nesterov: Bool
    /// Steps are scaled by `√max(rows, columns)` times it; nil leaves them.
    public private(set) var rmsRate: Double?

    /// Makes the optimizer.
    public init(
        learningRate: any LearningRate = 0.001, adamBeta1: Double = 0.9, adamBeta2: Double = 0.999,
        adamWeightDecay: Double? = 0.004, epsilon: Double = 1e-7, excludeLayers: [String] = [],
        excludeEmbeddings: Bool = true, muonA: Double = 3.4445, muonB: Double = -4.775, muonC: Double = 2.0315,
        adamLearningRateRatio: Double = 1, momentum: Double = 0.95, iterationSteps: Int = 5, nesterov: Bool = true,
        rmsRate: Double? = 0.2, weightDecay: Double? = 0.004, clipNorm: Double? = nil, clipValue: Double? = nil,
        globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
        emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil, gradientAccumulationSteps: Int? = nil,
        name: String? = nil
    ) {
        self.adamBeta1 = adamBeta1
        self.adamBeta2 = adamBeta2
        self.adamWeightDecay = adamWeightDecay
        self.epsilon = epsilon
        self.excludeLayers = excludeLayers
        self.excludeEmbeddings = excludeEmbeddings
        self.muonA = muonA
        self.muonB = muonB
        self.muonC = muonC
        self.adamLearningRateRatio = adamLearningRateRatio
        self.momentum = momentum
        self.iterationSteps = iterationSteps
        self.nesterov = nesterov
        self.rmsRate = rmsRate
        super.init(
            learningRate, weightDecay, clipNorm, clipValue, globalClipNorm, useEMA, emaMomentum, emaOverwriteFrequency,
            lossScaleFactor, gradientAccumulationSteps, false, name)
    }

    public static let arguments = Arguments(default: Muon()) {
        $0("adam_beta_1", \.adamBeta1)
        $0("adam_beta_2", \.adamBeta2)
        $0("adam_weight_decay", \.adamWeightDecay)
        $0("epsilon", \.epsilon)
        $0("exclude_layers", \.excludeLayers)
        $0("exclude_embeddings", \.excludeEmbeddings)
        $0("muon_a", \.muonA)
        $0("muon_b", \.muonB)
        $0("muon_c", \.muonC)
        $0("adam_lr_ratio", \.adamLearningRateRatio)
        $0("momentum", \.momentum)
        $0("ns_steps", \.iterationSteps, .repetitions)
        $0("nesterov", \.nesterov)
        $0("rms_rate", \.rmsRate)
    }

    /// Whether Adam changes a variable.
    private func isAdams(_ variable: Variable) -> Bool {
        variable.shape.rank != 2 || excludeEmbeddings && variable.path.lowercased().contains("embedding")
            || excludeLayers.contains { variable.path.contains(pattern: $0) }
    }

    public override func makeSlots(for variable: Variable) -> [Slot] {
        [.zeros("momentum", like: variable)] + (isAdams(variable) ? [.zeros("velocity", like: variable)] : [])
    }

    override func weightDecay(of variable: Variable) -> Double? {
        decays(variable) ? isAdams(variable) ? adamWeightDecay : options.weightDecay : nil
    }

    public override func update(
        _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
    ) {
        let m = slots[0]
        guard slots.count == 1 else {
            let v = slots[1]
            m.assignAdd((gradient - m.storedValue) * (1 - adamBeta1))
            v.assignAdd((gradient.square() - v.storedValue) * (1 - adamBeta2))
            let rate = learningRate * adamLearningRateRatio
            let alpha = rate * (1 - pow(adamBeta2, step)).squareRoot() / (1 - pow(adamBeta1, step))
            variable.assignSubtract(m.storedValue * alpha / (v.storedValue.squareRoot() + epsilon))
            return
        }
        m.assign(m.storedValue * momentum + gradient)
        let direction = orthogonalized(nesterov ? gradient + m.storedValue * momentum : m.storedValue)
        let size = Double(max(variable.shape[0], variable.shape[1])).squareRoot()
        variable.assignSubtract(learningRate * direction * (rmsRate.map { size * $0 } ?? 1))
    }

    /// Newton and Schulz's iteration, which moves the singular values towards 1.
    private func orthogonalized(_ x: Tensor) -> Tensor {
        let isTall = x.shape[0] > x.shape[1]
        var x = isTall ? x.transposed() : x
        x = x / (x.square().sum().squareRoot() + 1e-7)
        for _ in 0..<iterationSteps {
            let square = matmul(x, x, transposeB: true)
            x = x * muonA + matmul(square * muonB + matmul(square, square) * muonC, x)
        }
        return isTall ? x.transposed() : x
    }
}
