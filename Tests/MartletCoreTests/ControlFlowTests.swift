import MartletCore
import TestSupport
import Testing

/// Control flow against plain Swift, uncompiled: values, gradients, assigned variables.
@Suite(.ownSession) struct ControlFlowTests {
    /// The results and the gradients of their sum with respect to inputs and variables.
    static func derived(
        _ variables: [Variable], _ body: @escaping ([Tensor]) -> [Tensor]
    ) -> ([Tensor]) -> [Tensor] {
        { inputs in
            let tape = GradientTape()
            let floats = inputs.filter(\.dtype.isFloatingPoint)
            let results = tape.record {
                for input in floats { tape.watch(input) }
                return body(inputs)
            }
            let sources: [any GradientSource] = floats + variables
            return results + tape.gradients(
                of: results.filter(\.dtype.isFloatingPoint), withRespectTo: sources, unconnected: .zeros).map { $0! }
        }
    }

    static func expectSame(
        _ inputs: [[Tensor]], traces: Int = 1, variables make: () -> [Variable] = { [] },
        _ body: @escaping ([Variable], [Tensor]) -> [Tensor], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let (first, second) = (make(), make())
        let eager = derived(first) { body(first, $0) }
        let graph = compiled(derived(second) { body(second, $0) })
        for arguments in inputs {
            let (expected, found) = (eager(arguments), graph(arguments))
            #expect(expected.map(\.spec) == found.map(\.spec), sourceLocation: sourceLocation)
            for (a, b) in zip(expected, found) {
                #expect(
                    a.allClose(to: b, relativeTolerance: 1e-12, absoluteTolerance: 1e-14), "\(a) \(b)",
                    sourceLocation: sourceLocation)
            }
            for (a, b) in zip(first, second) {
                #expect(a.value.allClose(to: b.value, relativeTolerance: 1e-12), sourceLocation: sourceLocation)
            }
        }
        #expect(graph.traceCount == traces, sourceLocation: sourceLocation)
    }

    static let x = SampleInput.uniform([4], seed: 1)
    static func weights() -> [Variable] { 
        [Variable(SampleInput.uniform([4], seed: 2)), Variable(Tensor(0.0, dtype: .float64), trainable: false)]
    }

    @Test func branches() {
        Self.expectSame([[Self.x, Tensor(1.0)], [Self.x, Tensor(-1.0)]], variables: Self.weights) { variables, inputs in
            let (x, flag) = (inputs[0], inputs[1].sum() .> 0)
            let y = cond(flag, { (x * variables[0].value).exp() }, { x.square() })
            let nested = cond(
                flag,
                { () -> Tensor in
                    variables[1].assign(variables[1].value + 1)
                    return cond(y.sum() .> 2, { y * 2 }, { y * variables[0].value })
                }, { x - y })
            return [y, nested, variables[1].value * x]
        }
    }

    @Test(arguments: [false, true]) func scans(reverse: Bool) {
        for length in [1, 5] {
            let rows = SampleInput.uniform([length, 4], seed: 3)
            Self.expectSame([[Self.x, rows]], variables: Self.weights) { variables, inputs in
                let (last, all) = scan(inputs[0], over: inputs[1], reverse: reverse) { state, row in
                    variables[1].assignAdd(row.sum())
                    let next = (state * variables[0].value + row).tanh()
                    return (next, [next.square(), row * variables[1].value])
                }
                return [last] + all + [variables[1].value]
            }
        }
    }

    @Test func scanOfNothing() {
        func sums(_ x: Tensor) -> [Tensor] {
            let (last, all) = scan(Tensor.zeros([4], dtype: .float64), over: x) { s, x in (s + x, (s + x).sum()) }
            return [last, all]
        }
        let empty = Tensor.zeros([0, 4], dtype: .float64)
        #expect(sums(empty).map(\.shape) == [[4], [0]])
        #expect(compiled(sums)(empty).map(\.shape) == [[4], [0]])
    }

    @Test func scanMatchesCumulativeSum() {
        let x = SampleInput.uniform([9, 2], seed: 4)
        let sums = compiled { (x: Tensor) in
            scan(Tensor.zeros([2], dtype: .float64), over: x) { s, x in (s + x, s + x) }.1
        }
        #expect(sums(x).allClose(to: x.cumulativeSum(axis: 0), relativeTolerance: 1e-14))
    }

    @Test func loops() {
        Self.expectSame(
            [0, 1, 3, 7].map { [Self.x, Tensor($0)] }, variables: Self.weights
        ) { variables, inputs in
            let (_, y) = whileLoop((Tensor(0), inputs[0]), while: { n, _ in n .< inputs[1] }, maximumIterations: 5) {
                n, y in
                variables[1].assignAdd(y.sum())
                return (n + 1, (y * variables[0].value).sin())
            }
            return [y, variables[1].value * y]
        }
    }

    /// Newton's iteration for the square root: as many steps as the data needs; its derivative is 1 / (2 sqrt(a)).
    @Test func newton() {
        let root = compiled { (a: Tensor) -> [Tensor] in
            let tape = GradientTape()
            let x = tape.record {
                tape.watch(a)
                return whileLoop(a, while: { ($0 * $0 - a).abs() .> 1e-12 }) { ($0 + a / $0) * 0.5 }
            }
            return [x, tape.gradient(of: x, withRespectTo: a)!]
        }
        for value in [0.5, 2.0, 100.0] {
            let found = root(Tensor(value, dtype: .float64))
            #expect(abs(found[0].item() - value.squareRoot()) < 1e-12)
            #expect(abs(found[1].item() - 0.5 / value.squareRoot()) < 1e-9)
        }
        #expect(root.traceCount == 1)
    }

    /// The second derivative through a loop in a compiled function.
    @Test func secondDerivatives() {
        let f = compiled { (x: Tensor, n: Tensor) -> [Tensor] in
            let (outer, inner) = (GradientTape(), GradientTape())
            let slope = outer.record {
                outer.watch(x)
                let y = inner.record {
                    inner.watch(x)
                    return whileLoop([n, x * 0 + 1], while: { $0[0] .> 0 }) { [$0[0] - 1, $0[1] * x] }[1]
                }
                return inner.gradient(of: y, withRespectTo: x)!
            }
            return [slope, outer.gradient(of: slope, withRespectTo: x)!]
        }
        let found = f(Tensor(1.5, dtype: .float64), Tensor(4))
        #expect(abs(found[0].item() - 4 * 3.375) < 1e-12)
        #expect(abs(found[1].item() - 12 * 2.25) < 1e-12)
    }
}
