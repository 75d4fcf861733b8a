import Martlet
import TestSupport
import Testing

/// A layer from outside the package: an op, a weight and a random stream of its own.
private final class OwnNoise: Layer, Configurable {
    static let bend = CustomOp("bend") { [$0[0]] } run: { inputs, outputs in
        let (x, y) = (inputs[0].elements(Double.self), outputs[0].elements(Double.self))
        for i in x.indices { y[i] = x[i] * x[i] * x[i] }
    } gradient: { inputs, _, upstream in
        [3 * inputs[0].square() * upstream[0]]
    }

    private let generator: RandomGenerator
    private var factor: Variable?

    init(seed: Int? = nil, name: String? = nil) {
        generator = RandomGenerator(seed: seed)
        super.init(name: name, dtype: .float64)
    }
    convenience init(config: Configuration) throws { try self.init(name: config.name) }
    override func build(for inputShapes: [PartialShape]) throws {
        factor = addWeight("factor", shape: [], initializer: .ones)
    }
    override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let y = Self.bend(x) * factor!.value
        return context.training ? y + generator.normal(x.shape, dtype: x.dtype) : y
    }
    override var randomGenerators: [RandomGenerator] { [generator] }
}

/// Layers that break a rule each.
private class Broken: Layer, Configurable {
    init(name: String? = nil) { super.init(name: name, dtype: .float64) }
    required convenience init(config: Configuration) throws { try self.init(name: config.name) }
}
private final class WrongShape: Broken {
    override func call(_ x: Tensor, in context: CallContext) -> Tensor { x.sum(axis: -1) }
}
private final class WrongGradient: Broken {
    override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        withCustomGradient(of: x) { x in (x.square(), { 3 * x * $0 }) }
    }
}
private final class LostGradient: Broken {
    private var factor: Variable?
    override func build(for inputShapes: [PartialShape]) throws { factor = addWeight("factor", shape: [], initializer: .ones) }
    override func call(_ x: Tensor, in context: CallContext) -> Tensor { x * factor!.value.stopGradient() }
}
private final class NarrowWeight: Broken {
    private var factor: Variable?
    override func build(for inputShapes: [PartialShape]) throws {
        factor = addWeight("factor", shape: [], initializer: .ones, dtype: .float32)
    }
    override func call(_ x: Tensor, in context: CallContext) -> Tensor { x * factor!.value.cast(to: x.dtype) }
}
private final class Counting: Broken {
    private var calls = 0.0
    override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        calls += 1
        return x * calls
    }
}

/// The rules that users can check their own layers by.
@Suite(.ownSession) struct LayerCheckTests {
    private static let registered: Void = {
        register(OwnNoise.self, package: "LayerCheckTests")
        register(WrongShape.self)
        register(WrongGradient.self)
        register(LostGradient.self)
        register(NarrowWeight.self)
        register(Counting.self)
    }()

    @Test func anOwnLayerKeepsAllRules() throws {
        _ = Self.registered
        let failures = try LayerCheck(LayerSample("own", OwnNoise(seed: 1), [[3]])).failures()
        #expect(failures == [])
    }

    @Test func aBrokenLayerIsFound() throws {
        _ = Self.registered
        func rules(_ make: @escaping @Sendable @autoclosure () -> Layer) throws -> Set<LayerCheck.Rule> {
            let check = LayerCheck(LayerSample("broken", make(), [[3]]))
            return try Set(LayerCheck.Rule.allCases.filter { try !check.failures(of: $0).isEmpty })
        }
        #expect(try rules(WrongShape()) == [.shapes])
        #expect(try rules(WrongGradient()) == [.inputGradients])
        #expect(try rules(LostGradient()) == [.weightGradients])
        #expect(try rules(NarrowWeight()).contains(.shapes))
        #expect(try rules(Counting()).isSuperset(of: [.compiled, .threads, .graph]))
    }
}
