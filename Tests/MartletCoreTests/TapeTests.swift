import MartletCore
import TestSupport
import Testing

@Suite(.ownSession) struct TapeTests {
    @Test func gradientOfAPolynomial() {
        let x = Tensor([1.0, 2, 3], dtype: .float64)
        let tape = GradientTape()
        let y = tape.record {
            tape.watch(x)
            return (x * x * x).sum()
        }
        #expect(tape.gradient(of: y, withRespectTo: x)!.scalars(as: Double.self) == [3, 12, 27])
    }

    @Test func variablesAreWatchedByThemselvesAndUsedTwiceAddUp() {
        let w = Variable(Tensor(3.0, dtype: .float64), name: "w")
        let frozen = Variable(Tensor(5.0, dtype: .float64), name: "frozen", trainable: false)
        let tape = GradientTape()
        let y = tape.record { w.value * w.value + w.value * frozen.value }
        let gradients = tape.gradient(of: y, withRespectTo: [w, frozen])
        #expect(gradients[0]!.item() == 2.0 * 3 + 5)
        #expect(gradients[1] == nil)
        #expect(tape.watchedVariables.isEmpty)  // the tape was used up
    }

    @Test func variablesMadeFromOneTensorAreToldApart() {
        let start = Tensor([2.0, 3], dtype: .float64)
        let (a, b) = (Variable(start), Variable(start))
        let tape = GradientTape(persistent: true)
        tape.watch(start)
        let y = tape.record { (a.value * 5 + b.value * 7 + start * 11).sum() }
        let gradients = tape.gradient(of: y, withRespectTo: [a, b, start])
        #expect(gradients.map { $0?.scalars(as: Double.self) } == [[5, 5], [7, 7], [11, 11]])
    }

    @Test func aVariableWhoseValueIsWatchedAsATensorIsAVariableStill() {
        let w = Variable(Tensor(3.0, dtype: .float64))
        let value = w.value
        let tape = GradientTape(persistent: true)
        tape.watch(value)
        let y = tape.record { w.value.square() + w.value }
        #expect(tape.gradient(of: y, withRespectTo: w)?.item() == 7.0)
        #expect(tape.gradient(of: y, withRespectTo: value)?.item() == 7.0)
        #expect(tape.watchedVariables.count == 1)
    }

    @Test func assignmentWhileRecordingKeepsBothReads() {
        let w = Variable(Tensor(2.0, dtype: .float64))
        let tape = GradientTape()
        let y = tape.record {
            let first = w.value.square()
            w.assign(Tensor(10.0, dtype: .float64))
            return first + w.value * 3
        }
        // d/dw of the first read is 2 * 2, of the second 3.
        #expect(tape.gradient(of: y, withRespectTo: w)!.item() == 7.0)
    }

    @Test func severalTargetsAndOutputGradients() {
        let x = Tensor([1.0, 2], dtype: .float64)
        let tape = GradientTape(persistent: true)
        let (a, b) = tape.record {
            tape.watch(x)
            return (x * 2, x * x)
        }
        let weight = Tensor([10.0, 100], dtype: .float64)
        let sum = tape.gradients(of: [a, b], withRespectTo: [x], outputGradients: [nil, weight])[0]!
        #expect(sum.scalars(as: Double.self) == [22, 402])  // 2 + 10 * 2 and 2 + 100 * 4
        #expect(tape.gradient(of: a, withRespectTo: x)!.scalars(as: Double.self) == [2, 2])
    }

    @Test func unconnectedIsNilOrZeros() {
        let x = Tensor([1.0, 2], dtype: .float64)
        let z = Tensor([3.0], dtype: .float64)
        let tape = GradientTape(persistent: true)
        let y = tape.record {
            tape.watch(x)
            tape.watch(z)
            return x.sum()
        }
        #expect(tape.gradient(of: y, withRespectTo: z) == nil)
        #expect(tape.gradient(of: y, withRespectTo: z, unconnected: .zeros)!.scalars(as: Double.self) == [0])
    }

    /// d^n/dx^n of x^5 at 2, by nested tapes.
    @Test func nestedTapesGiveHigherOrders() {
        let x = Tensor(2.0, dtype: .float64)
        func derivative(_ order: Int) -> Tensor {
            if order == 0 { return x.pow(5) }
            let tape = GradientTape()
            let y = tape.record {
                tape.watch(x)
                return derivative(order - 1)
            }
            return tape.gradient(of: y, withRespectTo: x)!
        }
        let expected = [32.0, 80, 160, 240, 240, 120]
        for (order, value) in expected.enumerated() {
            #expect(abs(derivative(order).item() - value) < 1e-10 * value, "order \(order)")
        }
    }

    @Test func stopRecordingAndStopGradient() {
        let x = Tensor(3.0, dtype: .float64)
        let tape = GradientTape()
        let y = tape.record {
            tape.watch(x)
            let hidden = tape.stopRecording { x * x }
            return x * hidden + x.stopGradient() * x
        }
        #expect(tape.gradient(of: y, withRespectTo: x)!.item() == 9.0 + 3.0)
    }

    @Test func jacobians() {
        let x = Tensor([[1.0, 2], [3, 4]], dtype: .float64)
        let tape = GradientTape(persistent: true)
        let (row, all) = tape.record {
            tape.watch(x)
            return (x.square().sum(axis: 1), x.sum())
        }
        let full = tape.jacobian(of: row, withRespectTo: x)!
        #expect(full.shape == [2, 2, 2])
        #expect(full.scalars(as: Double.self) == [2, 4, 0, 0, 0, 0, 6, 8])
        let batch = tape.batchJacobian(of: row, withRespectTo: x)!
        #expect(batch.shape == [2, 2])
        #expect(batch.scalars(as: Double.self) == [2, 4, 6, 8])
        #expect(tape.jacobian(of: all, withRespectTo: x)!.shape == [2, 2])
    }

    @Test func customGradientReplacesTheRecordedOneAndHasASecondOrder() {
        let x = Tensor(2.0, dtype: .float64)
        let outer = GradientTape()
        let inner = GradientTape()
        let first = outer.record {
            outer.watch(x)
            let y = inner.record {
                inner.watch(x)
                return withCustomGradient(of: x) { x in (x.exp(), { upstream in upstream * x * x }) }
            }
            return inner.gradient(of: y, withRespectTo: x)!
        }
        #expect(first.item() == 4.0)
        // The rule x^2 is differentiated as it is written.
        #expect(outer.gradient(of: first, withRespectTo: x)!.item() == 4.0)
    }

    /// What the tape keeps goes with the tape, and the backward pass of a tape that is not persistent lets go as it
    /// runs.
    @Test func memoryGoesWithTheTape() {
        let x = Tensor.ones([1000])
        weak var intermediate: Tensor.Handle?
        do {
            let tape = GradientTape()
            let y = tape.record {
                tape.watch(x)
                let hidden = x * 2
                intermediate = hidden.handle
                return (hidden * hidden).sum()
            }
            #expect(intermediate != nil)
            _ = tape.gradient(of: y, withRespectTo: x)
            #expect(intermediate == nil, "the backward pass keeps intermediate values")
        }
        do {
            let tape = GradientTape(persistent: true)
            _ = tape.record {
                tape.watch(x)
                let hidden = x * 2
                intermediate = hidden.handle
                return (hidden * hidden).sum()
            }
            #expect(intermediate != nil)
        }
        #expect(intermediate == nil, "the tape is gone and its values are not")
    }

    /// Two threads record at once, each its own.
    @Test func tapesOfDifferentThreadsDoNotMix() async {
        let w = Variable(Tensor(2.0, dtype: .float64))
        await withTaskGroup(of: Double.self) { group in
            for n in 1...8 {
                group.addTask {
                    let tape = GradientTape()
                    let y = tape.record { w.value * Double(n) }
                    return tape.gradient(of: y, withRespectTo: w)!.item() - Double(n)
                }
            }
            for await difference in group { #expect(difference == 0) }
        }
    }

    @Test func theCheckSeesAWrongGradientAndPassesARightOne() {
        let x = SampleInput.uniform([2, 3])
        let wrong = gradientCheck(at: [x]) { inputs in
            [withCustomGradient(of: inputs[0]) { x in (x.tanh(), { $0 * (1.001 - x.tanh().square()) }) }]
        }
        #expect(!wrong.passed)
        let right = gradientCheck(at: [x]) { inputs in
            [withCustomGradient(of: inputs[0]) { x in (x.tanh(), { $0 * (1 - x.tanh().square()) }) }]
        }
        #expect(right.passed, "\(right)")
        // Large inputs are checked by projections.
        let large = gradientCheck(at: [SampleInput.uniform([40, 50])]) { [$0[0].tanh()] }
        #expect(large.passed && large.entries[0].comparisons == 6)
        let largeWrong = gradientCheck(at: [SampleInput.uniform([40, 50])]) { inputs in
            [withCustomGradient(of: inputs[0]) { x in (x.tanh(), { $0 * (1.001 - x.tanh().square()) }) }]
        }
        #expect(!largeWrong.passed)
    }

    /// What no gradient flows through is not recorded, so it keeps nothing alive.
    @Test func whatHasNoDerivativeIsNotRecorded() {
        let x = Tensor([1.5, 2.5], dtype: .float64)
        let tape = GradientTape(persistent: true)
        weak var hidden: Tensor.Handle?
        let y = tape.record {
            tape.watch(x)
            let constant = x.stopGradient() * 2
            hidden = constant.handle
            return x.square() + x.floor().sum()
        }
        #expect(hidden == nil)
        #expect(tape.gradient(of: y, withRespectTo: x)!.scalars(as: Double.self) == [3, 5])
    }

    /// Gradients that must be there: the numbers of `gradient`, or a stop that names the variable.
    @Test func valuesAndGradients() throws {
        let (x, w) = (Tensor([1.0, -2, 3]), Variable(Tensor(2.0)))
        let (value, gradients) = valueAndGradients(of: [w, x]) { (x * x * w.value).sum() }
        #expect(value.item() == 28 && gradients[0].item() == 14 && gradients[1].scalars() == [4.0, -8, 12])
        // Also within a tape, and a function that is compiled.
        let tape = GradientTape()
        let second = tape.record { valueAndGradients(of: [w]) { w.value.pow(3) }.gradients[0] }
        #expect(tape.gradient(of: second, withRespectTo: w)?.item() == 12)
        let step = compiled { (x: Tensor) in valueAndGradients(of: [w]) { (x * w.value.square()).sum() }.gradients[0] }
        #expect(step(x).item() == 8)
        let error = #expect(throws: MartletError.self) {
            try withErrors { valueAndGradients(of: [w]) { Tensor(1.0) } }
        }
        #expect(error?.message.contains("depends on variable") == true)
    }

    @Test func connectedGradients() async throws {
        let (a, b) = (Variable(Tensor(3.0), name: "a"), Variable(Tensor(2.0), name: "b"))
        let tape = GradientTape(persistent: true)
        let y = tape.record { a.value.square() * b.value }
        let gradients: [Tensor] = tape.connectedGradients(of: y, withRespectTo: [a, b])
        #expect(gradients.map { $0.item() } == [12, 9])
        #expect(tape.connectedGradient(of: y, withRespectTo: b, outputGradient: Tensor(2.0)).item() == 18)
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let (a, b) = (Variable(Tensor(3.0), name: "a"), Variable(Tensor([2.0]), name: "unused/b"))
            let tape = GradientTape()
            _ = tape.connectedGradients(of: tape.record { a.value.square() }, withRespectTo: [a, b])
        }
        let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(text.contains("depends on variable \"unused/b\" (float32 [1])"))
    }
}
