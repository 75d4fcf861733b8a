import MartletCore
import TestSupport
import Testing

/// Compiled functions have the bits of plain calls: every op on its samples with its gradient, and random formulas.
@Suite(.ownSession) struct CompiledPropertyTests {
    static func bits(_ tensors: [Tensor]) -> [[UInt8]] { tensors.map { $0.withUnsafeBytes { Array($0) } } }

    @Test func everyOpAndItsGradient() {
        var count = 0
        for sample in OpRegistry.all.flatMap({ $0.samples }) {
            for type in [DType.float64, .float32] {
                let inputs = sample.inputs.map { $0.dtype.isFloatingPoint ? $0.cast(to: type) : $0 }
                // A loop's body was traced for one type.
                guard (try? sample.op.outputs(for: inputs.map(\.spec))) != nil else { continue }
                func call(_ inputs: [Tensor]) -> [Tensor] {
                    let tape = GradientTape()
                    let sources = zip(inputs, sample.checked).filter { $0.1 }.map { $0.0 }
                    let outputs = tape.record {
                        for source in sources { tape.watch(source) }
                        // Something for the op to be fused with on both sides.
                        let results = perform(sample.op, inputs).map { $0.dtype.isFloatingPoint ? $0 * 1.5 + 0.25 : $0 }
                        // What a sequence keeps for its gradient has gaps that nobody writes.
                        return Swift.type(of: sample.op).name == "recurrentSequence"
                            ? results.filter { $0.dtype != .uint8 } : results
                    }
                    let targets = outputs.filter(\.dtype.isFloatingPoint)
                    guard !targets.isEmpty, !sources.isEmpty else { return outputs }
                    return outputs
                        + tape.gradients(of: targets, withRespectTo: sources, unconnected: .zeros).map { $0! * 3 }
                }
                let graph = compiled(call)
                let eager = Self.bits(call(inputs))
                // The gradient of this gradient is itself written with loops, whose sums uncompiled have another order.
                if Swift.type(of: sample.op).name == "whileGradient" { continue }
                for _ in 0..<2 {
                    #expect(Self.bits(graph(inputs)) == eager, "\(Swift.type(of: sample.op).name) \(sample.label) \(type)")
                }
                count += 1
            }
        }
        #expect(count > 500)
    }

    /// Formulas put together at random from elementwise ops, reductions, products and reshapes over a pool of values.
    @Test(arguments: 0..<60) func randomFormulas(seed: Int) {
        func call(_ inputs: [Tensor]) -> [Tensor] {
            var random = RandomNumbers(seed: seed)
            let tape = GradientTape()
            var pool = inputs
            let outputs = tape.record { () -> [Tensor] in
                for input in inputs { tape.watch(input) }
                for _ in 0..<30 {
                    let (a, b) = (pool[random.next(pool.count)], pool[random.next(pool.count)])
                    pool.append(Self.combine(a, b, random.next(22)))
                }
                return (0..<4).map { _ in pool[random.next(pool.count)] }
            }
            return outputs + tape.gradients(of: outputs, withRespectTo: inputs, unconnected: .zeros).map { $0! }
        }
        let inputs = [Shape([5, 6]), [6], [5, 1], [], [6, 5]].enumerated().map {
            SampleInput.uniform($1, seed: UInt64($0 + seed))
        }
            .map { $0.cast(to: seed % 2 == 0 ? .float32 : .float64) }
        let graph = compiled(call)
        let eager = Self.bits(call(inputs))
        for _ in 0..<3 { #expect(Self.bits(graph(inputs)) == eager) }
    }

    static func combine(_ a: Tensor, _ b: Tensor, _ kind: Int) -> Tensor {
        let fits = Shape.broadcast(a.shape, b.shape) != nil
        switch kind {
        case 0...1 where fits: return a + b
        case 2 where fits: return a * b
        case 3 where fits: return a - b
        case 4 where fits: return `where`(a .> b, a, b)
        case 5 where fits: return maximum(a, b)
        case 6 where fits: return a / (b.square() + 1)
        case 7 where a.rank == 2 && b.rank == 2 && a.shape[1] == b.shape[0]: return matmul(a, b) * 0.2
        case 8 where a.rank == 2 && b.rank == 2 && a.shape[1] == b.shape[1]: return matmul(a, b.transposed()) * 0.2
        case 9 where a.rank == 2: return matmul(a.transposed(), a) * 0.1
        case 10 where a.rank > 0: return a.mean(axis: 0, keepDims: true)
        case 11 where a.rank > 0: return a.sum(axis: -1, keepDims: true) * 0.1
        case 12 where a.rank > 0: return a.max(axis: -1, keepDims: true)
        case 13 where a.rank == 2: return a.transposed()
        case 14 where a.rank == 2: return a.reshaped(to: [a.shape[1], a.shape[0]])
        case 15: return a.tanh()
        case 16: return a.sigmoid()
        case 17: return a.relu()
        case 18: return (a * 0.3).exp() - 1
        case 19 where a.rank > 0: return a.softmax()
        case 20: return a.square() * 0.5
        default: return -a + 0.5
        }
    }

    struct RandomNumbers {
        private var state: UInt64
        init(seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
        mutating func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
    }
}
