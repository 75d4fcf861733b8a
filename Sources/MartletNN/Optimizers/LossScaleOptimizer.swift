import Foundation
import MartletCore
import MartletFormats

/// Another optimizer, and a factor of the loss that is as large as gradients allow: it doubles after every so many good
/// steps, and halves, with the step left out, when a gradient is not finite. So small gradients do not vanish in `float16`.
///
/// `compile` puts it around the optimizer of a model whose policy is `mixed_float16`. A loop of one's own takes the gradients of
/// `scaleLoss(loss)`; `apply` divides them by the scale before clipping and the update. A step that is left out changes no bit
/// of the weights and of the inner optimizer's state. `fit` logs at the end of an epoch how many were.
///
/// Source: [`keras.optimizers.LossScaleOptimizer`](https://keras.io/api/optimizers/loss_scale_optimizer/).
public final class LossScaleOptimizer: Optimizer, ConfigurableOptimizer {
    /// The optimizer that changes the variables.
    public let innerOptimizer: Optimizer
    /// The first factor.
    public let initialScale: Double
    /// After how many good steps the factor doubles.
    public let dynamicGrowthSteps: Int
    /// Where files hold the inner optimizer's variables.
    static let innerGroup = "inner_optimizer"
    private let stepCounter = Variable(Tensor(0, dtype: .int64), name: "step_counter", trainable: false)
    private let dynamicScale: Variable
    private let skipCounter = Variable(Tensor(0, dtype: .int64), name: "skipped_steps", trainable: false)
    private let reportedSkips = Guarded(0)
    private let updating = NSLock()

    /// Makes the optimizer.
    /// - Parameters:
    ///   - innerOptimizer: changes the variables. Its own `lossScaleFactor` no longer counts.
    ///   - initialScale: the first factor of the loss.
    ///   - dynamicGrowthSteps: after how many steps with finite gradients the factor doubles, at least 1.
    public init(
        _ innerOptimizer: Optimizer, initialScale: Double = 32768, dynamicGrowthSteps: Int = 2000, name: String? = nil
    ) {
        Argument.check(
            dynamicGrowthSteps >= 1, "LossScaleOptimizer", "dynamicGrowthSteps", expected: "a positive integer",
            received: dynamicGrowthSteps)
        self.innerOptimizer = innerOptimizer
        self.initialScale = initialScale
        self.dynamicGrowthSteps = dynamicGrowthSteps
        dynamicScale = Variable(Tensor(initialScale, dtype: .float32), name: "dynamic_scale", trainable: false)
        // Gradients would be scaled twice.
        for inner in [innerOptimizer] + ((innerOptimizer as? MultiOptimizer)?.innerOptimizers ?? []) {
            inner.options.lossScaleFactor = nil
        }
        super.init(name: name, learningRate: 0)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.located("inner_optimizer") { try Optimizer.make(from: config.required("inner_optimizer")) },
            initialScale: config.value("initial_scale", default: 32768),
            dynamicGrowthSteps: config.value("dynamic_growth_steps", default: 2000), name: config.objectName)
    }

    public override var iterations: Variable { innerOptimizer.iterations }

    public override var learningRate: Double {
        get { innerOptimizer.learningRate }
        set { innerOptimizer.learningRate = newValue }
    }

    public override var variables: [Variable] {
        super.variables + [stepCounter, dynamicScale] + innerOptimizer.variables
    }

    /// Keras makes the counter and the scale of this optimizer with the first step.
    override var earlyVariables: [Variable] { super.earlyVariables + innerOptimizer.earlyVariables }

    public override func build(_ variables: [Variable]) { innerOptimizer.build(variables) }

    public override func scaleLoss(_ loss: Tensor) -> Tensor {
        let type = DType.promoted(loss.dtype, .float32)
        return loss.cast(to: type) * dynamicScale.value.cast(to: type)
    }

    /// The present factor of the loss.
    public var scale: Double { dynamicScale.heldValue.item() }
    /// The number of steps that were left out because a gradient was not finite. Files do not hold it.
    public var skippedSteps: Int { skipCounter.heldValue.item() }

    override func endEpoch() {
        let total = skippedSteps
        let new = reportedSkips.withLock { reported in
            defer { reported = total }
            return total - reported
        }
        guard new > 0 else { return }
        Settings.warn(
            "\(name): \(new) \(new == 1 ? "step was" : "steps were") left out, as gradients were not finite. The loss scale is "
                + "now \(scale).")
    }

    override var keepsAverages: Bool { innerOptimizer.keepsAverages }
    override var movingAverages: [(variable: Variable, average: Variable)] { innerOptimizer.movingAverages }

    public override func finalizeValues(of variables: [Variable]) { innerOptimizer.finalizeValues(of: variables) }

    public override func apply(_ gradients: [Tensor?], to variables: [Variable]) {
        if leavesUpdate(to: StepShard.current, gradients, variables) { return }
        updating.lock()
        defer { updating.unlock() }
        build(variables)
        let scale = dynamicScale.value
        let unscaled = gradients.map { gradient in
            gradient.map { gradient in
                // float16 has no room for large scales.
                let type = DType.promoted(gradient.dtype, .float32)
                return (gradient.cast(to: type) / scale.cast(to: type)).notingReadRows(gradient.readRows)
            }
        }
        let finite = gradients.compactMap { $0?.isFinite().all() }
        guard let first = finite.first else { return }
        let isFinite = finite.dropFirst().reduce(first) { $0.logicalAnd($1) }
        Self.only(where: isFinite, variables + innerOptimizer.variables) {
            innerOptimizer.apply(unscaled, to: variables)
        }
        let grows = isFinite.logicalAnd(stepCounter.value .== dynamicGrowthSteps - 1)
        dynamicScale.assign(scale * `where`(grows, 2, `where`(isFinite, Tensor(1, dtype: .float32), 0.5)))
        skipCounter.assign(skipCounter.value + `where`(isFinite, Tensor(0, dtype: .int64), 1))
        stepCounter.assign(`where`(isFinite.logicalAnd(grows.logicalNot()), stepCounter.value + 1, 0))
    }

    public override var config: [String: JSONValue] {
        [
            "name": .string(name), "inner_optimizer": JSONValue(innerOptimizer), "initial_scale": .double(initialScale),
            "dynamic_growth_steps": .int(dynamicGrowthSteps),
        ]
    }
}
