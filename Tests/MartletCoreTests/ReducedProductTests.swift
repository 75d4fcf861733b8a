import MartletCore
import TestSupport
import Testing

/// Products of 16 and 8 bits as tapes and compiled functions use them; `CKernelsTests` has their kernels.
@Suite(.serialized, .ownSession) struct ReducedProductTests {
    static func bits(_ tensors: [Tensor]) -> [[UInt32]] {
        tensors.map { $0.cast(to: .float32).scalars(as: Float.self).map(\.bitPattern) }
    }

    /// A loss that reads two weights through a product of `bfloat16` or its kind.
    enum Step: CaseIterable {
        case product, transposed, batches, broadcast, dense, pointwise, window

        static let x = RandomGenerator(seed: 1).uniform([2, 6, 6, 10], in: -0.5..<1, dtype: .float32)

        var shape: Shape {
            switch self {
            case .pointwise: [1, 1, 10, 7]
            case .window: [3, 3, 10, 7]
            case .transposed: [7, 10]
            case .batches: [2, 6, 10, 7]
            default: [10, 7]
            }
        }

        func output(_ x: Tensor, _ w: Tensor, _ b: Tensor) -> Tensor {
            switch self {
            case .product: matmul(x, w) + b
            case .transposed: matmul(x, w, transposeB: true) + b
            case .batches: matmul(x, w) + b
            case .broadcast: matmul(x.sum(axes: [0, 1]), matmul(w, w, transposeB: true).broadcast(to: [3, 10, 10])).mean(axes: [0])
            case .dense: denseLayer(x, w, bias: b, activation: .relu)
            case .pointwise, .window: convLayer(x, w, bias: b, activation: .relu)
            }
        }

        /// The loss and its gradients, with weights of `type`.
        func gradients(_ w: Variable, _ b: Variable, _ type: DType) -> [Tensor] {
            let tape = GradientTape()
            let loss = tape.record {
                let y = output(Self.x.cast(to: .bfloat16).cast(to: type), w.value.cast(to: type), b.value.cast(to: type))
                return (y.cast(to: .float64) * Tensor.linearSpace(from: -1, to: 1, count: y.shape[-1], dtype: .float64)).mean()
            }
            return [loss] + tape.gradient(of: loss, withRespectTo: [w, b], unconnected: .zeros).map { $0! }
        }
    }

    /// The two ways of computing and a compiled function have the same bits, and all are near `float64`'s results.
    @Test(arguments: Step.allCases) func bfloat16(_ step: Step) {
        func weight(_ shape: Shape, seed: Int) -> Variable {
            // Numbers that bfloat16 holds.
            Variable(RandomGenerator(seed: seed).uniform(shape, in: -0.5..<0.5, dtype: .float32).cast(to: .bfloat16).cast(to: .float32))
        }
        let (w, b) = (weight(step.shape, seed: 2), weight([7], seed: 3))
        var results: [[Tensor]] = []
        for engine in Bfloat16Engine.allCases {
            Settings.bfloat16Engine = engine
            let compiledStep = compiled { step.gradients(w, b, .bfloat16) }
            results += [step.gradients(w, b, .bfloat16), compiledStep(), compiledStep()]
        }
        Settings.bfloat16Engine = .automatic
        for other in results.dropFirst() { #expect(Self.bits(other) == Self.bits(results[0])) }
        for (value, exact) in zip(results[0], step.gradients(w, b, .float64)) {
            let scale = exact.abs().max().item(as: Double.self)
            let error = (value.cast(to: .float64) - exact.cast(to: .float64)).abs().max().item(as: Double.self)
            // Some roundings to 8 bits, of results and of gradients on the way.
            #expect(error <= scale * 0.02 + 1e-6, "\(error) of \(scale)")
        }
    }

    static func whole(_ shape: Shape, seed: Int, extreme: Bool = false) -> Tensor {
        let numbers = RandomGenerator(seed: seed).uniform(shape, in: -128..<128, dtype: .float64).floor()
        return extreme ? numbers.sign() * 127 : numbers
    }

    /// The exact sums, rounded once, eagerly and with the weights laid out by a compiled function.
    @Test(arguments: [(1, 1, 1), (3, 5, 7), (13, 64, 33), (65, 130, 257), (200, 17, 64), (4, 70, 2050)])
    func int8(_ m: Int, _ n: Int, _ k: Int) {
        for extreme in [false, true] {
            let (a, b) = (Self.whole([m, k], seed: 1, extreme: extreme), Self.whole([k, n], seed: 2, extreme: extreme))
            let exact = matmul(a.cast(to: .int64), b.cast(to: .int64)).scalars(as: Int.self).map { Float($0) }
            let (x, w) = (a.cast(to: .float32), Variable(b.cast(to: .float32)))
            #expect(int8Matmul(x, w.value).scalars(as: Float.self) == exact)
            let step = compiled { (x: Tensor) in int8Matmul(x, w.value) }
            for _ in 0..<3 { #expect(step(x).scalars(as: Float.self) == exact) }
            #expect(int8Matmul(x.reshaped(to: [1, m, k]), w.value).shape == [1, m, n])
        }
    }

    /// Numbers that are not whole, and ones that are too large, have the usual product; NaN stays in its row.
    @Test func otherNumbers() {
        let w = Variable(Self.whole([40, 9], seed: 3).cast(to: .float32))
        let step = compiled { (x: Tensor) in int8Matmul(x, w.value) }
        let whole = Self.whole([70, 40], seed: 4).cast(to: .float32)
        for _ in 0..<3 { _ = step(whole) }
        for x in [whole * 0.5, whole * 3] {
            #expect(step(x).allClose(to: matmul(x, w.value), relativeTolerance: 1e-6, absoluteTolerance: 1e-3))
        }
        var numbers = whole.scalars(as: Float.self)
        numbers[5] = .nan
        let y = step(Tensor(numbers, shape: [70, 40]))
        #expect(y.isNaN().scalars(as: Bool.self) == (0..<70 * 9).map { $0 < 9 })
        let fractions = Variable(w.value * 0.25)
        let other = compiled { (x: Tensor) in int8Matmul(x, fractions.value) }
        for _ in 0..<3 {
            #expect(other(whole).allClose(to: matmul(whole, fractions.value), relativeTolerance: 1e-6, absoluteTolerance: 1e-3))
        }
    }
}
