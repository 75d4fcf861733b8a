import CKernels
import Foundation
import MartletCore
import TestSupport
import Testing

@Suite(.serialized, .ownSession) struct RandomTests {
    /// The known answers that come with the authors' Random123 library.
    @Test(arguments: [
        ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        (
            [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        ),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        ),
    ] as [([UInt32], [UInt32], [UInt32])]) func philox(_ counter: [UInt32], _ key: [UInt32], _ expected: [UInt32]) {
        var out = [UInt32](repeating: 0, count: 4)
        mk_philox(counter, key, &out)
        #expect(out == expected)
    }

    static let draws: [(String, @Sendable (RandomGenerator) -> Tensor, mean: Double, variance: Double)] = {
        let (shape, p): (Shape, Double) = ([200_000], 0.3)
        return [
            ("uniform", { $0.uniform(shape, in: -1..<3, dtype: .float32) }, 1, 16.0 / 12),
            ("uniform64", { $0.uniform(shape, dtype: .float64) }, 0.5, 1.0 / 12),
            ("normal", { $0.normal(shape, mean: 2, standardDeviation: 3, dtype: .float32) }, 2, 9),
            ("normal64", { $0.normal(shape, dtype: .float64) }, 0, 1),
            // 1 - 4 phi(2) / (2 Phi(2) - 1)
            ("truncated", { $0.truncatedNormal(shape, dtype: .float32) }, 0, 0.7737413),
            ("bernoulli", { $0.bernoulli(shape, probability: p, dtype: .float32) }, p, p * (1 - p)),
            ("bool", { $0.bernoulli(shape, probability: p) }, p, p * (1 - p)),
            ("integers", { $0.integers(shape, in: -5..<6) }, 0, 10),
        ]
    }()

    /// The mean of n draws has the standard error s / sqrt(n). The variance's is at most s^2 sqrt(2 / n) for these
    /// distributions, none of which has heavier tails than the normal one. Five of them: one chance in 10^6.
    @Test(arguments: draws.indices) func moments(_ index: Int) {
        let (name, draw, mean, variance) = Self.draws[index]
        let values: [Double] = draw(RandomGenerator(seed: 11)).scalars()
        let n = Double(values.count)
        let sampleMean = values.reduce(0, +) / n
        let sampleVariance = values.map { ($0 - sampleMean) * ($0 - sampleMean) }.reduce(0, +) / n
        #expect(abs(sampleMean - mean) < 5 * (variance / n).squareRoot(), "\(name)")
        #expect(abs(sampleVariance - variance) < 5 * variance * (2 / n).squareRoot(), "\(name)")
    }

    @Test func bounds() {
        let generator = RandomGenerator(seed: 5)
        let uniform: [Float] = generator.uniform([100_000], in: 2..<3, dtype: .float32).scalars()
        #expect(uniform.allSatisfy { (2..<3).contains($0) })
        let truncated: [Float] = generator.truncatedNormal([100_000], mean: 1, standardDeviation: 0.5).scalars()
        #expect(truncated.allSatisfy { (0...2).contains($0) })
        #expect(generator.uniform([3], dtype: .bfloat16).dtype == .bfloat16)
        #expect(generator.normal([0, 2]).shape == [0, 2])
        #expect(generator.bernoulli([10], probability: 0, value: 3, dtype: .float32).sum().item() == 0)
        #expect(generator.bernoulli([10], probability: 1, value: 3, dtype: .float32).sum().item() == 30)
    }

    /// Chi-square of 10 classes has 9 degrees of freedom: above 41 with probability 5e-6.
    @Test(arguments: [DType.int32, .int64]) func integersAreEven(_ dtype: DType) {
        let draws = RandomGenerator(seed: 3).integers([100_000], in: 0..<10, dtype: dtype)
        let counts: [Double] = draws.bincount(depth: 10).scalars()
        let chiSquare = counts.map { ($0 - 10_000) * ($0 - 10_000) / 10_000 }.reduce(0, +)
        #expect(chiSquare < 41 && chiSquare > 0.5)
    }

    @Test(arguments: [0, 1, 2, 1000]) func permutations(_ count: Int) {
        let order = RandomGenerator(seed: 9).permutation(count)
        #expect(order.sorted().scalars(as: Int.self) == Array(0..<count))
        if count == 1000 { #expect(order.scalars(as: Int.self) != Array(0..<count)) }
    }

    @Test func shufflingMovesWholeSlices() {
        let rows = Tensor.range(0..<200).reshaped(100, 2).shuffled(using: RandomGenerator(seed: 1))
        let first: [Int] = rows[.all, 0].scalars()
        #expect(rows[.all, 1].scalars(as: Int.self) == first.map { $0 + 1 })
        #expect(first.sorted() == stride(from: 0, to: 200, by: 2).map { $0 } && first != first.sorted())
    }

    @Test(arguments: draws.indices) func sameBitsWithAnyNumberOfThreads(_ index: Int) {
        let before = Settings.threadCount
        defer { Settings.threadCount = before }
        let results = [1, 2, 5].map { threads in
            Settings.threadCount = threads
            return Self.draws[index].1(RandomGenerator(seed: 4)).withUnsafeBytes { Array($0) }
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    /// The loops over blocks give Philox's words in order, and numbers made of them by exact steps: the same bits whatever
    /// instructions run them.
    @Test func loopsGiveTheWordsOfEachBlock() {
        let (count, key, first) = (20_000, UInt64(0x1234_5678_9ABC_DEF0), UInt64(0xFFFF_FFF0))
        var words = [UInt32](repeating: 0, count: count)
        mk_random_bits(MK_I32, &words, Int64(count), key, first)
        let expected: [UInt32] = (0..<count / 4).flatMap { block -> [UInt32] in
            let at = first + UInt64(block)
            var out = [UInt32](repeating: 0, count: 4)
            mk_philox(
                [UInt32(truncatingIfNeeded: at), UInt32(at >> 32), 0, 0],
                [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)], &out)
            return out
        }
        #expect(words == expected)

        var floats = [Float](repeating: 0, count: count)
        mk_random_uniform(MK_F32, &floats, Int64(count), key, first, 0, 1)
        let parts: [Float] = expected.map { word in Float(word >> 8) * 0x1p-24 }
        #expect(floats == parts)

        var integers = [Int64](repeating: 0, count: count / 2)
        mk_random_integers(MK_I64, &integers, Int64(count / 2), key, first, -7, 1_000_000)
        let pairs: [UInt64] = (0..<count / 2).map { index in
            let (low, high) = (UInt64(expected[2 * index]), UInt64(expected[2 * index + 1]))
            return high << 32 | low
        }
        let scaled: [Int64] = pairs.map { word in Int64(word.multipliedFullWidth(by: 1_000_007).high) - 7 }
        #expect(integers == scaled)
        var doubles = [Double](repeating: 0, count: count / 2)
        mk_random_uniform(MK_F64, &doubles, Int64(count / 2), key, first, 0, 1)
        let fractions: [Double] = pairs.map { word in Double(word >> 11) * 0x1p-53 }
        #expect(doubles == fractions)
    }

    @Test func aSavedStateResumesTheStream() {
        let generator = RandomGenerator(seed: 21)
        _ = generator.normal([7])
        let saved = generator.state.value
        let next: [Float] = generator.uniform([5], dtype: .float32).scalars()
        let other = RandomGenerator(seed: 0)
        other.state.assign(saved)
        #expect(other.uniform([5], dtype: .float32).scalars() == next)
        #expect(generator.uniform([5], dtype: .float32).scalars() != next)
    }

    /// Two draws of n share no words with each other: the second begins behind the first.
    @Test func drawsDoNotOverlap() {
        let generator = RandomGenerator(seed: 2)
        let first = generator.integers([64], in: 0..<Int.max).scalars(as: Int.self)
        let second = generator.integers([64], in: 0..<Int.max).scalars(as: Int.self)
        #expect(Set(first + second).count == 128)
    }

    @Test func theGlobalSeedRestartsTheDefaultGenerator() {
        func draws() -> [Float] {
            (Tensor.randomUniform([3]).scalars() as [Float]) + RandomGenerator().normal([2]).scalars()
        }
        setRandomSeed(42)
        let first = draws()
        let going = draws()
        setRandomSeed(42)
        #expect(draws() == first && going != first)
        setRandomSeed(43)
        #expect(draws() != first)
    }

    @Test func concurrentDrawsAreAllDifferent() {
        let generator = RandomGenerator(seed: 8)
        let results = ResultBox()
        DispatchQueue.concurrentPerform(iterations: 64) { _ in
            results.append(generator.integers([1], in: 0..<Int.max).item(as: Int.self))
        }
        #expect(Set(results.values).count == 64)
    }
}

private final class ResultBox: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var values: [Int] = []
    func append(_ value: Int) { lock.withLock { values.append(value) } }
}
