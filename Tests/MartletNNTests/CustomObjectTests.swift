import Martlet
import MartletCore
import MartletFormats
import Synchronization
import TestSupport
import Testing

/// What `body` warns of.
func warnings(in body: () throws -> Void) rethrows -> [String] {
    let messages = Log()
    try Settings.$warnings.withValue(Settings.WarningSink { messages.add($0) }, operation: body)
    return messages.all
}

final class Log: Sendable {
    private let messages = Mutex<[String]>([])
    func add(_ message: String) { messages.withLock { $0.append(message) } }
    var all: [String] { messages.withLock { $0 } }
}

/// Parts of one's own. Each kind has a class, `Own...`, that is registered, and another that is not.
private class PowerLoss: Loss {
    let power: Double
    init(power: Double) {
        self.power = power
        super.init(name: "power")
    }
    override func call(_ yTrue: Tensor, _ yPred: Tensor) -> Tensor { (yTrue - yPred).abs().pow(power).mean(axis: -1) }
    override var config: [String: JSONValue] { super.config.merging(["power": .double(power)]) { $1 } }
}
private final class OwnLoss: PowerLoss, Configurable {
    convenience init(config: Configuration) throws { try self.init(power: config.required("power")) }
}
private final class LostLoss: PowerLoss {}

private class SumMetric: Metric {
    private lazy var total = addState("total")
    init() {
        super.init(name: "distance")
        _ = total
    }
    override func update(_ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor?) {
        total.assign(total.value + (yTrue - yPred).abs().sum())
    }
    override func result() -> Tensor { total.value }
}
private final class OwnMetric: SumMetric, Configurable {
    convenience init(config: Configuration) throws { self.init() }
}
private final class LostMetric: SumMetric {}

/// Steps by the mean of the gradients so far.
private class MeanGradient: Optimizer {
    override func makeSlots(for variable: Variable) -> [Slot] { [.zeros("sum", like: variable)] }
    override func update(
        _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
    ) {
        slots[0].assign(slots[0].value + gradient)
        variable.assign(variable.value - learningRate * slots[0].value / step)
    }
}
private final class OwnOptimizer: MeanGradient, Configurable {
    convenience init(config: Configuration) throws { self.init(learningRate: 1) }
}
private final class LostOptimizer: MeanGradient {}

private protocol Halves: LearningRateSchedule { var first: Double { get } }
extension Halves {
    func callAsFunction(_ step: Tensor) -> Tensor { first / (step.cast(to: .float32) + 1) }
    var config: [String: JSONValue] { ["first": .double(first)] }
}
private struct OwnSchedule: Halves, Configurable {
    let first: Double
    init(first: Double) { self.first = first }
    init(config: Configuration) throws { first = try config.required("first") }
}
private struct LostSchedule: Halves { let first: Double }

private struct OwnRegularizer: Regularizer, Configurable {
    init() {}
    init(config: Configuration) {}
    func callAsFunction(_ weight: Tensor) -> Tensor { weight.square().square().sum() }
}
private struct LostRegularizer: Regularizer {
    func callAsFunction(_ weight: Tensor) -> Tensor { weight.square().square().sum() }
}
private struct OwnInitializer: Initializer, Configurable {
    init() {}
    init(config: Configuration) {}
    func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        Tensor((0..<shape.elementCount).map { 0.1 * Double($0 % 5) - 0.2 }, shape: shape).cast(to: dtype)
    }
}
private struct LostInitializer: Initializer {
    func makeTensor(shape: Shape, dtype: DType) -> Tensor { OwnInitializer().makeTensor(shape: shape, dtype: dtype) }
}
private struct OwnConstraint: Constraint, Configurable {
    init() {}
    init(config: Configuration) {}
    func callAsFunction(_ weight: Tensor) -> Tensor { weight.clipped(to: -0.15...0.15) }
}
private struct LostConstraint: Constraint {
    func callAsFunction(_ weight: Tensor) -> Tensor { weight.clipped(to: -0.15...0.15) }
}
private final class OwnLayer: Layer, Configurable {
    private var factor: Variable?
    convenience init(config: Configuration) throws { try self.init(name: config.name) }
    override func build(for inputShapes: [PartialShape]) throws { factor = addWeight("factor", shape: [], initializer: .ones) }
    override func call(_ x: Tensor, in context: CallContext) -> Tensor { x * factor!.value }
}

private let x = Tensor((0..<24).map { Double(($0 * 5) % 7) / 7 - 0.4 }, shape: [8, 3]).cast(to: .float32)
private let y = x.sum(axis: -1, keepDims: true)

@Suite(.ownSession) struct CustomObjectTests {
    static let registered: Void = {
        register(OwnLoss.self, package: "Tests")
        register(OwnMetric.self)
        register(OwnOptimizer.self)
        register(OwnSchedule.self)
        register(OwnRegularizer.self)
        register(OwnInitializer.self)
        register(OwnConstraint.self)
        register(OwnLayer.self)
        register("ownBend") { $0 * abs($0) }
        register("ownRate") { 0.1 / ($0 + 1) }
        register("ownCube") { yTrue, yPred in pow(abs(yTrue - yPred), 3).mean(axis: -1) }
    }()

    private func fit(_ model: Model) throws -> [String: [Double]] {
        try model.fit(x, y, batchSize: 4, epochs: 2, verbosity: .silent, shuffle: false).history.reduce(into: [:]) {
            $0[$1.key] = $1.value
        }
    }

    /// Everything of one's own at once, or its closures.
    private func model(closures: Bool) throws -> Model {
        let bend = ActivationFunction(name: "ownBend") { $0 * abs($0) }
        let layer = OwnLayer()
        layer.isTrainable = false
        let model = Sequential([
            InputLayer([3]),
            Dense(
                4, activation: bend, kernelInitializer: OwnInitializer(), kernelRegularizer: OwnRegularizer(),
                kernelConstraint: OwnConstraint()), layer, Dense(1, kernelInitializer: OwnInitializer()),
        ])
        if closures {
            try model.compile(
                optimizer: SGD(learningRate: .custom(name: "ownRate") { 0.1 / ($0 + 1) }),
                loss: .custom(name: "ownCube") { yTrue, yPred in pow(abs(yTrue - yPred), 3).mean(axis: -1) },
                metrics: [.custom(name: "ownCube") { yTrue, yPred in pow(abs(yTrue - yPred), 3).mean(axis: -1) }])
        } else {
            let optimizer = OwnOptimizer(learningRate: OwnSchedule(first: 0.2), options: .init(clipValue: 0.3))
            try model.compile(optimizer: optimizer, loss: OwnLoss(power: 3), metrics: [OwnMetric()])
        }
        return model
    }

    /// Training that goes on from a file gives the numbers of training that was not interrupted.
    @Test(arguments: [false, true], [".keras", ".h5"]) func trainingGoesOn(closures: Bool, _ form: String) throws {
        _ = Self.registered
        try withFolder { folder in
            let path = folder + "/model" + form
            let model = try model(closures: closures)
            _ = try fit(model)
            try model.save(to: path)
            var loaded = model
            #expect(try warnings { loaded = try Model.load(from: path) } == [])
            // The legacy format writes names out.
            if form == ".keras" { #expect(try loaded.toJSON() == model.toJSON()) }
            #expect(!loaded.layers[1].isTrainable && loaded.layers[2].isTrainable)
            #expect(try loaded.predict(x).scalars(as: Float.self) == model.predict(x).scalars(as: Float.self))
            let expected = try fit(model)
            #expect(try fit(loaded) == expected)
        }
    }

    /// By names alone.
    @Test func namesAreUnderstood() throws {
        _ = Self.registered
        #expect(try (("ownCube".makeLoss())(Tensor([[1.0], [2]]), Tensor([[3.0], [2]]))).item() == 4)
        #expect(try ActivationFunction(named: "ownBend")(Tensor([-3.0, 2])).scalars(as: Double.self) == [-9, 4])
        #expect(try "OwnOptimizer".makeOptimizer() is OwnOptimizer)
        #expect(try Metric.make(from: "own_metric") is OwnMetric)
        let error = #expect(throws: MartletError.self) {
            try Loss.make(from: ["class_name": "Custom>OwnOptimizer", "config": [:]])
        }
        #expect(error?.message.contains("register") == true)
    }

    /// A part that only training needs is a warning: the model predicts, and trains with what the caller gives.
    @Test(arguments: [
        ("loss", "register(LostLoss.self)"), ("closure", "register(\"lostLoss\") { yTrue, yPred in ... }"),
        ("metric", "register(LostMetric.self)"), ("metric closure", "register(\"lostMetric\") { yTrue, yPred in ... }"),
        ("optimizer", "register(LostOptimizer.self)"), ("schedule", "register(LostSchedule.self)"),
        ("schedule closure", "register(\"lostRate\") { step in ... }"),
    ], [".keras", ".h5"])
    func missingCompilation(_ part: (kind: String, call: String), _ form: String) throws {
        try withFolder { folder in
            let path = folder + "/model" + form
            let model = Sequential([InputLayer([3]), Dense(2, activation: .tanh), Dense(1)])
            let difference: (Tensor, Tensor) -> Tensor = { abs($0 - $1).mean(axis: -1) }
            switch part.kind {
            case "loss": try model.compile(optimizer: "adam", loss: LostLoss(power: 3))
            case "closure": try model.compile(optimizer: "adam", loss: .custom(name: "lostLoss", difference))
            case "metric": try model.compile(optimizer: "adam", loss: "mse", metrics: [LostMetric()])
            case "metric closure":
                try model.compile(optimizer: "adam", loss: "mse", metrics: [.custom(name: "lostMetric", difference)])
            case "optimizer": try model.compile(optimizer: LostOptimizer(learningRate: 0.1), loss: "mse")
            case "schedule": try model.compile(optimizer: SGD(learningRate: LostSchedule(first: 0.1)), loss: "mse")
            default: try model.compile(optimizer: SGD(learningRate: .custom(name: "lostRate") { 1 / ($0 + 1) }), loss: "mse")
            }
            _ = try fit(model)
            try model.save(to: path)
            var loaded: Model = model
            let messages = try warnings { loaded = try Model.load(from: path) }
            #expect(messages.count == 1 && messages[0].contains(part.call), "\(messages)")
            #expect(try loaded.predict(x).scalars(as: Float.self) == model.predict(x).scalars(as: Float.self))
            #expect(loaded.summaryText().contains("Total params"))
            for error in [
                #expect(throws: MartletError.self) { try fit(loaded) },
                #expect(throws: MartletError.self) { try loaded.evaluate(x, y) },
            ] { #expect(error?.message.contains(part.call) == true) }
            try loaded.compile(optimizer: "sgd", loss: "mse")
            #expect(try fit(loaded)["loss"]?.allSatisfy(\.isFinite) == true)
        }
    }

    /// Nor does prediction need initializers, regularizers and constraints. They are written back as they were.
    @Test(arguments: ["initializer", "regularizer", "constraint"]) func missingPartOfALayer(_ kind: String) throws {
        try withFolder { folder in
            let (path, copy) = (folder + "/model.keras", folder + "/copy.keras")
            let layer = switch kind {
            case "initializer": Dense(2, kernelInitializer: LostInitializer())
            case "regularizer": Dense(2, kernelRegularizer: LostRegularizer())
            default: Dense(2, kernelConstraint: LostConstraint())
            }
            let model = Sequential([InputLayer([3]), layer, Dense(1)])
            try model.compile(optimizer: "sgd", loss: "mse")
            try model.save(to: path)
            let call = "register(Lost\(kind.capitalized).self)"
            for _ in 0..<2 {
                var loaded: Model = model
                let messages = try warnings { loaded = try Model.load(from: path) }
                #expect(messages.count == 1 && messages[0].contains(call), "\(messages)")
                #expect(try loaded.predict(x).scalars(as: Float.self) == model.predict(x).scalars(as: Float.self))
                if kind == "initializer" {
                    #expect(try fit(loaded)["loss"]?.count == 2)
                    return
                }
                let error = #expect(throws: MartletError.self) { try fit(loaded) }
                #expect(error?.message.contains(call) == true)
                try loaded.save(to: copy)
                #expect(try loaded.toJSON() == model.toJSON())
            }
        }
    }

    /// What prediction needs is an error that says what to register.
    @Test func missingActivation() throws {
        try withFolder { folder in
            let path = folder + "/model.keras"
            let bend = ActivationFunction(name: "lostBend") { $0 * abs($0) }
            try Sequential([InputLayer([3]), Dense(2, activation: bend)]).save(to: path)
            let error = #expect(throws: MartletError.self) { try Model.load(from: path) }
            #expect(error?.message.contains("register(\"lostBend\") { x in ... }") == true)
        }
    }
}
