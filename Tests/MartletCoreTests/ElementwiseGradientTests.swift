import Foundation
import MartletCore
import TestSupport
import Testing

/// Gradients where the registry's check cannot go: at kinks, ties, poles and ends, by TensorFlow's conventions.
@Suite(.ownSession) struct ElementwiseGradientTests {
    /// The gradient of the sum of `f`'s elements.
    private func gradient(_ x: [Double], _ f: (Tensor) -> Tensor) -> [Double] {
        let x = Tensor(x, shape: [x.count])
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { f(x) }
        return tape.gradient(of: y, withRespectTo: x, unconnected: .zeros)!.scalars()
    }

    private func gradients(_ a: [Double], _ b: [Double], _ f: (Tensor, Tensor) -> Tensor) -> [[Double]] {
        let (a, b) = (Tensor(a, shape: [a.count]), Tensor(b, shape: [b.count]))
        let tape = GradientTape()
        tape.watch(a)
        tape.watch(b)
        let y = tape.record { f(a, b) }
        return tape.gradient(of: y, withRespectTo: [a, b], unconnected: .zeros).map { $0!.scalars() }
    }

    @Test func kinks() {
        #expect(gradient([-1, 0, 2]) { $0.relu() } == [0, 0, 1])
        #expect(gradient([-1, 0, 2]) { $0.abs() } == [-1, 0, 1])
        #expect(gradient([-1, 0, 2]) { $0.sign() } == [0, 0, 0])
        #expect(gradient([-2, -1, 0, 1, 2]) { $0.clipped(to: -1.0...1) } == [0, 1, 1, 1, 0])
        #expect(gradient([1.5]) { $0.floor() } == [0])
    }

    @Test func ties() {
        #expect(gradients([1, 2, 3], [2, 2, 2]) { maximum($0, $1) } == [[0, 1, 1], [1, 0, 0]])
        #expect(gradients([1, 2, 3], [2, 2, 2]) { minimum($0, $1) } == [[1, 1, 0], [0, 0, 1]])
    }

    @Test func powers() {
        // The constant 1 = x⁰, also at 0; 0ᵇ; negative bases.
        #expect(gradients([0, 0, 0, 3], [0, 1, 2, 0]) { $0.pow($1) } == [[0, 1, 0, 0], [0, 0, 0, log(3)]])
        #expect(gradients([-2], [3]) { $0.pow($1) } == [[12], [0]])
        #expect(gradient([0, 3]) { $0.pow(2) } == [0, 6])
        #expect(gradient([0, 2]) { $0.pow(3) } == [0, 12])
        #expect(gradient([0, 1]) { pow(2, $0) } == [log(2), 2 * log(2)])
    }

    @Test func choicesDoNotLeak() {
        let safe = gradient([0, 4]) { x in
            let isPositive = x .> 0
            return `where`(isPositive, `where`(isPositive, x, 1).log(), 0)
        }
        #expect(safe == [0, 0.25])
        #expect(gradients([1, 2], [3, 4]) { `where`($0 .> 1, $0, $1) } == [[0, 1], [1, 0]])
    }

    @Test func divisionByAndOfExtremes() {
        #expect(gradients([6], [2]) { $0 / $1 } == [[0.5], [-1.5]])
        #expect(gradients([7, -7], [2, 2]) { $0 % $1 } == [[1, 1], [-3, 4]])
        #expect(gradients([7], [2]) { floorDivide($0, $1) } == [[0], [0]])
    }

    @Test func castsAndHalves() {
        let x = Tensor([1, 2], dtype: .float32)
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { (x.cast(to: .bfloat16) * 3).cast(to: .float64).sum() }
        let gradient = tape.gradient(of: y, withRespectTo: x)!
        #expect(gradient.dtype == .float32 && gradient.scalars() == [Float(3), 3])
        #expect(self.gradient([1.5]) { $0.cast(to: .int32).cast(to: .float64) } == [0])
    }

    @Test func saturation() {
        #expect(gradient([-1000, 1000]) { $0.sigmoid() } == [0, 0])
        #expect(gradient([-1000, 1000]) { $0.softplus() } == [0, 1])
        #expect(gradient([-1000, 1000]) { $0.tanh() } == [0, 0])
        #expect(gradient([-800, 0]) { $0.expm1() } == [0, 1])
    }
}
