import MartletCore
import TestSupport
import Testing

/// Forms that users of NumPy and PyTorch write, where Swift's grammar has them.
@Suite(.ownSession) struct SpellingTests {
    @Test func endsFromTheEnd() {
        let x = Tensor.range(0..<6)
        func numbers(_ x: Tensor) -> [Int] { x.scalars(as: Int.self) }
        #expect(numbers(x[-2...]) == [4, 5] && numbers(x[-6...]) == numbers(x) && numbers(x[-9...]) == numbers(x))
        #expect(numbers(x[..<-2]) == [0, 1, 2, 3] && numbers(x[..<-6]) == [])
        #expect(numbers(x[1..<-1]) == [1, 2, 3, 4] && numbers(x[-3..<-1]) == [3, 4] && numbers(x[4..<-3]) == [])
        let rows = x.reshaped(2, 3)
        #expect(rows[-1..., ..<-1].shape == [1, 2] && numbers(rows[-1..., ..<-1]) == [3, 4])
        #expect(numbers(rows[.all, 1..<-1]) == [1, 4])
    }

    @Test func shapesAreSequences() {
        let shape = Shape([2, 3, 4])
        #expect(shape.count == 3 && Array(shape) == [2, 3, 4] && shape.reduce(1, *) == 24 && shape.contains(3))
        #expect(shape.max() == 4 && "\(shape)" == "(2, 3, 4)")
    }

    @Test func variablesOfNumbers() {
        let (a, b, c) = (Variable(3.0), Variable([1.0, 2.0], name: "b"), Variable([[1], [2]], dtype: .float32))
        #expect(a.shape == [] && a.dtype == .float32 && b.name == "b" && c.spec == TensorSpec([2, 1], .float32))
        #expect(Variable(3).dtype == .int64)
        b += 1
        b -= Tensor([0.5, 1])
        b += b * 2
        b -= 0.5
        #expect(b.value.scalars(as: Double.self) == [4, 5.5])
        b.assign(7)
        b.assignAdd(0.5)
        b.assignSubtract(1)
        #expect(b.value.scalars(as: Double.self) == [6.5, 6.5] && b.dtype == .float32)
    }

    @Test func choicesByName() {
        #expect(Padding("same") == .same && DType("bfloat16") == .bfloat16 && Interpolation("lanczos3") == .lanczos3)
        let type: DType = "int32"
        #expect(Tensor.zeros([2], dtype: "float64").dtype == .float64 && type == .int32)
    }

    @Test func unknownChoiceStops() async {
        let ended = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.zeros([2], dtype: "float46")
        }
        let text = String(decoding: ended?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("DType") && text.contains("bfloat16") && text.contains("\"float46\""))
    }
}
