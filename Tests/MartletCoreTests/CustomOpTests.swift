import MartletCore
import TestSupport
import Testing

/// Ops whose kernels users write. Gradients, empty inputs and dtypes are checked on the registry's samples.
@Suite(.ownSession) struct CustomOpTests {
    private static let cube = CustomOp("cube") { inputs in
        guard inputs[0].dtype == .float32 else { throw MartletError("Expected float32. Received: \(inputs[0].dtype).") }
        return [inputs[0]]
    } run: { inputs, outputs in
        let (x, y) = (inputs[0].elements(Float.self), outputs[0].elements(Float.self))
        for i in x.indices {
            guard x[i] < 100 else { throw MartletError("Expected values below 100. Received: \(x[i]).") }
            y[i] = x[i] * x[i] * x[i]
        }
    } gradient: { inputs, _, upstream in
        [3 * inputs[0].square() * upstream[0]]
    }

    private func results(_ x: Tensor) -> [Tensor] {
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { Self.cube(x) + Self.cube(x + 1) }
        return [y, tape.gradient(of: y, withRespectTo: x)!]
    }

    @Test func computesAndHasAGradient() {
        let x = Tensor([1, -2, 3], dtype: .float32)
        let function = compiled { (x: [Tensor]) in results(x[0]) }
        for found in [results(x), function([x])] {
            #expect(found[0].scalars(as: Double.self) == [9, -9, 91])
            #expect(found[1].scalars(as: Double.self) == [15, 15, 75])
        }
    }

    @Test(arguments: [DType.float16, .bfloat16]) func halvesAreRoundedOnce(_ type: DType) {
        let x = Tensor([1.5, -0.25], dtype: type)
        let y = Self.cube(x)
        #expect(y.dtype == type && y.scalars(as: Double.self) == [3.375, -0.015625])
    }

    @Test func whatItThrowsIsTheError() {
        func message(_ body: () -> Tensor) -> String {
            do {
                _ = try withErrors { body() }
                return ""
            } catch { return "\(error)" }
        }
        #expect(message { Self.cube(Tensor([1, 2])) }.contains("cube: Expected float32. Received: int64."))
        #expect(message { Self.cube(Tensor([1, 200], dtype: .float32)) }.contains("cube: Expected values below 100."))
        let function = compiled { (x: [Tensor]) in [Self.cube(x[0])] }
        #expect(message { function([Tensor([1, 200], dtype: .float32)])[0] }.contains("cube: Expected values below 100."))
        let two = CustomOp("two", outputCount: 2) { inputs in [inputs[0]] } run: { _, _ in }
        #expect(message { two([Tensor([1])])[0] }.contains("two: Expected 2 outputs"))
    }

    @Test func withoutAGradientNoneFlows() {
        let steps = CustomOp("steps") { [$0[0]] } run: { inputs, outputs in
            let (x, y) = (inputs[0].elements(Double.self), outputs[0].elements(Double.self))
            for i in x.indices { y[i] = x[i].rounded() }
        }
        let x = Tensor([1.4, 2.6], dtype: .float64)
        let tape = GradientTape()
        tape.watch(x)
        let y = tape.record { steps(x) * x }
        #expect(y.scalars(as: Double.self) == [1.4, 3 * 2.6])
        #expect(tape.gradient(of: y, withRespectTo: x)!.scalars(as: Double.self) == [1, 3])
    }
}
