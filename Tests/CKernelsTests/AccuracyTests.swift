import Foundation
import MartletCore
import TestSupport
import Testing

/// The accuracy that is promised for `float32` functions, against Foundation's in double precision; with denormal numbers
/// kept, so that the whole range is measured. What becomes of them otherwise is in `DenormalTests`.
@Suite(.ownSession) struct AccuracyTests {
    /// A function on tensors beside its reference.
    struct UnaryCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let function: @Sendable (Tensor) -> Tensor
        let reference: @Sendable (Double) -> Double
        init(
            _ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor,
            _ reference: @escaping @Sendable (Double) -> Double
        ) {
            testDescription = name
            self.function = function
            self.reference = reference
        }
    }

    struct BinaryCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let function: @Sendable (Tensor, Tensor) -> Tensor
        let reference: @Sendable (Double, Double) -> Double
        init(
            _ name: String, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor,
            _ reference: @escaping @Sendable (Double, Double) -> Double
        ) {
            testDescription = name
            self.function = function
            self.reference = reference
        }
    }

    static let unary: [UnaryCase] = [
        UnaryCase("exp", { $0.exp() }, { Foundation.exp($0) }),
        UnaryCase("exp2", { $0.exp2() }, { Foundation.exp2($0) }),
        UnaryCase("expm1", { $0.expm1() }, { Foundation.expm1($0) }),
        UnaryCase("log", { $0.log() }, { Foundation.log($0) }),
        UnaryCase("log2", { $0.log2() }, { Foundation.log2($0) }),
        UnaryCase("log1p", { $0.log1p() }, { Foundation.log1p($0) }),
        UnaryCase("sin", { $0.sin() }, { Foundation.sin($0) }),
        UnaryCase("cos", { $0.cos() }, { Foundation.cos($0) }),
        UnaryCase("tan", { $0.tan() }, { Foundation.tan($0) }),
        UnaryCase("asin", { $0.asin() }, { Foundation.asin($0) }),
        UnaryCase("acos", { $0.acos() }, { Foundation.acos($0) }),
        UnaryCase("atan", { $0.atan() }, { Foundation.atan($0) }),
        UnaryCase("sinh", { $0.sinh() }, { Foundation.sinh($0) }),
        UnaryCase("cosh", { $0.cosh() }, { Foundation.cosh($0) }),
        UnaryCase("tanh", { $0.tanh() }, { Foundation.tanh($0) }),
        UnaryCase("asinh", { $0.asinh() }, { Foundation.asinh($0) }),
        UnaryCase("acosh", { $0.acosh() }, { Foundation.acosh($0) }),
        UnaryCase("atanh", { $0.atanh() }, { Foundation.atanh($0) }),
        UnaryCase("sigmoid", { $0.sigmoid() }, { 1 / (1 + Foundation.exp(-$0)) }),
        UnaryCase(
            "softplus", { $0.softplus() },
            { $0 > 0 ? $0 + Foundation.log1p(Foundation.exp(-$0)) : Foundation.log1p(Foundation.exp($0)) }),
        UnaryCase("erf", { $0.erf() }, { Foundation.erf($0) }),
        UnaryCase("erfc", { $0.erfc() }, { Foundation.erfc($0) }),
        UnaryCase("lgamma", { $0.lgamma() }, { Foundation.lgamma($0) }),
        UnaryCase("squareRoot", { $0.squareRoot() }, { $0.squareRoot() }),
        UnaryCase("reciprocalSquareRoot", { $0.reciprocalSquareRoot() }, { 1 / $0.squareRoot() }),
        UnaryCase("reciprocal", { $0.reciprocal() }, { 1 / $0 }),
        UnaryCase("square", { $0.square() }, { $0 * $0 }),
    ]

    static let binary: [BinaryCase] = [
        BinaryCase("pow", { $0.pow($1) }, { Foundation.pow($0, $1) }),
        BinaryCase("atan2", { atan2($0, $1) }, { Foundation.atan2($0, $1) }),
        BinaryCase("hypot", { hypot($0, $1) }, { Foundation.hypot($0, $1) }),
        BinaryCase("divide", { $0 / $1 }, { $0 / $1 }),
    ]

    /// Every sign and exponent, subnormals included, with many mantissas; zeros, infinities, NaN and the neighbours of
    /// every power of two among them.
    static func everyMagnitude(mantissas: Int) -> [Float] {
        var state: UInt32 = 12345
        var values: [Float] = [.nan]
        for high in UInt32(0)..<512 {
            for index in 0..<mantissas {
                state = state &* 1_664_525 &+ 1_013_904_223
                let mantissa: UInt32 =
                    switch index {
                    case 0: 0
                    case 1: 1
                    case 2: 0x7F_FFFF
                    case 3: 0x40_0000
                    default: state >> 9
                    }
                values.append(Float(bitPattern: high << 23 | mantissa))
            }
        }
        return values
    }

    /// The distance from the reference in units of the last place of a `Float` of its size, subnormals included. Beyond
    /// the largest `Float`, infinity counts as the power of two that follows.
    static func ulps(_ result: Float, _ reference: Double) -> Double {
        if reference.isNaN || result.isNaN { return reference.isNaN && result.isNaN ? 0 : .infinity }
        let limit = 0x1p128
        let exact = min(max(reference, -limit), limit)
        let value = result.isInfinite ? (result > 0 ? limit : -limit) : Double(result)
        let exponent = exact == 0 ? -149 : max(-149, min(exact.exponent, 127) - 23)
        return abs(value - exact) / Double(sign: .plus, exponent: Int(exponent), significand: 1)
    }

    static func worst(_ results: [Float], _ reference: (Int) -> Double) -> (error: Double, index: Int) {
        var worst = (error: 0.0, index: 0)
        for index in results.indices {
            let error = ulps(results[index], reference(index))
            if error > worst.error { worst = (error, index) }
        }
        return worst
    }

    @Test(arguments: unary) func withinTwoUnitsInTheLastPlace(_ function: UnaryCase) {
        // What functions bend at and where they overflow or vanish lies between 2^-20 and 2^20: a closer look there.
        let dense = stride(from: Float(-128), through: 128, by: 0.00390625).map { $0 * 1.0009765625 }
        let inputs = Self.everyMagnitude(mantissas: 300) + dense
        let results: [Float] = Settings.withDenormals(flushed: false) {
            function.function(Tensor(inputs, shape: [inputs.count])).scalars()
        }
        let worst = Self.worst(results) { function.reference(Double(inputs[$0])) }
        #expect(
            worst.error <= 2,
            "\(worst.error) ULP at \(inputs[worst.index]): \(results[worst.index])")
    }

    @Test(arguments: binary) func pairsWithinTwoUnitsInTheLastPlace(_ function: BinaryCase) {
        let some = Self.everyMagnitude(mantissas: 6).filter { !$0.isNaN }
        let near = stride(from: Float(-9.75), through: 9.75, by: 0.375).map { $0 } + [0, 1, -1, 2, 3, 0.5, 64.5, -64.5]
        let left = Tensor(some + near, shape: [some.count + near.count, 1])
        let right = Tensor(near + stride(from: 0, to: some.count, by: 41).map { some[$0] })
        let results: [Float] = Settings.withDenormals(flushed: false) { function.function(left, right).scalars() }
        let (rows, columns) = ([Float](left.scalars()), [Float](right.scalars()))
        let worst = Self.worst(results) {
            function.reference(Double(rows[$0 / columns.count]), Double(columns[$0 % columns.count]))
        }
        let (a, b) = (rows[worst.index / columns.count], columns[worst.index % columns.count])
        #expect(worst.error <= 2, "\(worst.error) ULP at \(a), \(b): \(results[worst.index])")
    }

    /// Near 1 a logarithm, and so an error in it, is multiplied most.
    @Test func powersOfNumbersNearOne() {
        let bases = (0..<4000).map { Float(bitPattern: 0x3F80_0000 - 2000 + UInt32($0)) }
        let exponents = (0..<300).map { Float($0 - 150) * 1.0e4 + 0.3 }
        let results: [Float] = Settings.withDenormals(flushed: false) {
            Tensor(bases, shape: [4000, 1]).pow(Tensor(exponents)).scalars()
        }
        let worst = Self.worst(results) { Foundation.pow(Double(bases[$0 / 300]), Double(exponents[$0 % 300])) }
        #expect(worst.error <= 2, "\(worst.error) ULP at \(bases[worst.index / 300]), \(exponents[worst.index % 300])")
    }

    /// The inverse error function has no reference in Foundation: Newton's steps on erf, or on erfc near the ends,
    /// where 1 - |x| is exact.
    @Test func inverseErrorFunction() {
        let inputs = Self.everyMagnitude(mantissas: 200).filter { abs($0) <= 1 }
        let results: [Float] = Settings.withDenormals(flushed: false) { Tensor(inputs).erfinv().scalars() }
        let worst = Self.worst(results) { index in
            let x = Double(inputs[index])
            if x == 0 { return x }
            if abs(x) == 1 { return x * .infinity }
            var y = Double(results[index])
            for _ in 0..<4 {
                let excess =
                    abs(x) < 0.5 ? Foundation.erf(y) - x : (x < 0 ? -1 : 1) * (1 - abs(x) - Foundation.erfc(abs(y)))
                y -= excess / (2 / Double.pi.squareRoot() * Foundation.exp(-y * y))
            }
            return y
        }
        #expect(worst.error <= 2, "\(worst.error) ULP at \(inputs[worst.index])")
    }
}
