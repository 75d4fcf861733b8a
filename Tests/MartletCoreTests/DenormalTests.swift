import CKernels
import Foundation
import MartletCore
import TestSupport
import Testing

/// What becomes of numbers below the least normal one, with denormals flushed and with denormals kept.
@Suite(.ownSession) struct DenormalTests {
    static let least: [DType: Double] = [
        .float32: Double(Float.leastNormalMagnitude), .float64: .leastNormalMagnitude,
    ]

    /// Denormal numbers of a type: a large one, a small one, the least, and their negatives.
    private static func denormals(_ type: DType) -> [Double] {
        let magnitudes: [Double] =
            type == .float32
            ? [0x1.8p-127, 0x1p-137, Double(Float.leastNonzeroMagnitude)]
            : [0x1.8p-1023, 0x1p-1030, .leastNonzeroMagnitude]
        return magnitudes + magnitudes.map { -$0 }
    }

    /// A tensor made without a kernel.
    private static func tensor(_ values: [Double], _ type: DType) -> Tensor {
        let shape: Shape = [values.count]
        return type == .float32 ? Tensor(values.map { Float($0) }, shape: shape) : Tensor(values, shape: shape)
    }

    /// The elements as they are: a cast would flush them.
    private static func values(_ tensor: Tensor) -> [Double] {
        tensor.withUnsafeBytes { bytes in
            tensor.dtype == .float32
                ? bytes.bindMemory(to: Float.self).map { Double($0) } : Array(bytes.bindMemory(to: Double.self))
        }
    }

    private static func bits(_ tensor: Tensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }

    private static func denormalCount(_ tensor: Tensor) -> Int {
        values(tensor).filter { $0 != 0 && abs($0) < least[tensor.dtype]! }.count
    }

    @Test(arguments: [DType.float32, .float64]) func arithmeticTakesThemForZeros(_ type: DType) {
        let values = Self.denormals(type)
        let x = Self.tensor(values, type)
        let zeros = values.map { $0 < 0 ? -0.0 : 0.0 }
        Settings.withDenormals(flushed: true) {
            for result in [x * 1, x + x, x * 1e30, x.squareRoot(), x.expm1(), x.tanh()] {
                let found = Self.values(result)
                #expect(found == zeros && found.map(\.sign) == zeros.map(\.sign))
            }
            #expect(Self.values(1 / x) == zeros.map { 1 / $0 })
            #expect(Self.values(x.log()) == zeros.map { _ in -Double.infinity })
            #expect((x .== 0).scalars() == zeros.map { _ in true })
            #expect(Self.values(x.sign()) == zeros)
            // A result too small for a normal number.
            let tiny = Self.tensor([Self.least[type]!, -Self.least[type]!], type)
            let halves = Self.values(tiny / 2)
            #expect(halves == [0, 0] && halves.map(\.sign) == [.plus, .minus])
            #expect(Self.values(tiny * 1) == [Self.least[type]!, -Self.least[type]!])
        }
        #expect(Settings.flushesDenormals)
    }

    @Test(arguments: [DType.float32, .float64]) func keptWhereAskedFor(_ type: DType) {
        let values = Self.denormals(type)
        let x = Self.tensor(values, type)
        Settings.withDenormals(flushed: false) {
            #expect(Self.values(x * 1) == values && Self.values(x + 0) == values)
            #expect(Self.values(x * 0x1p60) == values.map { $0 * 0x1p60 })
            let tiny = Self.tensor([Self.least[type]!], type)
            #expect(Self.values(tiny / 2) == [Self.least[type]! / 2])
            #expect((x .== 0).scalars() == values.map { _ in false })
        }
        let result: Float = Settings.withDenormals(flushed: false) { Tensor(Float(-100)).exp().item() }
        #expect(result == Float(Foundation.exp(Double(-100))) && result > 0)
    }

    @Test(arguments: [DType.float32, .float64]) func whatOnlyMovesKeepsBits(_ type: DType) {
        let values = Self.denormals(type)
        let x = Self.tensor(values, type)
        Settings.withDenormals(flushed: true) {
            #expect(Self.values(x.reshaped(2, 3).transposed().transposed().flattened()) == values)
            #expect(Self.values(Tensor.concatenate([x, x], axis: 0)) == values + values)
            #expect(Self.values(-x) == values.map { -$0 })
            #expect(Self.values(x[0..<2]) == Array(values[0..<2]))
        }
    }

    /// Every elementwise op takes a denormal number for a zero of its sign, or hands it on as it is; and an element's place
    /// makes no difference, in a whole vector or in what is left over.
    @Test(arguments: [DType.float32, .float64], [true, false]) func everyElementwiseOp(_ dtype: DType, flushes: Bool) {
        let moving = [MK_NEG, MK_ABS, MK_GATE, MK_SELECT, MK_CAST]
        let count = 71
        var others = Self.denormals(dtype)
        others += [0, -0.0, 1, -1, 2.5, -2.5, .infinity, -.infinity, Self.least[dtype]!, -Self.least[dtype]!]
        func filled(_ value: Double) -> Tensor { Self.tensor(Array(repeating: value, count: count), dtype) }
        func settled(_ value: Double) -> Double { abs(value) < Self.least[dtype]! ? value * 0 : value }
        func check(_ op: any ElementwiseOp, _ operands: [Double]) {
            guard op.outputType(for: operands.map { _ in dtype }) != nil else { return }
            let result = perform(op, operands.map(filled))[0]
            let bytes = Self.bits(result)
            let width = result.dtype.byteCount
            let isUniform = (0..<count).allSatisfy { bytes[$0 * width..<($0 + 1) * width] == bytes[..<width] }
            #expect(isUniform, "\(type(of: op).name) of \(operands)")
            guard flushes, !moving.contains(op.instruction) else { return }
            let wanted = perform(op, operands.map { filled(settled($0)) })[0]
            let isWanted = bytes == Self.bits(wanted)
            #expect(isWanted, "\(type(of: op).name) of \(operands)")
            if result.dtype.isFloatingPoint {
                #expect(Self.denormalCount(result) == 0, "\(type(of: op).name) of \(operands)")
            }
        }
        Settings.withDenormals(flushed: flushes) {
            var seen = Set<String>()
            for op in OpRegistry.all.flatMap({ $0.samples.prefix(1).map(\.op) }) {
                guard seen.insert(type(of: op).name).inserted else { continue }
                if let unary = op as? any UnaryOp {
                    for value in others { check(unary, [value]) }
                } else if let binary = op as? any BinaryOp {
                    for a in others {
                        for b in others { check(binary, [a, b]) }
                    }
                }
            }
            #expect(seen.count > 60)
        }
    }

    /// Compiled and eager give the same bits, where a graph could leave an op out too.
    @Test(arguments: [DType.float32, .float64], [true, false]) func compiledAsEager(_ type: DType, flushes: Bool) {
        let x = Self.tensor(Self.denormals(type) + [1, -1e-30], type)
        func formulas(_ x: Tensor) -> [Tensor] {
            [x * 1, 1 * x, x / 1, x - 0, -(-x), (-x) * 1, x.reshaped(to: x.shape) * 1, x.relu() * 1, (x * 3 - 0) * 1]
        }
        Settings.withDenormals(flushed: flushes) {
            let eager = formulas(x).map(Self.bits)
            let function = compiled { (x: Tensor) in formulas(x) }
            #expect(function(x).map(Self.bits) == eager)
        }
    }

    /// Half precision has denormal numbers of its own, which are normal ones in `float32`.
    @Test(arguments: [true, false]) func halvesAreKept(_ flushes: Bool) {
        let patterns = (0...UInt16.max).map { $0 }
        let values = patterns.map { pattern -> Float in
            // The definition: sign, five bits of exponent, ten of mantissa.
            let (exponent, mantissa) = (Int(pattern >> 10 & 31), Float(pattern & 1023))
            let magnitude: Float =
                switch exponent {
                case 0: mantissa * 0x1p-24
                case 31: mantissa == 0 ? .infinity : .nan
                default: (1024 + mantissa) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
                }
            return pattern >> 15 == 1 ? -magnitude : magnitude
        }
        Settings.withDenormals(flushed: flushes) {
            let halves = Tensor(values, shape: [values.count]).cast(to: .float16)
            let found = halves.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
            #expect(zip(found, zip(patterns, values)).allSatisfy { $1.1.isNaN ? $0 & 0x7FFF > 0x7C00 : $0 == $1.0 })
            let back: [Float] = halves.cast(to: .float32).scalars()
            #expect(zip(back, values).allSatisfy { $0.isNaN ? $1.isNaN : $0.bitPattern == $1.bitPattern })
        }
    }

    /// Casts between `bfloat16` and `float32` move bits; `float64` has no such neighbour.
    @Test func castsOfBrainFloats() {
        Settings.withDenormals(flushed: true) {
            let x = Tensor([Float(0x1p-130), -0x1p-130], shape: [2])
            #expect(x.cast(to: .bfloat16).cast(to: .float32).scalars() == [Float(0x1p-130), -0x1p-130])
            #expect((x.cast(to: .bfloat16) * 1).cast(to: .float32).scalars() == [Float(0), -0])
            #expect(x.cast(to: .float64).scalars() == [0.0, -0.0])
            #expect(Tensor([1e-40, -1e-40], dtype: .float64).cast(to: .float32).scalars() == [Float(0), -0])
        }
    }
}
