import Foundation
import Martlet
import MartletCore
import MartletNN
import TestSupport
import Testing

/// Loss scaling: Keras's rule, steps that are left out, and where `compile` puts it.
@Suite(.ownSession) struct LossScaleTests {
    /// The scale after each step, for steps whose gradients are finite or not.
    private static func scales(_ finite: [Bool], initial: Double, growth: Int) -> [Double] {
        let variable = Variable(Tensor([1.0, 2.0]), name: "w")
        let optimizer = LossScaleOptimizer(SGD(learningRate: 0.1), initialScale: initial, dynamicGrowthSteps: growth)
        return finite.map { isFinite in
            optimizer.apply([Tensor(isFinite ? [1.0, 1.0] : [1.0, .infinity])], to: [variable])
            return optimizer.scale
        }
    }

    /// Doubled after so many finite steps in a row, halved at once.
    @Test func theScaleFollowsTheGradients() {
        let steps = [true, true, true, false, true, true, false, false, true, true, true]
        #expect(Self.scales(steps, initial: 8, growth: 3) == [8, 8, 16, 8, 8, 8, 4, 2, 2, 2, 4])
        #expect(Self.scales([true, false, true], initial: 1, growth: 1) == [2, 1, 2])
    }

    /// The step that one of `inner` makes of gradients is that of the scaled ones, whatever clips or decays.
    @Test(arguments: [
        { SGD(learningRate: 0.1, momentum: 0.9) }, { Adam(clipNorm: 0.5) }, { AdamW(globalClipNorm: 0.1) },
        { RMSprop(clipValue: 0.01) }, { SGD(learningRate: 0.1, gradientAccumulationSteps: 2) }, { Muon() }, { Lamb() },
    ] as [@Sendable () -> Optimizer])
    func unscalesBeforeTheInnerOptimizer(_ inner: @Sendable () -> Optimizer) {
        func train(_ optimizer: Optimizer, scale: Double) -> [Double] {
            let weight = Variable(Tensor([[0.5, -1.0], [2.0, 0.25]]), name: "kernel")
            for step in 1...4 {
                let gradient = Tensor([[0.1, -0.2], [0.3, 0.4]]) * Double(step)
                // A power of two changes no digit.
                optimizer.apply([gradient * scale], to: [weight])
            }
            return weight.value.scalars(as: Double.self)
        }
        #expect(train(LossScaleOptimizer(inner(), initialScale: 1024), scale: 1024) == train(inner(), scale: 1))
    }

    private static func data(_ count: Int) -> (Tensor, Tensor) {
        let x = SampleInput.uniform([count, 4], seed: 1).cast(to: .float32)
        return (x, SampleInput.uniform([count, 2], in: -1...1, seed: 2).cast(to: .float32))
    }

    private static func model(_ optimizer: any OptimizerConvertible, runEagerly: Bool) throws -> Model {
        let model = try withDTypePolicy(.mixedFloat16) {
            Sequential([
                InputLayer([4]), Dense(6, activation: .tanh, kernelInitializer: .glorotUniform(seed: 1)),
                Dense(2, kernelInitializer: .glorotUniform(seed: 2), dtype: .float32),
            ])
        }
        try model.compile(optimizer: optimizer, loss: "mse", runEagerly: runEagerly)
        return model
    }

    /// An overflow on purpose: the scale halves, nothing else changes, the log says so, and training goes on.
    @Test(arguments: [false, true]) func overflowLeavesTheStepOut(runEagerly: Bool) throws {
        let (x, y) = Self.data(8)
        let inner = Adam(learningRate: 0.05)
        let model = try Self.model(LossScaleOptimizer(inner, initialScale: 0x1p40), runEagerly: runEagerly)
        let optimizer = try #require(model.optimizer as? LossScaleOptimizer)
        optimizer.build(model.trainableVariables)
        func state() -> [[Double]] { (model.weights + inner.variables).map { $0.value.scalars(as: Double.self) } }
        let before = state()
        let warnings = Guarded<[String]>([])
        try Settings.$warnings.withValue(.init { message in warnings.withLock { $0.append(message) } }) {
            try model.fit(x, y, batchSize: 8, epochs: 1, verbosity: .silent)
        }
        #expect(optimizer.scale == 0x1p39 && optimizer.skippedSteps == 1)
        #expect(state() == before)
        #expect(warnings.withLock { $0.contains { $0.contains("1 step was left out") && $0.contains("loss scale") } })

        // Twenty-odd halvings later the gradients are finite.
        try Settings.$warnings.withValue(.init { _ in }) {
            try model.fit(x, y, batchSize: 8, epochs: 60, verbosity: .silent)
        }
        #expect(optimizer.scale < 0x1p30 && optimizer.skippedSteps < 40)
        #expect(inner.iterations.value.item(as: Int.self) == 61 - optimizer.skippedSteps)
        #expect(state() != before)
        #expect(try model.evaluate(x, y)["loss"]! < 0.2)
    }

    @Test func compiledStepsHaveTheBitsOfEagerOnes() throws {
        let (x, y) = Self.data(9)
        let digests = try [false, true].map { runEagerly in
            let optimizer = LossScaleOptimizer(
                Adam(learningRate: 0.05, clipNorm: 1, gradientAccumulationSteps: 2), initialScale: 0x1p21, dynamicGrowthSteps: 3)
            let model = try Self.model(optimizer, runEagerly: runEagerly)
            try Settings.$warnings.withValue(.init { _ in }) {
                try model.fit(x, y, batchSize: 4, epochs: 6, verbosity: .silent, shuffle: false)
            }
            return model.weightsSHA256 + "\(optimizer.scale) \(optimizer.skippedSteps)"
        }
        #expect(digests[0] == digests[1])
    }

    @Test func compilePutsItAroundForMixedFloat16() throws {
        let model = try Self.model("adam", runEagerly: false)
        let optimizer = try #require(model.optimizer as? LossScaleOptimizer)
        #expect(optimizer.innerOptimizer is Adam && optimizer.scale == 32768 && optimizer.name == "loss_scale_optimizer")
        try model.compile(optimizer: "adam", loss: "mse", autoScaleLoss: false)
        #expect(model.optimizer is Adam)
        try model.compile(optimizer: LossScaleOptimizer(SGD(), initialScale: 2), loss: "mse")
        #expect((model.optimizer as? LossScaleOptimizer)?.innerOptimizer is SGD)
        let brain = try withDTypePolicy(.mixedBfloat16) { Sequential([InputLayer([2]), Dense(1)]) }
        try brain.compile(optimizer: "adam", loss: "mse")
        #expect(brain.optimizer is Adam)
    }

    /// As in Keras a file names the optimizer that `compile` was given. Its state is read with and without loss scaling.
    @Test(arguments: [".keras", ".weights.h5"]) func filesHoldTheState(_ suffix: String) throws {
        let (x, y) = Self.data(8)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + suffix).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let model = try Self.model(Adam(learningRate: 0.05), runEagerly: false)
        try model.fit(x, y, batchSize: 8, epochs: 3, verbosity: .silent)
        func values(_ optimizer: Optimizer?) -> [[Double]] {
            optimizer?.variables.map { $0.value.scalars(as: Double.self) } ?? []
        }
        func reload(_ policy: DTypePolicy) throws -> Model {
            if suffix == ".keras" { return try withDTypePolicy(policy) { try Model.load(from: path) } }
            let other = try Self.model(Adam(learningRate: 0.05), runEagerly: false)
            try other.compile(optimizer: Adam(learningRate: 0.05), loss: "mse", autoScaleLoss: policy == .mixedFloat16)
            try other.loadWeights(from: path)
            return other
        }
        if suffix == ".keras" { try model.save(to: path) } else { try model.saveWeights(to: path) }
        let (same, plain) = (try reload(.mixedFloat16), try reload(.float32))
        #expect(values(same.optimizer) == values(model.optimizer))
        let inner = (model.optimizer as? LossScaleOptimizer)?.innerOptimizer
        #expect(plain.optimizer is Adam && values(plain.optimizer) == values(inner))
        // The other way round: a file without loss scaling, a model with it.
        if suffix == ".keras" { try plain.save(to: path) } else { try plain.saveWeights(to: path) }
        let scaled = try reload(.mixedFloat16)
        let outer = try #require(scaled.optimizer as? LossScaleOptimizer)
        #expect(values(outer.innerOptimizer) == values(inner) && outer.scale == 32768)
        for other in [same, scaled] { try other.fit(x, y, batchSize: 8, epochs: 2, verbosity: .silent) }
        #expect(same.weightsSHA256 == scaled.weightsSHA256)
    }

    /// A float16 gradient has no room for a scale of 2^16; the quotient has.
    @Test func scalesAboveFloat16() {
        let weight = Variable(Tensor([1.0], dtype: .float16), name: "w")
        let optimizer = LossScaleOptimizer(SGD(learningRate: 1), initialScale: 0x1p17)
        optimizer.apply([Tensor([32768.0], dtype: .float16)], to: [weight])
        #expect(weight.value.scalars(as: Double.self) == [0.75])
        #expect(optimizer.scaleLoss(Tensor(2.0, dtype: .float16)).item(as: Double.self) == 0x1p18)
    }
}
