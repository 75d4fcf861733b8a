import Foundation
import MartletCore
import MartletFormats

/// Another optimizer, and a factor of the loss that is as large as gradients allow: it doubles after every so many good
/// steps, and halves, with the step left out, when a gradient is not finite.
///
/// Source: [`keras.optimizers.LossScaleOptimizer`](https://keras.io/api/optimizers/loss_scale_optimizer/).
public final class LossScaleOptimizer: Optimizer, ConfigurableOptimizer {
    /// The optimizer that changes the variables.
    public let innerOptimizer: Optimizer
    /// The first factor.
    public let initialScale: Double
    /// After how many good steps the factor doubles.
    public let dynamicGrowthSteps: Int
    private let stepCounter = Variable(Tensor(0, dtype: .int64), name: "step_counter", trainable: false)
    private let dynamicScale: Variable
    private let updating = NSLock()

    /// Makes the optimizer.
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
        innerOptimizer.options.lossScaleFactor = nil
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

    public override func scaleLoss(_ loss: Tensor) -> Tensor { loss * dynamicScale.value.cast(to: loss.dtype) }

    override var keepsAverages: Bool { innerOptimizer.keepsAverages }
    override var movingAverages: [(variable: Variable, average: Variable)] { innerOptimizer.movingAverages }

    public override func finalizeValues(of variables: [Variable]) { innerOptimizer.finalizeValues(of: variables) }

    public override func apply(_ gradients: [Tensor?], to variables: [Variable]) {
        updating.lock()
        defer { updating.unlock() }
        build(variables)
        let scale = dynamicScale.value
        let unscaled = gradients.map { $0.map { ($0 / scale.cast(to: $0.dtype)).notingReadRows($0.readRows) } }
        let finite = gradients.compactMap { $0?.isFinite().all() }
        guard let first = finite.first else { return }
        let isFinite = finite.dropFirst().reduce(first) { $0.logicalAnd($1) }
        Self.only(where: isFinite, variables + innerOptimizer.variables) {
            innerOptimizer.apply(unscaled, to: variables)
        }
        let grows = isFinite.logicalAnd(stepCounter.value .== dynamicGrowthSteps - 1)
        dynamicScale.assign(scale * `where`(grows, 2, `where`(isFinite, Tensor(1, dtype: .float32), 0.5)))
        stepCounter.assign(`where`(isFinite.logicalAnd(grows.logicalNot()), stepCounter.value + 1, 0))
    }

    public override var config: [String: JSONValue] {
        [
            "name": .string(name), "inner_optimizer": JSONValue(innerOptimizer), "initial_scale": .double(initialScale),
            "dynamic_growth_steps": .int(dynamicGrowthSteps),
        ]
    }
}
