import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

/// Compiled steps follow every setting that they were traced with: after a change they do what uncompiled steps do.
@Suite(.ownSession) struct StaleStepTests {
    /// A property that may be set, and how to set it to another value than the one that `make` gave.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let make: @Sendable () throws -> Model
        let change: @Sendable (Model) throws -> Void
        init(
            _ name: String, _ make: @escaping @Sendable () throws -> Model, _ change: @escaping @Sendable (Model) throws -> Void
        ) {
            (testDescription, self.make, self.change) = (name, make, change)
        }
    }

    // MARK: - Parts of a user's own, with properties that say nothing when they change

    final class Scale: Layer {
        var factor = 2.0
        var offsets: [Double?] = [1, nil]
        var table = Tensor([1.0, 2, 3], dtype: .float32)
        var calls = 0
        override func call(_ x: Tensor, in context: CallContext) -> Tensor {
            calls += 1
            return x * factor + offsets.compactMap { $0 }.reduce(0, +) + table
        }
    }

    final class Distance: Loss {
        var power = 2.0
        override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor { ((yTrue - yPred).abs() + 0.1).pow(power).mean(axis: -1) }
    }

    final class Count: Mean {
        var unit = 1.0
        override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil) {
            update(yPred * unit, weight: nil)
        }
    }

    final class Descent: Optimizer {
        var factor = 1.0
        override func update(
            _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
        ) {
            variable.assign(variable.value - gradient * learningRate * factor)
        }
    }

    final class Penalty: Regularizer, @unchecked Sendable {
        var factor = 0.1
        func callAsFunction(_ weight: Tensor) -> Tensor { weight.square().sum() * factor }
    }

    /// Hands its input on, and holds what is given to others.
    final class Holder: Layer {
        let loss = Distance()
        let metric = Count(name: "count")
        let penalty = Penalty()
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { x }
    }

    final class Warming: Model {
        var beta = 0.1
        let first = Dense(3, kernelInitializer: .glorotUniform(seed: 1))
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { first(x) }
        override func trainStep(_ batch: Batch) {
            let tape = GradientTape()
            let loss = tape.record { (self(batch.inputs[0], training: true) - batch.targets[0]).square().mean() * beta }
            optimizer!.apply(tape.gradient(of: loss, withRespectTo: trainableVariables), to: trainableVariables)
        }
    }

    // MARK: - The table

    static func holder(in model: Model) -> Holder { model.layers[1] as! Holder }

    static func stack(_ layers: [Layer] = [], optimizer: any OptimizerConvertible = SGD(learningRate: 0.1)) throws -> Model {
        let model = Sequential(
            [InputLayer([4]), Dense(3, kernelInitializer: .glorotUniform(seed: 1), name: "first")] + layers
                + [Dense(3, kernelInitializer: .glorotUniform(seed: 2), name: "last")])
        try model.compile(optimizer: optimizer, loss: "mse", metrics: ["mae"])
        return model
    }

    static let changes: [Change] = [
        Change("Layer.isTrainable", { try stack() }) { $0.layers[0].isTrainable = false },
        Change("Layer.isTrainable of a model", { try stack([Sequential([Dense(3, kernelInitializer: .ones)])]) }) {
            $0.layers[1].isTrainable = false
        },
        Change("BatchNormalization without weights", { try stack([BatchNormalization(center: false, scale: false)]) }) {
            $0.layers[1].isTrainable = false
        },
        Change("Variable.isTrainable", { try stack() }) { $0.weights[0].isTrainable = false },
        Change("Variable.constraint", { try stack() }) { $0.weights[0].constraint = { $0.clipped(to: -0.1...0.1) } },
        Change(
            "Variable.path", {
                try stack(optimizer: MultiOptimizer(["other": SGD(learningRate: 0.5)], default: SGD(learningRate: 0.1)))
            }) { $0.weights[0].path = "other" },
        Change("excludeFromWeightDecay by name", { try stack(optimizer: AdamW(learningRate: 0.1, weightDecay: 0.5)) }) {
            $0.optimizer!.excludeFromWeightDecay(names: ["kernel"])
        },
        Change("excludeFromWeightDecay", { try stack(optimizer: SGD(learningRate: 0.1, weightDecay: 0.5)) }) {
            $0.optimizer!.excludeFromWeightDecay([$0.weights[0]])
        },
        Change("Optimizer.learningRate", { try stack() }) { $0.optimizer!.learningRate = 0.3 },
        Change("Optimizer.options", { try stack(optimizer: SGD(learningRate: 0.1, lossScaleFactor: 4)) }) {
            // An optimizer that another one takes over loses its factor, here in the middle of its work.
            _ = MultiOptimizer([:], default: $0.optimizer!, lossScaleFactor: 1e-30)
        },
        Change("compile", { try stack() }) { try $0.compile(optimizer: Adam(learningRate: 0.2), loss: "mae", metrics: ["mse"]) },
        Change("Sequential.add", {
            let model = Sequential([InputLayer([4]), Dense(3, kernelInitializer: .glorotUniform(seed: 1))])
            try model.compile(optimizer: "sgd", loss: "mse")
            return model
        }) { ($0 as! Sequential).add(Rescaling(3)) },
        Change("a layer's number", { try stack([Scale()]) }) { ($0.layers[1] as! Scale).factor = 3 },
        Change("a layer's list", { try stack([Scale()]) }) { ($0.layers[1] as! Scale).offsets[1] = 0.5 },
        Change("a layer's tensor", { try stack([Scale()]) }) { ($0.layers[1] as! Scale).table = .zeros([3]) },
        Change("a layer's regularizer", {
            let holder = Holder()
            return try stack([holder, Dense(3, kernelInitializer: .ones, kernelRegularizer: holder.penalty)])
        }) { holder(in: $0).penalty.factor = 1 },
        Change("an activity regularizer", {
            let holder = Holder()
            return try stack([holder, Dense(3, kernelInitializer: .ones, activityRegularizer: holder.penalty)])
        }) { holder(in: $0).penalty.factor = 1 },
        Change("a loss's number", {
            let holder = Holder()
            let model = try stack([holder])
            try model.compile(optimizer: "sgd", loss: holder.loss)
            return model
        }) { holder(in: $0).loss.power = 1 },
        Change("a metric's number", {
            let holder = Holder()
            let model = try stack([holder])
            try model.compile(optimizer: "sgd", loss: "mse", metrics: [holder.metric])
            return model
        }) { holder(in: $0).metric.unit = 2 },
        Change("an optimizer's number", { try stack(optimizer: Descent(learningRate: 0.1)) }) {
            ($0.optimizer as! Descent).factor = 0.5
        },
        Change("a model's number", {
            let model = Warming()
            try model.compile(optimizer: "sgd", loss: "mse")
            return model
        }) { ($0 as! Warming).beta = 1 },
    ]

    @Test(arguments: changes) func follows(_ change: Change) throws {
        let (x, y) = (RandomGenerator(seed: 1).uniform([6, 4]), RandomGenerator(seed: 2).uniform([6, 3]))
        /// What a model makes of two steps, a change, and two more.
        func outcome(eagerly: Bool, changing: Bool) throws -> [[UInt8]] {
            let model = try change.make()
            model.runsEagerly = eagerly
            var logs: [Double] = []
            for part in 0..<2 {
                if part == 1 && changing { try change.change(model) }
                for _ in 0..<2 { try logs += model.trainOnBatch(x, y).map(\.value) }
                try logs += model.evaluate(x, y).map(\.value)
            }
            let tensors = try model.weights.map(\.value) + [model.predict(x), Tensor(logs)]
            return tensors.map { $0.withUnsafeBytes { Array($0) } }
        }
        let expected = try outcome(eagerly: true, changing: true)
        #expect(try outcome(eagerly: false, changing: true) == expected)
        #expect(try outcome(eagerly: false, changing: false) != expected)
    }

    /// A function that a user compiled follows the model that it calls.
    @Test func ownFunctions() throws {
        let model = try Self.stack([Scale()])
        let function = compiled { (x: Tensor) -> Tensor in model(x) }
        let x = Tensor.ones([2, 4])
        for _ in 0..<3 { _ = function(x) }
        #expect(function.traceCount == 1)
        (model.layers[1] as! Scale).factor = -1
        #expect(function(x).scalars(as: Float.self) == model(x).scalars(as: Float.self))
        #expect(function.traceCount == 2)
    }

    /// Settings that change to and fro, as those of a generator and its critic do, need two graphs; a setting of something
    /// else needs none.
    @Test func toAndFro() throws {
        let (model, other) = (try Self.stack(), try Self.stack())
        let step = compiled { (x: Tensor) -> Tensor in
            let tape = GradientTape()
            let loss = tape.record { model(x, training: true).square().sum() }
            model.optimizer!.apply(tape.gradient(of: loss, withRespectTo: model.trainableVariables), to: model.trainableVariables)
            return loss
        }
        for round in 0..<6 {
            model.layers[0].isTrainable = round % 2 == 0
            other.layers[0].isTrainable = round % 3 == 0
            _ = step(Tensor.ones([2, 4]))
        }
        #expect(step.traceCount == 2)
    }
}
