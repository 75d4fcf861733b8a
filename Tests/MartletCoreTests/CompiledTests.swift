import MartletCore
import TestSupport
import Testing

/// Compiled functions give the bits of the uncompiled ones; what they assign and draw is the same too.
@Suite(.ownSession) struct CompiledTests {
    /// Bit patterns, so that NaN equals itself and 0 differs from -0.
    static func bytes(_ tensor: Tensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }

    static let x = Tensor.randomNormal([7, 5])
    static let w = Tensor.randomNormal([5, 3])

    @Test func elementwiseChains() {
        func f(_ x: Tensor, _ w: Tensor) -> (Tensor, Tensor) {
            let y = matmul(x, w)
            let z = (y * 2 + 1).tanh() - y.exp() / (1 + y.exp())
            return (z, (z - z.mean(axis: 0)).square().sum(axis: -1))
        }
        let g = compiled(f)
        for _ in 0..<3 {
            let (a, b) = g(Self.x, Self.w)
            let (c, d) = f(Self.x, Self.w)
            #expect(Self.bytes(a) == Self.bytes(c))
            #expect(Self.bytes(b) == Self.bytes(d))
        }
        #expect(g.traceCount == 1)
        _ = g(Self.x[..<2], Self.w)
        #expect(g.traceCount == 2)
    }

    @Test func gradientsAndVariables() {
        func training(compile: Bool) -> [[UInt8]] {
            let weight = Variable(Self.w)
            let momentum = Variable(Tensor.zeros([5, 3]), trainable: false)
            let generator = RandomGenerator(seed: 3)
            func step(_ x: Tensor) -> Tensor {
                let tape = GradientTape()
                let loss = tape.record {
                    let h = matmul(x, weight.value).relu() * generator.bernoulli([7, 3], probability: 0.5, dtype: .float32)
                    return h.square().mean()
                }
                let gradient = tape.gradient(of: loss, withRespectTo: weight)!
                momentum.assign(momentum.value * 0.9 + gradient)
                weight.assignSubtract(momentum.value * 0.1)
                return loss
            }
            let stepCompiled = compiled(step)
            let run = compile ? { stepCompiled($0) } : step
            var losses: [[UInt8]] = []
            for _ in 0..<5 { losses.append(Self.bytes(run(Self.x))) }
            return losses + [weight.value, momentum.value, generator.state.value].map(Self.bytes)
        }
        #expect(training(compile: true) == training(compile: false))
    }

    @Test func heldValuesStay() {
        let counter = Variable(Tensor([1.0, 2.0]), trainable: false)
        let bump = compiled { () -> Tensor in
            counter.assign(counter.value + 1)
            return counter.value
        }
        let before = counter.value
        let first = bump()
        let held = counter.value
        let second = bump()
        #expect(before.scalars() == [1.0, 2.0])
        #expect(first.scalars() == [2.0, 3.0])
        #expect(held.scalars() == [2.0, 3.0])
        #expect(second.scalars() == [3.0, 4.0])
        #expect(counter.value.scalars() == [3.0, 4.0])
    }

    @Test func variablesCanSwap() {
        let (a, b) = (Variable(Tensor([1.0, 2.0])), Variable(Tensor([3.0, 4.0])))
        let swap = compiled { () -> Void in
            let old = a.value
            a.assign(b.value)
            b.assign(old)
        }
        swap()
        #expect(a.value.scalars() == [3.0, 4.0] && b.value.scalars() == [1.0, 2.0])
        swap()
        #expect(a.value.scalars() == [1.0, 2.0] && b.value.scalars() == [3.0, 4.0])
    }

    /// What ops know to be simpler is gone from the graph, and the bits stay, those of -0 too.
    @Test func simplerFormulas() {
        func nodes(_ body: @escaping (Tensor) -> Tensor) -> Int {
            let function = compiled(body)
            let x = Tensor([[-0.0, 1, 2], [3, -4, .infinity]], dtype: .float32)
            #expect(Self.bytes(function(x)) == Self.bytes(body(x)))
            return function.executable!.graph.nodes.count
        }
        #expect(nodes { $0.exp() * 1 / 1 - 0 } == 1)
        // The first one flushes denormal numbers, which an argument may hold.
        #expect(nodes { $0 * 1 / 1 - 0 } == 1)
        #expect(nodes { -(-$0) } == 0)
        #expect(nodes { $0.transposed().transposed() } == 0)
        #expect(nodes { $0.reshaped(3, 1, 2).transposed(permutation: [1, 0, 2]).transposed(permutation: [2, 1, 0]) } == 2)
        #expect(nodes { $0.reshaped(6).reshaped(2, 3) } == 0)
        #expect(nodes { $0 + 0 } == 1)
        #expect(nodes { $0 - Tensor.zeros([4, 2, 3]) } > 0)
        #expect(nodes { $0.exp() + $0.exp() } == 1)
        // To fewer bits and back, once: what has no more bits is not rounded, and a view does not stand between.
        for type in [DType.bfloat16, .float16] {
            func rounded(_ x: Tensor) -> Tensor { x.cast(to: type).cast(to: .float32) }
            #expect(nodes { rounded(rounded($0 * 1.1).relu().transposed()) } == 2)
            #expect(nodes { rounded(rounded($0 * 1.1).transposed().exp()) } == 3)
            #expect(nodes { ($0 * 1.1).cast(to: type).reshaped(6).cast(to: .float32) } == 2)
            #expect(nodes { rounded($0 * 1.1).cast(to: .float64).cast(to: .float32) } == 1)
        }
    }

    /// The gradient of a relu before a pooling is gated where it is small, unless windows overlap.
    @Test(arguments: 0..<3) func gatedPooling(_ number: Int) throws {
        let size = [[2, 2], [2, 3], [3, 3]][number]
        let strides = [[2, 2], [3, 3], [2, 2]][number]
        let padding: Padding = number == 0 ? .valid : .same
        let x = Tensor.randomNormal([2, 7, 8, 3])
        func gradient(_ x: Tensor) -> Tensor {
            let tape = GradientTape()
            let loss = tape.record {
                tape.watch(x)
                return maxPool((x * 2).relu(), size: size, strides: strides, padding: padding).square().sum()
            }
            return tape.gradient(of: loss, withRespectTo: x)!
        }
        let function = compiled(gradient)
        #expect(Self.bytes(function(x)) == Self.bytes(gradient(x)))
        // What is multiplied at the end tells where the gate went.
        let nodes = function.executable!.graph.nodes
        let spread = try #require(nodes.firstIndex { type(of: $0.op).name == "maxPoolGradient" })
        let last = nodes[spread + 1].op
        #expect((type(of: last).name == "multiply") == (size[0] <= strides[0]))
    }

    /// So is that of a layer that is rounded to `bfloat16` between. In `float16` what is rounded to 0 was positive before.
    @Test(arguments: [DType.bfloat16, .float16]) func gatedPoolingOfHalves(_ type: DType) throws {
        let x = Tensor.randomNormal([2, 7, 8, 3]).cast(to: type), kernel = Tensor.randomNormal([3, 3, 3, 4]).cast(to: type)
        func gradient(_ x: Tensor, _ kernel: Tensor) -> Tensor {
            let tape = GradientTape()
            let loss = tape.record {
                tape.watch(x)
                return maxPool(convLayer(x, kernel, activation: .relu), size: [2, 2], strides: [2, 2]).square().sum()
            }
            return tape.gradient(of: loss, withRespectTo: x)!
        }
        for factor in [1, 1e-6] {
            let function = compiled(gradient)
            #expect(Self.bytes(function(x * factor, kernel)) == Self.bytes(gradient(x * factor, kernel)))
            let graph = function.executable!.graph
            let spread = try #require(graph.nodes.first { Swift.type(of: $0.op).name == "maxPoolGradient" })
            let readers = graph.nodes.filter { $0.inputs.contains(spread.outputs[0]) }.map { Swift.type(of: $0.op).name }
            #expect((readers == ["convInputGradient"]) == (type == .bfloat16), "\(readers)")
        }
    }

    @Test func plainValuesAndContainers() {
        let f = compiled { (xs: [Tensor], flag: Bool, extra: Tensor?) -> [String: Tensor] in
            ["a": flag ? xs[0] + xs[1] : xs[0] - xs[1], "b": extra ?? xs[0]]
        }
        let (p, q) = (Tensor([5.0]), Tensor([2.0]))
        #expect(f([p, q], true, nil)["a"]!.item() == 7)
        #expect(f([p, q], false, q)["a"]!.item() == 3)
        #expect(f([p, q], false, q)["b"]!.item() == 2)
        #expect(f.traceCount == 2)
    }
}
