import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Optimizers against Keras, in float32, and the fused update against the same operations run one by one.
@Suite(.ownSession) struct OptimizerTests {
    static let fixture = try? Fixture("optimizers")

    @Test func everyOptimizerIsComparedWithKeras() throws {
        let compared = try Set(#require(Self.fixture).cases.map { try $0.string("object", "class_name") })
        for type in OptimizerRegistry.types { #expect(compared.contains(type.className), "\(type.className)") }
    }

    @Test(arguments: (fixture?.cases ?? []).indices) func trajectoriesAreThoseOfKeras(_ index: Int) throws {
        let fixture = try #require(Self.fixture)
        let item = fixture.cases[index]
        let object = try #require(item["object"])
        let optimizer = try Optimizer.make(from: object)
        let names: [String] = try fixture.content.value(at: ["names"])
        let first = try fixture.content.array("variables").map { try $0.tensor() }
        let gradients = try fixture.content.array("gradients").map { try JSONValue.tensors($0) }
        let overflow: Int? = try item.valueIfPresent(at: ["overflow"])
        let undecayed: [String] = try item.value(at: ["undecayed"])
        let variables = zip(names, first).map { Variable($1, name: $0) }
        if !undecayed.isEmpty { optimizer.excludeFromWeightDecay(names: undecayed) }
        for (step, expected) in try item.array("trajectory").enumerated() {
            var present: [Tensor?] = gradients[step]
            if step == overflow { present[0] = present[0]! * Double.infinity }
            optimizer.apply(present, to: variables)
            for (variable, wanted) in zip(variables, try JSONValue.tensors(expected)) {
                // A few roundings of float32 a step. In Adam's first steps √v + ε is small beside what was rounded.
                #expect(
                    relativeError(variable.value, wanted) < 2e-6,
                    "case \(index), step \(step), \(variable.name): \(object)")
            }
        }
        optimizer.finalizeValues(of: variables)
        for (variable, wanted) in zip(variables, try JSONValue.tensors(#require(item["final"]))) {
            #expect(relativeError(variable.value, wanted) < 2e-6, "case \(index), final, \(variable.name): \(object)")
        }
    }

    static var all: [Optimizer] {
        [
            SGD(), SGD(momentum: 0.9), SGD(momentum: 0.9, nesterov: true, weightDecay: 0.1), Adam(),
            Adam(amsgrad: true),
            AdamW(clipValue: 0.5), RMSprop(), RMSprop(momentum: 0.5, centered: true), Adagrad(clipNorm: 0.3),
            Adadelta(),
            Adamax(globalClipNorm: 0.7), Lion(weightDecay: 0.01),
        ]
    }

    /// One step of `optimizer` with tensors, an operation at a time.
    static func stepSlowly(_ optimizer: any ElementwiseOptimizer, _ x: Tensor, _ g: Tensor, _ slots: [Tensor], _ t: Int)
        -> [Tensor]
    {
        let rate = Tensor(optimizer.learningRate, dtype: .float32).cast(to: x.dtype)
        let bound = optimizer.options.clipNorm ?? optimizer.options.globalClipNorm
        let scale = bound.map { bound in bound / maximum(g.square().sum().squareRoot(), bound) }
        return optimizer.step(
            weight: x, gradient: g, scale: scale, slots: slots,
            scalars: [rate] + optimizer.coefficients(rate: rate, step: Tensor(t, dtype: x.dtype)),
            weightDecay: optimizer.options.weightDecay)
    }

    @Test(arguments: [DType.float32, .float64], [0, 1, 7, 5000])
    func fusedUpdatesHaveTheBitsOfSingleOperations(dtype: DType, count: Int) throws {
        let generator = RandomGenerator(seed: 7)
        for optimizer in Self.all {
            let rule = try #require(optimizer as? any ElementwiseOptimizer)
            var x = generator.normal([count], dtype: dtype)
            let variable = Variable(x)
            var slots = optimizer.makeSlots(for: variable).map(\.initial)
            for t in 1...3 {
                let g = generator.normal([count], dtype: dtype)
                let results = Self.stepSlowly(rule, x, g, slots, t)
                (x, slots) = (results[0], Array(results.dropFirst()))
                optimizer.apply([g], to: [variable])
                let found = [variable.value] + optimizer.variables.dropFirst(2).map(\.value)
                for (a, b) in zip(found, results) {
                    #expect(a.withUnsafeBytes { Array($0) } == b.withUnsafeBytes { Array($0) }, "\(optimizer.name)")
                }
            }
        }
    }

    @Test func aValueThatIsHeldElsewhereIsNotOverwritten() {
        let variable = Variable(Tensor([1.0, 2.0]))
        let before = variable.value
        let view = variable.value.reshaped([2, 1])
        SGD(learningRate: 1).apply([Tensor([1.0, 1.0])], to: [variable])
        #expect(before.scalars(as: Double.self) == [1, 2])
        #expect(view.scalars(as: Double.self) == [1, 2])
        #expect(variable.value.scalars(as: Double.self) == [0, 1])
    }

    @Test func gradientsOfAnotherTypeAreConverted() {
        let variable = Variable(Tensor([1.0, 2.0], dtype: .float16))
        SGD(learningRate: 0.5).apply([Tensor([1.0, 2.0], dtype: .float64)], to: [variable])
        #expect(variable.dtype == .float16)
        #expect(variable.value.scalars(as: Double.self) == [0.5, 1])
    }

    /// f(x) = x²/2 has the gradient x: with rules in closed form, in Swift's doubles.
    @Test func theOthersFollowTheirFormulas() {
        func run(_ optimizer: Optimizer) -> [Double] {
            let x = Variable(Tensor(1.5, dtype: .float64))
            return (0..<4).map { _ in
                optimizer.apply([x.value], to: [x])
                return x.value.item()
            }
        }
        func close(_ a: [Double], _ b: [Double]) -> Bool { zip(a, b).allSatisfy { Swift.abs($0 - $1) < 1e-7 } }
        var (x, a, d) = (1.5, 0.0, 0.0)
        let adadelta = (0..<4).map { _ in
            a = 0.95 * a + 0.05 * x * x
            let step = x * (d + 1e-7).squareRoot() / (a + 1e-7).squareRoot()
            d = 0.95 * d + 0.05 * step * step
            x -= 0.5 * step
            return x
        }
        #expect(close(run(Adadelta(learningRate: 0.5)), adadelta))
        var (m, u) = (0.0, 0.0)
        x = 1.5
        let adamax = (1...4).map { t in
            m += 0.1 * (x - m)
            u = Swift.max(0.999 * u, Swift.abs(x))
            x -= 0.5 / (1 - (0..<t).reduce(1.0) { p, _ in p * 0.9 }) * m / (u + 1e-7)
            return x
        }
        #expect(close(run(Adamax(learningRate: 0.5)), adamax))
        (x, m) = (1.5, 0)
        let lion = (0..<4).map { _ in
            let direction = 0.9 * m + 0.1 * x
            m = 0.99 * m + 0.01 * x
            x -= direction > 0 ? 0.5 : direction < 0 ? -0.5 : 0
            return x
        }
        #expect(close(run(Lion(learningRate: 0.5)), lion))
    }

    @Test func clippingKeepsNormsAndElementsInBounds() {
        let gradients = [Tensor([3.0, 4.0]), Tensor([0.0, 12.0])]
        let each = OptimizerOptions(clipNorm: 1).clip(gradients)
        #expect(relativeError(each[0], Tensor([0.6, 0.8])) < 1e-6)
        #expect(relativeError(each[1], Tensor([0.0, 1.0])) < 1e-6)
        // √(9 + 16 + 144) = 13
        let together = OptimizerOptions(globalClipNorm: 6.5).clip(gradients)
        #expect(relativeError(together[0], Tensor([1.5, 2.0])) < 1e-6)
        #expect(relativeError(together[1], Tensor([0.0, 6.0])) < 1e-6)
        let free = OptimizerOptions(globalClipNorm: 100).clip(gradients)
        #expect(relativeError(free[1], gradients[1]) == 0)
        #expect(OptimizerOptions(clipValue: 3.5).clip(gradients)[0].scalars(as: Double.self) == [3, 3.5])
        #expect(OptimizerOptions(clipNorm: 1).clip([Tensor([0.0, 0.0])])[0].scalars(as: Double.self) == [0, 0])
        let broken = OptimizerOptions(globalClipNorm: 1).clip([Tensor([Double.infinity]), Tensor([1.0])])
        #expect(broken.allSatisfy { $0.item().isNaN })
    }

    /// As `tf.clip_by_norm`, `tf.clip_by_global_norm`, `tf.clip_by_value` and `tf.linalg.global_norm`; what is nil stays so.
    @Test func clippingOfLists() {
        let gradients = [Tensor([3.0, 4.0]), Tensor([0.0, 12.0])]
        let some: [Tensor?] = [gradients[0], nil, gradients[1]]
        #expect(globalNorm(gradients).item() == 13.0 && globalNorm(some).item() == 13.0 && globalNorm([]).item() == 0.0)
        func isSame(_ clipped: [Tensor], _ optional: [Tensor?], _ expected: [[Double]]) -> Bool {
            optional[1] == nil && optional.count == 3
                && zip(clipped, expected).allSatisfy { relativeError($0, Tensor($1)) < 1e-6 }
                && zip(optional.compactMap { $0 }, clipped).allSatisfy { $0.scalars(as: Float.self) == $1.scalars() }
        }
        #expect(isSame(clipByNorm(gradients, 1), clipByNorm(some, 1), [[0.6, 0.8], [0, 1]]))
        #expect(isSame(clipByGlobalNorm(gradients, 6.5), clipByGlobalNorm(some, 6.5), [[1.5, 2], [0, 6]]))
        #expect(isSame(clipByValue(gradients, 3.5), clipByValue(some, 3.5), [[3, 3.5], [0, 3.5]]))
    }

    @Test func noGradientsAtAll() async throws {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let model = Sequential([InputLayer([2]), Dense(1, name: "head")])
            let loss = model(Tensor.ones([1, 2])).sum()
            let variables = model.trainableVariables
            Adam().apply(GradientTape().gradient(of: loss, withRespectTo: variables), to: variables)
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("none for any of 2 (\"sequential/head/kernel\", \"sequential/head/bias\")"))
        #expect(text.contains("inside GradientTape.record"))
        // One of two groups may have none.
        let (a, b) = (Variable(Tensor(1.0), name: "a"), Variable(Tensor(1.0), name: "b"))
        let optimizer = MultiOptimizer(["a": SGD(learningRate: 1)], default: SGD(learningRate: 1))
        optimizer.apply([nil, Tensor(0.5)], to: [a, b])
        #expect(a.value.item() == 1.0 && b.value.item() == 0.5)
    }

    @Test func missingGradientsLeaveVariablesAlone() {
        let (a, b) = (Variable(Tensor(1.0)), Variable(Tensor(1.0)))
        Adam().apply([nil, Tensor(1.0)], to: [a, b])
        #expect(a.value.item() == 1.0 && b.value.item() < 1.0)
    }

    @Test func theRateCanBeSetBetweenSteps() {
        let optimizer = SGD(learningRate: 1)
        let x = Variable(Tensor(0.0))
        optimizer.apply([Tensor(-1.0)], to: [x])
        optimizer.learningRate = 0.25
        optimizer.apply([Tensor(-1.0)], to: [x])
        #expect(x.value.item() == 1.25 && optimizer.learningRate == 0.25)
    }

    @Test func constraintsComeLast() {
        let x = Variable(Tensor([1.0, 2.0]))
        x.constraint = { $0.clipped(min: 0.0) }
        SGD(learningRate: 1).apply([Tensor([5.0, 1.0])], to: [x])
        #expect(x.value.scalars(as: Double.self) == [0, 1])
    }

    /// A rule of one's own, in tensors.
    final class SignDescent: Optimizer {
        init() { super.init(name: "sign", learningRate: 0.5, options: .init(clipValue: 1, weightDecay: 0.1)) }
        override func update(
            _ variable: Variable, gradient: Tensor, slots: [Variable], learningRate: Tensor, step: Tensor
        ) { variable.assignSubtract(learningRate * gradient) }
    }

    @Test func anOptimizerOfOnesOwnGetsClippedGradients() {
        let x = Variable(Tensor([1.0, 2.0]))
        SignDescent().apply([Tensor([5.0, -0.5])], to: [x])
        // 1 - 1 · 0.1 · 0.5 - 0.5 · 1 and 2 - 2 · 0.1 · 0.5 + 0.5 · 0.5
        #expect(relativeError(x.value, Tensor([0.45, 2.15])) < 1e-6)
    }

    @Test func namesOfKerasMakeOptimizers() throws {
        #expect(try "AdamW".makeOptimizer() is AdamW)
        #expect(try "sgd".makeOptimizer().learningRate == Double(Float(0.01)))
        #expect(throws: MartletError.self) { try "adma".makeOptimizer() }
        do { _ = try "adma".makeOptimizer() } catch { #expect("\(error)".contains("\"adam\"")) }
    }
}

extension JSONValue {
    /// An array of tensors.
    static func tensors(_ value: JSONValue) throws -> [Tensor] {
        guard case .array(let values) = value else { return [] }
        return try values.map { try $0.tensor() }
    }
}
