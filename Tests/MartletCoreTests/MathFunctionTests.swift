import Foundation
import MartletCore
import TestSupport
import Testing

/// Formulas as they stand in books: functions, variables and numbers in expressions.
@Suite(.ownSession) struct MathFunctionTests {
    struct Function: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let ours: @Sendable (Tensor) -> Tensor
        let reference: @Sendable (Double) -> Double
    }

    /// Functions of numbers above 1 or in 0...1, with what Foundation says, both written alike.
    static let functions: [Function] = [
        Function(testDescription: "exp") { exp($0) } reference: { exp($0) },
        Function(testDescription: "exp2") { exp2($0) } reference: { exp2($0) },
        Function(testDescription: "expm1") { expm1($0) } reference: { expm1($0) },
        Function(testDescription: "log") { log($0) } reference: { log($0) },
        Function(testDescription: "log2") { log2($0) } reference: { log2($0) },
        Function(testDescription: "log1p") { log1p($0) } reference: { log1p($0) },
        Function(testDescription: "sqrt") { sqrt($0) } reference: { sqrt($0) },
        Function(testDescription: "sin") { sin($0) } reference: { sin($0) },
        Function(testDescription: "cos") { cos($0) } reference: { cos($0) },
        Function(testDescription: "tan") { tan($0) } reference: { tan($0) },
        Function(testDescription: "asin") { asin($0 / 4) } reference: { asin($0 / 4) },
        Function(testDescription: "acos") { acos($0 / 4) } reference: { acos($0 / 4) },
        Function(testDescription: "atan") { atan($0) } reference: { atan($0) },
        Function(testDescription: "sinh") { sinh($0) } reference: { sinh($0) },
        Function(testDescription: "cosh") { cosh($0) } reference: { cosh($0) },
        Function(testDescription: "tanh") { tanh($0) } reference: { tanh($0) },
        Function(testDescription: "asinh") { asinh($0) } reference: { asinh($0) },
        Function(testDescription: "acosh") { acosh($0 + 1) } reference: { acosh($0 + 1) },
        Function(testDescription: "atanh") { atanh($0 / 4) } reference: { atanh($0 / 4) },
        Function(testDescription: "erf") { erf($0) } reference: { erf($0) },
        Function(testDescription: "erfc") { erfc($0) } reference: { erfc($0) },
        Function(testDescription: "abs") { abs(1 - $0) } reference: { abs(1 - $0) },
        Function(testDescription: "floor") { floor($0) } reference: { floor($0) },
        Function(testDescription: "ceil") { ceil($0) } reference: { ceil($0) },
        Function(testDescription: "round") { round($0) } reference: { $0.rounded(.toNearestOrEven) },
        Function(testDescription: "trunc") { trunc($0) } reference: { trunc($0) },
        Function(testDescription: "sigmoid") { sigmoid($0) } reference: { 1 / (1 + exp(-$0)) },
        Function(testDescription: "relu") { relu($0 - 1) } reference: { max($0 - 1, 0) },
        Function(testDescription: "softplus") { softplus($0) } reference: { log(1 + exp($0)) },
        Function(testDescription: "pow with a number") { pow($0, 2.5) } reference: { pow($0, 2.5) },
        Function(testDescription: "pow of a number") { pow(2, $0) } reference: { pow(2, $0) },
        Function(testDescription: "pow") { pow($0, $0) } reference: { pow($0, $0) },
        Function(testDescription: "a density") { exp(-0.5 * pow($0, 2)) / sqrt(2 * .pi) }
            reference: { exp(-0.5 * pow($0, 2)) / (2 * Double.pi).squareRoot() },
        Function(testDescription: "a window") { 0.5 * (1 + (.pi * $0 / 10).cos()) }
            reference: { 0.5 * (1 + cos(Double.pi * $0 / 10)) },
        Function(testDescription: "numbers") { (2.5 - $0) * 0.5 / (0.25 + $0) - 1.5 + (1.5 / $0) }
            reference: { (2.5 - $0) * 0.5 / (0.25 + $0) - 1.5 + (1.5 / $0) },
    ]

    @Test(arguments: functions) func functionsAreMethods(_ function: Function) {
        let points = [0.125, 0.5, 1.25, 2.5, 3.75]
        let found: [Double] = function.ours(Tensor(points, dtype: .float64)).scalars()
        for (value, point) in zip(found, points) {
            let expected = function.reference(point)
            #expect(abs(value - expected) <= 1e-14 * max(1, abs(expected)), "at \(point)")
        }
        #expect(function.ours(Tensor(points, dtype: .float32)).dtype == .float32)
    }

    /// A variable in an expression is its value, and the tape sees it.
    @Test func variables() throws {
        let (v, x) = (Variable(Tensor([3.0, 4.0]), name: "v"), Tensor([1.0, 2.0]))
        let results = [
            v + x, v - x, v * x, v / x, x + v, x - v, x * v, x / v, v + v, v - v, v * v, v / v,
            v + 1, v - 1, v * 2, v / 2, 1 + v, 1 - v, 2 * v, 12 / v, -v, v + 0.5, 0.5 * v,
        ]
        let expected: [[Double]] = [
            [4, 6], [2, 2], [3, 8], [3, 2], [4, 6], [-2, -2], [3, 8], [1 / 3, 0.5], [6, 8], [0, 0], [9, 16], [1, 1],
            [4, 5], [2, 3], [6, 8], [1.5, 2], [4, 5], [-2, -3], [6, 8], [4, 3], [-3, -4], [3.5, 4.5], [1.5, 2],
        ]
        for (result, values) in zip(results, expected) { #expect(result.allClose(to: Tensor(values))) }
        let tape = GradientTape()
        let y = tape.record { (v * x + 2 * v).sum() }
        #expect(try #require(tape.gradient(of: y, withRespectTo: v)).scalars(as: Double.self) == [3, 4])
    }

    /// Whole numbers leave integers integers; π has the dtype of what it meets.
    @Test func numbersTakeTheTensorsType() {
        let n = Tensor([1, 2])
        for result in [n + 1, n - 1, n * 2, 1 + n, 1 - n, 2 * n] { #expect(result.dtype == .int64) }
        for result in [n + 0.5, 0.5 * n, n - 0.5, 0.5 - n, n / 2] { #expect(result.dtype == .float32) }
        #expect((Tensor.pi * Tensor(1.0, dtype: .float64)).item() == Double.pi)
        #expect((.pi * Tensor(1.0, dtype: .float32)).item(as: Float.self) == Float(Double.pi))
        #expect((Tensor(1.0, dtype: .float32) * .pi).dtype == .float32)
    }

    /// An element is a `Double` unless the code asks for another type.
    @Test func itemsAreDoubles() {
        let x: Tensor? = Tensor(2.5, dtype: .float64)
        let value = x?.item() ?? 0
        #expect(type(of: value) == Double.self && value == 2.5)
        let whole: Int = Tensor(7).item()
        let single: Float = Tensor(0.5).item()
        #expect(whole == 7 && single == 0.5)
    }

    /// Functions, methods and subscripts of a variable are those of its value, and the tape sees them.
    @Test func functionsOfVariables() throws {
        let (v, x) = (Variable(Tensor([[0.5, -1.0], [2.0, 0.25]]), name: "v"), Tensor([[1.0, 2.0], [-3.0, 0.5]]))
        let w = v.value
        let pairs: [(Tensor, Tensor)] = [
            (abs(v), abs(w)), (exp(v), exp(w)), (square(v), square(w)), (softmax(v), softmax(w)), (sign(v), sign(w)),
            (maximum(v, 0), maximum(w, 0)), (minimum(1, v), minimum(1, w)), (maximum(x, v), maximum(x, w)),
            (matmul(x, v), matmul(x, w)), (matmul(v, x, transposeA: true), matmul(w, x, transposeA: true)),
            (`where`(x .> v, v, 0), `where`(x .> w, w, 0)), (pow(x, v), pow(x, w)), (pow(2, v), pow(2, w)), (v % 2, w % 2),
            (concatenate([v, x]), Tensor.concatenate([w, x])), (Tensor.stack([x, v], axis: 1), Tensor.stack([x, w], axis: 1)),
            (einsum("ij,jk->ik", v, x), einsum("ij,jk->ik", w, x)), (v.square().sum(), w.square().sum()),
            (v.mean(axis: 0), w.mean(axis: 0)), (v[0], w[0]), (v[0..., 1], w[0..., 1]), (v.reshaped(4), w.reshaped(4)),
            (v.transposed(), w.transposed()), (tensordot(v, x, axes: 1), tensordot(w, x, axes: 1)),
        ]
        for (place, (a, b)) in pairs.enumerated() {
            #expect(a.shape == b.shape && a.allClose(to: b, equalNaN: true), "expression \(place)")
        }
        let tape = GradientTape()
        let y = tape.record { (abs(v) + maximum(v, 0)).sum() + v.square().sum() }
        // sign v + [v > 0] + 2 v
        #expect(try #require(tape.gradient(of: y, withRespectTo: v)).scalars(as: Double.self) == [3, -3, 6, 2.5])
    }

    /// Arrays of any depth, and single values, of every type of elements.
    @Test func tensorsOfValues() throws {
        #expect(Tensor([[[[1.0, 2]], [[3, 4]]]]).spec == TensorSpec([1, 2, 1, 2], .float32))
        #expect(Tensor([[[[1.0, 2]], [[3, 4]]]]).scalars(as: Int.self) == [1, 2, 3, 4])
        #expect(Tensor([[[Int32]]]()).spec == TensorSpec([0, 0, 0], .int32) && Tensor([[Float](), []]).shape == [2, 0])
        #expect(Tensor([true, false]).dtype == .bool && Tensor([[1, 2], [3, 4]][...]).spec == TensorSpec([2, 2], .int64))
        #expect(Tensor(true).spec == TensorSpec([], .bool) && Tensor(UInt8(3)).dtype == .uint8)
        #expect(Tensor(Int64(3)).dtype == .int64 && Tensor(Int32(3)).dtype == .int32 && Tensor(3).dtype == .int64)
        #expect(Tensor(Float(3)).dtype == .float32 && Tensor(2.5).dtype == .float32 && Tensor(2.5, dtype: .float64).item() == 2.5)
        #expect(Tensor([1, 2], dtype: .float64).dtype == .float64 && (Tensor([1.5]) * Int32(2)).dtype == .float32)
        #expect(throws: MartletError.self) { try withErrors { _ = Tensor([[1, 2], [3]]) } }
        #expect(throws: MartletError.self) { try withErrors { _ = Tensor([[[1], [2]], [[3], []]]) } }
    }

    /// Numbers of tensors, sums of lists, and truth values.
    @Test func numbersOfTensors() {
        let x = Tensor([0.25, 0.5, 2])
        #expect(Double(x.sum()) == 2.75 && Float(x.max()) == 2 && Int(x.argmax()) == 2)
        #expect([x, x * 2, Tensor(1.0)].sum().scalars(as: Double.self) == [1.75, 2.5, 7] && [Tensor]().sum().item() == 0)
        #expect([x, x].reduce(0, +).scalars(as: Double.self) == [0.5, 1, 4] && [Tensor]().reduce(0, +).item() == 0)
        #expect(((x .> 0.3) & (x .< 1)).scalars(as: Bool.self) == [false, true, false])
        #expect(((x .< 0.3) | (x .> 1)).scalars(as: Bool.self) == [true, false, true])
        #expect(((x .< 0.6) ^ (x .> 0.3)).scalars(as: Bool.self) == [true, false, true])
        #expect((!(x .> 0.3)).scalars(as: Bool.self) == [true, false, false])
        // Not of whole numbers, whose bits NumPy would take.
        #expect(throws: MartletError.self) { try withErrors { _ = Tensor([6]) & Tensor([3]) } }
    }
}
