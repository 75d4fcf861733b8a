import MartletCore
import TestSupport
import Testing

/// Recurrent sequences in float32, where the loops are other ones than in float64.
@Suite(.ownSession) struct RecurrentSequenceTests {
    static let kinds: [RecurrentKind] = [.simple, .lstm, .gru(resetAfter: false), .gru(resetAfter: true)]

    /// Outputs and all gradients agree with float64, for sizes around those of vectors, panels and tasks.
    @Test(arguments: kinds) func agreesWithFloat64(_ kind: RecurrentKind) {
        for (batch, steps, features, units) in [(1, 1, 1, 1), (3, 5, 2, 7), (9, 4, 17, 16), (19, 6, 5, 33)] {
            let wide = results(kind, batch, steps, features, units, .float64)
            let narrow = results(kind, batch, steps, features, units, .float32)
            for (number, (a, b)) in zip(narrow, wide).enumerated() {
                let error = largestError(of: a, b, relativeTo: .tensor(atLeast: 1))
                #expect(error < 2e-6, "\(kind) \(batch)x\(steps)x\(features)x\(units), result \(number)")
            }
        }
    }

    /// The same bits with any number of threads.
    @Test(arguments: kinds) func threadsDoNotMatter(_ kind: RecurrentKind) {
        let count = Settings.threadCount
        defer { Settings.threadCount = count }
        let all = [1, 2, 5].map { threads -> [[Float]] in
            Settings.threadCount = threads
            return results(kind, 37, 9, 20, 24, .float32).map { $0.scalars() }
        }
        #expect(all[0] == all[1] && all[0] == all[2])
    }

    /// Whatever the memory held before that the kernels get, NaN too: gaps in what they keep count nowhere.
    @Test(arguments: kinds) func memoryBeforeDoesNotMatter(_ kind: RecurrentKind) {
        let mask = Tensor([true, false, true, true, false], shape: [1, 5]).broadcast(to: [4, 5])
        let x = SampleInput.uniform([4, 5, 3], seed: 1)
        let all = [UInt8(0), 0xFF].map { byte -> [[Double]] in
            // Blocks of all sizes that are used, given back to the cache from which the next ones come.
            for power in 0..<14 {
                let blocks = (0..<8).map { _ in
                    Tensor([UInt8](repeating: byte, count: 64 << power), shape: [64 << power])
                }
                withExtendedLifetime(blocks) {}
            }
            return results(kind, x, units: 6, mask: mask).map { $0.scalars() }
        }
        #expect(all[0] == all[1])
    }

    /// A step whose mask is false leaves no trace: with it or without, the states and the kernels' gradients agree.
    @Test(arguments: kinds) func maskedStepsLeaveNoTrace(_ kind: RecurrentKind) {
        let mask = Tensor([true, false, true, true, false], shape: [1, 5]).broadcast(to: [4, 5])
        let x = SampleInput.uniform([4, 5, 3], seed: 1)
        let short = Tensor.concatenate([x[.all, 0..<1], x[.all, 2..<4]], axis: 1)
        let masked = results(kind, x, units: 6, mask: mask)
        let left = results(kind, short, units: 6, mask: nil)
        // After y and before x's gradient, whose shapes differ.
        for (a, b) in zip(masked[1...kind.stateCount], left[1...kind.stateCount]) { #expect(a.allClose(to: b)) }
        for (a, b) in zip(masked.suffix(3), left.suffix(3)) { #expect(a.allClose(to: b, absoluteTolerance: 1e-12)) }
    }

    private func results(
        _ kind: RecurrentKind, _ batch: Int, _ steps: Int, _ features: Int, _ units: Int, _ type: DType
    ) -> [Tensor] {
        results(kind, SampleInput.uniform([batch, steps, features], seed: 1).cast(to: type), units: units, mask: nil)
    }

    /// The outputs, then the gradients of all inputs.
    private func results(_ kind: RecurrentKind, _ x: Tensor, units: Int, mask: Tensor?) -> [Tensor] {
        let columns = kind.gateCount * units
        let shapes: [Shape] =
            [Shape](repeating: [x.shape[0], units], count: kind.stateCount)
            + [[x.shape[2], columns], [units, columns], kind.biasShape(units: units)]
        let others = shapes.enumerated().map {
            SampleInput.uniform($1, in: -0.5...0.5, seed: UInt64($0 + 2)).cast(to: x.dtype)
        }
        let states = Array(others.prefix(kind.stateCount))
        let weights = Array(others.suffix(3))
        let tape = GradientTape()
        let (outputs, total) = tape.record {
            for source in [x] + others { tape.watch(source) }
            let (y, last) = recurrentSequence(
                x, states: states, kernel: weights[0], recurrentKernel: weights[1], bias: weights[2], mask: mask,
                kind: kind, returnSequences: mask == nil && x.shape[1] != 3)
            let sums = ([y] + last).enumerated().map { index, output in
                (output * SampleInput.uniform(output.shape, seed: UInt64(index + 9)).cast(to: x.dtype)).sum()
            }
            return ([y] + last, sums.reduce(Tensor(0.0, dtype: x.dtype), +))
        }
        return outputs + tape.gradient(of: total, withRespectTo: [x] + others, unconnected: .zeros).map { $0! }
    }
}
