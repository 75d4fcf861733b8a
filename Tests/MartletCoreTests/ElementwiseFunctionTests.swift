import Foundation
import MartletCore
import TestSupport
import Testing

/// Functions of one tensor: values, special values, dtypes, shapes.
@Suite(.ownSession) struct ElementwiseFunctionTests {
    struct Function: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let apply: @Sendable (Tensor) -> Tensor
        let reference: @Sendable (Double) -> Double
        let range: ClosedRange<Double>
        init(
            _ name: String, _ apply: @escaping @Sendable (Tensor) -> Tensor,
            _ reference: @escaping @Sendable (Double) -> Double, in range: ClosedRange<Double> = -5...5
        ) {
            testDescription = name
            self.apply = apply
            self.reference = reference
            self.range = range
        }
    }

    static let functions: [Function] = [
        Function("negate", { -$0 }, { -$0 }),
        Function("abs", { $0.abs() }, { Swift.abs($0) }),
        Function("sign", { $0.sign() }, { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }),
        Function("square", { $0.square() }, { $0 * $0 }),
        Function("squareRoot", { $0.squareRoot() }, { $0.squareRoot() }, in: 0...50),
        Function("reciprocalSquareRoot", { $0.reciprocalSquareRoot() }, { 1 / $0.squareRoot() }, in: 0.01...50),
        Function("reciprocal", { $0.reciprocal() }, { 1 / $0 }),
        Function("exp", { $0.exp() }, { Foundation.exp($0) }),
        Function("exp2", { $0.exp2() }, { Foundation.exp2($0) }),
        Function("expm1", { $0.expm1() }, { Foundation.expm1($0) }),
        Function("log", { $0.log() }, { Foundation.log($0) }, in: 0.01...50),
        Function("log2", { $0.log2() }, { Foundation.log2($0) }, in: 0.01...50),
        Function("log1p", { $0.log1p() }, { Foundation.log1p($0) }, in: -0.99...50),
        Function("sin", { $0.sin() }, { Foundation.sin($0) }),
        Function("cos", { $0.cos() }, { Foundation.cos($0) }),
        Function("tan", { $0.tan() }, { Foundation.tan($0) }),
        Function("asin", { $0.asin() }, { Foundation.asin($0) }, in: -1...1),
        Function("acos", { $0.acos() }, { Foundation.acos($0) }, in: -1...1),
        Function("atan", { $0.atan() }, { Foundation.atan($0) }),
        Function("sinh", { $0.sinh() }, { Foundation.sinh($0) }),
        Function("cosh", { $0.cosh() }, { Foundation.cosh($0) }),
        Function("tanh", { $0.tanh() }, { Foundation.tanh($0) }),
        Function("asinh", { $0.asinh() }, { Foundation.asinh($0) }),
        Function("acosh", { $0.acosh() }, { Foundation.acosh($0) }, in: 1...50),
        Function("atanh", { $0.atanh() }, { Foundation.atanh($0) }, in: -0.99...0.99),
        Function("sigmoid", { $0.sigmoid() }, { 1 / (1 + Foundation.exp(-$0)) }),
        Function("softplus", { $0.softplus() }, { Foundation.log1p(Foundation.exp($0)) }),
        Function("relu", { $0.relu() }, { Swift.max($0, 0) }),
        Function("erf", { $0.erf() }, { Foundation.erf($0) }),
        Function("erfc", { $0.erfc() }, { Foundation.erfc($0) }),
        Function("erfinv of erf", { $0.erf().erfinv() }, { $0 }, in: -2...2),
        Function("lgamma", { $0.lgamma() }, { Foundation.lgamma($0) }, in: 0.1...50),
        Function("floor", { $0.floor() }, { $0.rounded(.down) }),
        Function("ceil", { $0.ceil() }, { $0.rounded(.up) }),
        Function("round", { $0.round() }, { $0.rounded(.toNearestOrEven) }),
        Function("trunc", { $0.trunc() }, { $0.rounded(.towardZero) }),
    ]

    /// 0 to 1 float64 rounding of the reference's size times a few, as both are double-precision libraries.
    @Test(arguments: functions) func agreesWithFoundationInDoublePrecision(_ function: Function) {
        let x = SampleInput.uniform([1001], in: function.range)
        let inputs: [Double] = x.scalars()
        let results: [Double] = function.apply(x).scalars()
        for (input, result) in zip(inputs, results) {
            let expected = function.reference(input)
            #expect(Swift.abs(result - expected) <= 4e-15 * Swift.max(Swift.abs(expected), 1), "at \(input)")
        }
    }

    @Test(arguments: functions) func keepsShapesAndTakesNothing(_ function: Function) {
        for shape: Shape in [[], [1], [2, 3], [0], [2, 0, 3]] {
            let x = Tensor.full(shape, 0.5, dtype: .float32)
            #expect(function.apply(x).spec == x.spec)
        }
    }

    /// 16-bit floats: the `float32` result, rounded once.
    @Test(arguments: functions, [DType.float16, .bfloat16])
    func halfIsRoundedSingle(_ function: Function, _ type: DType) {
        let x = SampleInput.uniform([64], in: function.range).cast(to: type)
        let result = function.apply(x)
        #expect(result.dtype == type)
        if function.testDescription == "erfinv of erf" { return }  // two ops, rounded twice
        let expected: [Float] = function.apply(x.cast(to: .float32)).cast(to: type).scalars()
        #expect(result.scalars(as: Float.self).map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test(arguments: functions) func anyNumberOfThreadsGivesTheSameBits(_ function: Function) {
        let x = SampleInput.uniform([300_007], in: function.range).cast(to: .float32)
        let threads = Settings.threadCount
        defer { Settings.threadCount = threads }
        let results = [1, 2, 3].map { count -> [UInt32] in
            Settings.threadCount = count
            return function.apply(x).scalars(as: Float.self).map(\.bitPattern)
        }
        #expect(results[0] == results[1] && results[0] == results[2])
        // The bits do not depend on the place either.
        let alone: [Float] = function.apply(Tensor([x.scalars(as: Float.self)[300_006]])).scalars()
        #expect(alone[0].bitPattern == results[0][300_006])
    }

    @Test(arguments: [DType.float32, .float64]) func specialValues(_ type: DType) {
        func of(_ f: (Tensor) -> Tensor, _ values: Double...) -> [Double] {
            f(Tensor(values, shape: [values.count]).cast(to: type)).scalars()
        }
        let inf = Double.infinity
        #expect(of({ $0.exp() }, inf, -inf, 0, 1000, -1000) == [inf, 0, 1, inf, 0])
        #expect(
            of({ $0.expm1() }, inf, -inf, 0, 1e-30) == [inf, -1, 0, type == .float32 ? Double(Float(1e-30)) : 1e-30])
        #expect(of({ $0.log() }, inf, 0, -0.0, 1) == [inf, -inf, -inf, 0])
        #expect(of({ $0.log1p() }, inf, -1, 0) == [inf, -inf, 0])
        #expect(of({ $0.squareRoot() }, inf, 0, 4) == [inf, 0, 2])
        #expect(of({ $0.reciprocalSquareRoot() }, inf, 0, 4) == [0, inf, 0.5])
        #expect(of({ $0.reciprocal() }, inf, 0, -0.0) == [0, inf, -inf])
        #expect(of({ $0.tanh() }, inf, -inf, 0, 100, -100) == [1, -1, 0, 1, -1])
        #expect(of({ $0.sigmoid() }, inf, -inf, 0, 200) == [1, 0, 0.5, 1])
        #expect(of({ $0.softplus() }, inf, -inf, 1000) == [inf, 0, 1000])
        #expect(of({ $0.relu() }, inf, -inf, -0.0, 3) == [inf, 0, 0, 3])
        #expect(of({ $0.erf() }, inf, -inf, 0) == [1, -1, 0])
        #expect(of({ $0.erfc() }, inf, -inf, 0) == [0, 2, 1])
        #expect(of({ $0.erfinv() }, 1, -1, 0) == [inf, -inf, 0])
        #expect(of({ $0.atanh() }, 1, -1) == [inf, -inf])
        #expect(of({ $0.lgamma() }, 1, 2, 0, -3, inf) == [0, 0, inf, inf, inf])
        #expect(of({ $0.round() }, 0.5, 1.5, 2.5, -0.5, -1.5) == [0, 2, 2, 0, -2])
        #expect(of({ $0.sign() }, inf, -inf, 0, -3) == [1, -1, 0, -1])
        let nan = [
            of({ $0.log() }, -1), of({ $0.squareRoot() }, -1), of({ $0.asin() }, 2), of({ $0.acosh() }, 0.5),
            of({ $0.sin() }, inf), of({ $0.erfinv() }, 2), of({ $0.exp() }, .nan), of({ $0.relu() }, .nan),
            of({ $0.sigmoid() }, .nan), of({ $0.tanh() }, .nan), of({ $0.sign() }, .nan), of({ $0.erf() }, .nan),
        ]
        #expect(nan.allSatisfy { $0[0].isNaN })
    }

    /// Abramowitz and Stegun, 6.3 and 6.4.
    @Test func gammaFunctionsDerivatives() {
        let euler = 0.577_215_664_901_532_9
        let pi = Double.pi
        func near(_ tensor: Tensor, _ expected: [Double]) -> Bool {
            tensor.allClose(to: Tensor(expected, shape: tensor.shape), relativeTolerance: 1e-14, absoluteTolerance: 0)
        }
        let x = Tensor([1, 0.5, 2, -0.5, 10], dtype: .float64)
        let harmonic = (1...9).reduce(0.0) { $0 + 1 / Double($1) }
        #expect(
            near(
                x.digamma(),
                [-euler, -euler - 2 * log(2), 1 - euler, -euler - 2 * log(2) + 2, harmonic - euler]))
        let squares = (1...9).reduce(0.0) { $0 + 1 / Double($1 * $1) }
        #expect(
            near(
                x.polygamma(1),
                [pi * pi / 6, pi * pi / 2, pi * pi / 6 - 1, pi * pi / 2 + 4, pi * pi / 6 - squares]))
        let apery = 1.202_056_903_159_594_3
        #expect(near(Tensor([1, 0.5], dtype: .float64).polygamma(2), [-2 * apery, -14 * apery]))
        #expect(near(Tensor([1], dtype: .float64).polygamma(3), [pi * pi * pi * pi / 15]))
        #expect(Tensor([1.0]).polygamma(0).dtype == .float32)
    }

    @Test(arguments: [DType.int32, .int64, .uint8]) func integers(_ type: DType) {
        let x = Tensor([0, 3, 7]).cast(to: type)
        #expect(x.square().scalars(as: Int.self) == [0, 9, 49] && x.square().dtype == type)
        #expect(x.abs().scalars(as: Int.self) == [0, 3, 7] && x.relu().dtype == type)
        #expect(x.sign().scalars(as: Int.self) == [0, 1, 1])
        #expect(x.floor().dtype == type && x.round().scalars(as: Int.self) == [0, 3, 7])
        #expect(x.exp().dtype == .float32 && x.squareRoot().dtype == .float32)
        #expect(x.isNaN().scalars() == [false, false, false] && x.isFinite().scalars() == [true, true, true])
        if type != .uint8 { #expect((-x).scalars(as: Int.self) == [0, -3, -7]) }
    }

    @Test func predicates() {
        let x = Tensor([1, Double.nan, .infinity, -.infinity, 0], shape: [5])
        #expect(x.isNaN().scalars() == [false, true, false, false, false])
        #expect(x.isInfinite().scalars() == [false, false, true, true, false])
        #expect(x.isFinite().scalars() == [true, false, false, false, true])
        #expect(x.cast(to: .float16).isNaN().scalars() == [false, true, false, false, false])
        #expect(x.logicalNot().scalars() == [false, false, false, false, true])
    }

    @Test func casts() {
        let x = Tensor([-1.9, 2.9, 300, .nan, 1e30, -.infinity, 0], shape: [7])
        #expect(x.cast(to: .int32).scalars(as: Int32.self) == [-1, 2, 300, 0, .max, .min, 0])
        #expect(x.cast(to: .uint8).scalars(as: UInt8.self) == [0, 2, 255, 0, 255, 0, 0])
        #expect(x.cast(to: .bool).scalars() == [true, true, true, true, true, true, false])
        #expect(Tensor([-1, 256, 300]).cast(to: .uint8).scalars(as: UInt8.self) == [255, 0, 44])
        #expect(Tensor([true, false]).cast(to: .float32).scalars(as: Float.self) == [1, 0])
        func rounded(_ values: [Double], _ type: DType) -> [Double] {
            Tensor(values, dtype: .float64).cast(to: type).scalars()
        }
        #expect(rounded([65519.9, 65520, 1e-8], .float16) == [65504, .infinity, 0])
        // Half way between two neighbours: to the even one.
        #expect(rounded([1.00390625, 1.01171875], .bfloat16) == [1, 1.015625])
    }
}
