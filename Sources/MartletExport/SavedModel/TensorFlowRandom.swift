import Foundation
import Martlet
import MartletCore

/// Random numbers, and numbers whose bits are others'.
extension TensorFlowOperator {
    static func addRandom(_ table: inout [String: TensorFlowOperator]) {
        // TensorFlow's own numbers follow from what else ran before: these have the same distribution.
        table["RandomUniform"] = TensorFlowOperator { call in
            [call.generator.uniform(try call.randomShape(), dtype: try call.floatType())]
        }
        table["RandomStandardNormal"] = TensorFlowOperator { call in
            [call.generator.normal(try call.randomShape(), dtype: try call.floatType())]
        }
        table["TruncatedNormal"] = TensorFlowOperator { call in
            [call.generator.truncatedNormal(try call.randomShape(), dtype: try call.floatType())]
        }
        table["RandomUniformInt"] = TensorFlowOperator { call in
            let (low, high) = (try call.integer(1), try call.integer(2))
            guard low < high, high - low < 1 << 48 else {
                throw MartletError("Expected a range of at most 2^48 integers. Received: \(low) up to \(high).")
            }
            let numbers = call.generator.uniform(try call.randomShape(), in: 0..<Double(high - low), dtype: .float64)
            return [(numbers.floor().cast(to: .int64) + low).cast(to: try call.tensor(1).dtype)]
        }
        // These follow from the seed alone: they are TensorFlow's.
        for (name, isNormal) in [("StatelessRandomUniform", false), ("StatelessRandomNormal", true)] {
            table[name] = TensorFlowOperator { call in
                let seed = try call.integers(1)
                guard seed.count == 2 else { throw MartletError("Expected a seed of two integers. Received: \(seed.count).") }
                return [try call.stateless(Philox(seed: seed), isNormal)]
            }
            table["\(name)V2"] = TensorFlowOperator { call in
                let (key, counter, algorithm) = (try call.integers(1), try call.integers(2), try call.integer(3))
                // 3 leaves the choice to TensorFlow, which takes this one on CPUs.
                guard key.count == 1, counter.count == 2, algorithm == 1 || algorithm == 3 else {
                    throw MartletError("Expected the algorithm Philox, with a key and a counter. Received: number \(algorithm).")
                }
                return [try call.stateless(Philox(key: key[0], counter: counter), isNormal)]
            }
        }
        table["StatelessRandomGetKeyCounter"] = TensorFlowOperator { call in
            let seed = try call.integers(0)
            guard seed.count == 2 else { throw MartletError("Expected a seed of two integers. Received: \(seed.count).") }
            let (key, counter) = Philox(seed: seed).words
            return [Tensor([key]), Tensor(counter)]
        }
        table["StatelessRandomGetAlg"] = TensorFlowOperator { _ in [Tensor(1).cast(to: .int32)] }
        table["Bitcast"] = TensorFlowOperator { call in
            let (x, type) = (try call.tensor(0), try call.type("type"))
            if x.dtype == type { return [x] }
            guard x.symbol == nil, x.dtype.byteCount == type.byteCount, x.dtype != .bool, type != .bool, type != .string else {
                throw MartletError(
                    "Martlet reads the bits of constants as numbers of the same size alone. Received: \(x.spec) as \(type.name).")
            }
            return [x.withUnsafeBytes { Tensor(bytes: $0, shape: x.shape, dtype: type) }]
        }
    }
}

extension TensorFlowCall {
    fileprivate func randomShape() throws -> Shape {
        let shape = try Shape(validating: integers(0))
        try Settings.requireMemory(saturatedProduct(shape.elementCount, 8), at: "random numbers")
        return shape
    }

    /// The type of what is drawn: `float32` where the file leaves it out, as files do with what is the default.
    fileprivate func floatType() throws -> DType {
        let type = node.attribute("dtype") == nil ? .float32 : try type("dtype")
        guard type.isFloatingPoint else { throw MartletError("Expected a floating-point type. Received: \(type.name).") }
        return type
    }

    fileprivate func stateless(_ generator: Philox, _ isNormal: Bool) throws -> Tensor {
        let (shape, type) = (try randomShape(), try floatType())
        guard type == .float32 else { throw MartletError("Martlet draws these numbers in float32. Received: \(type.name).") }
        var generator = generator
        let numbers = isNormal ? generator.normals(shape.elementCount) : generator.uniforms(shape.elementCount)
        return Tensor(numbers, shape: shape)
    }
}

/// Random numbers that follow from a counter and a key.
///
/// Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel random numbers: as easy as 1, 2, 3*, 2011, with ten
/// rounds, and TensorFlow's way from seeds to keys and from bits to numbers.
struct Philox {
    private var counter: [UInt32]
    private var key: [UInt32]

    init(key: Int, counter: [Int]) {
        self.key = Self.halves(key)
        self.counter = counter.flatMap(Self.halves)
    }

    /// The generator of a seed: the seed's own numbers choose key and counter.
    init(seed: [Int]) {
        var mixer = Philox(key: 0x0246_1e29 << 32 | 0x3ec8_f720, counter: seed)
        let mixed = mixer.next()
        key = Array(mixed[..<2])
        counter = [0, 0] + mixed[2...]
    }

    /// Key and counter as integers of 64 bits.
    var words: (key: Int, counter: [Int]) {
        func word(_ low: UInt32, _ high: UInt32) -> Int { Int(bitPattern: UInt(high) << 32 | UInt(low)) }
        return (word(key[0], key[1]), [word(counter[0], counter[1]), word(counter[2], counter[3])])
    }

    private static func halves(_ number: Int) -> [UInt32] {
        let bits = UInt64(bitPattern: Int64(number))
        return [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
    }

    /// Four numbers, and the next counter.
    private mutating func next() -> [UInt32] {
        var (a, b, c, d) = (counter[0], counter[1], counter[2], counter[3])
        var (first, second) = (key[0], key[1])
        for _ in 0..<10 {
            let (x, y) = (a.multipliedFullWidth(by: 0xD251_1F53), c.multipliedFullWidth(by: 0xCD9E_8D57))
            (a, b, c, d) = (y.high ^ b ^ first, UInt32(y.low), x.high ^ d ^ second, UInt32(x.low))
            first &+= 0x9E37_79B9
            second &+= 0xBB67_AE85
        }
        for place in counter.indices {
            counter[place] &+= 1
            if counter[place] != 0 { break }
        }
        return [a, b, c, d]
    }

    /// From 0 up to 1: 23 of the bits.
    private static func fraction(_ bits: UInt32) -> Float { Float(bitPattern: 127 << 23 | bits & 0x7f_ffff) - 1 }

    mutating func uniforms(_ count: Int) -> [Float] { drawn(count) { $0.map(Self.fraction) } }

    /// G. E. P. Box, M. E. Muller, *A note on the generation of random normal deviates*, 1958.
    mutating func normals(_ count: Int) -> [Float] {
        drawn(count) { bits in
            [0, 2].flatMap { place -> [Float] in
                let (size, angle) = (max(Self.fraction(bits[place]), 1e-7), 2 * Float.pi * Self.fraction(bits[place + 1]))
                let radius = (-2 * log(size)).squareRoot()
                return [sin(angle) * radius, cos(angle) * radius]
            }
        }
    }

    private mutating func drawn(_ count: Int, _ numbers: ([UInt32]) -> [Float]) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(count + 3)
        while result.count < count { result += numbers(next()) }
        return Array(result[..<count])
    }
}
