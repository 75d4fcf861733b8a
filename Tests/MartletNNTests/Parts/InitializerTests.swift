import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Initial weights against the moments and bounds of Keras's formulas.
@Suite(.ownSession) struct InitializerTests {
    struct Moments: Sendable, CustomTestStringConvertible {
        let initializer: any Initializer
        let mean: Double
        let deviation: Double
        /// The greatest distance from the mean, nil for none.
        let bound: Double?
        var testDescription: String { initializer.className }
    }

    /// Of a kernel [3, 3, 40, 60]: 360 inputs, 540 outputs, 21,600 elements.
    static let moments: [Moments] = {
        func variance(_ scale: Double, _ n: Double) -> Double { (scale / n).squareRoot() }
        // A uniform distribution of this deviation ends at sqrt(3) times it; the truncated normal at two of its own.
        func uniform(_ i: any Initializer, _ d: Double) -> Moments {
            Moments(initializer: i, mean: 0, deviation: d, bound: d * 3.0.squareRoot())
        }
        func truncated(_ i: any Initializer, _ d: Double) -> Moments {
            Moments(initializer: i, mean: 0, deviation: d, bound: 2 * d / 0.8796256610342398)
        }
        return [
            uniform(.randomUniform(seed: 1), 0.1 / 12.0.squareRoot()),
            Moments(
                initializer: .randomNormal(mean: 1, standardDeviation: 2, seed: 2), mean: 1, deviation: 2, bound: nil),
            truncated(.truncatedNormal(seed: 3), 0.05 * 0.8796256610342398),
            truncated(.varianceScaling(scale: 3, mode: .fanOut, seed: 4), variance(3, 540)),
            Moments(
                initializer: .varianceScaling(distribution: .untruncatedNormal, seed: 5), mean: 0,
                deviation: variance(1, 360), bound: nil),
            uniform(.glorotUniform(seed: 6), variance(1, 450)), truncated(.glorotNormal(seed: 7), variance(1, 450)),
            uniform(.heUniform(seed: 8), variance(2, 360)), truncated(.heNormal(seed: 9), variance(2, 360)),
            uniform(.lecunUniform(seed: 10), variance(1, 360)), truncated(.lecunNormal(seed: 11), variance(1, 360)),
        ]
    }()

    @Test(arguments: moments) func distribution(_ expected: Moments) throws {
        let weight = expected.initializer.makeTensor(shape: [3, 3, 40, 60], dtype: .float64)
        let count = Double(weight.elementCount)
        // Five standard errors of the mean, and of the deviation of a normal distribution, which is the widest here.
        #expect(abs(weight.mean().item() - expected.mean) < 5 * expected.deviation / count.squareRoot())
        let deviation = weight.standardDeviation().item()
        #expect(abs(deviation - expected.deviation) < 5 * expected.deviation / (2 * count).squareRoot())
        if let bound = expected.bound {
            let reach = (weight - expected.mean).abs().max().item()
            #expect(reach <= bound && reach > 0.99 * bound)
        }
        #expect(
            expected.initializer.makeTensor(shape: [3, 3, 40, 60], dtype: .float64).scalars(as: Double.self)
                == weight.scalars(as: Double.self), "a seed gives the same at every call")
        #expect(expected.initializer.makeTensor(shape: [2], dtype: .float32).dtype == .float32)
    }

    @Test func withoutSeedEveryCallDiffers() {
        let initializer: any Initializer = .glorotUniform
        let (a, b) = (0, 1)
        let draws = [a, b].map { _ in initializer.makeTensor(shape: [4, 4], dtype: .float32).scalars(as: Float.self) }
        #expect(draws[0] != draws[1])
    }

    @Test func constants() {
        #expect(Zeros().makeTensor(shape: [2], dtype: .float32).scalars(as: Float.self) == [0, 0])
        #expect(Ones().makeTensor(shape: [2], dtype: .float64).scalars(as: Double.self) == [1, 1])
        #expect(Constant(3).makeTensor(shape: [2], dtype: .float32).scalars(as: Float.self) == [3, 3])
        #expect(
            IdentityInitializer(gain: 2).makeTensor(shape: [2, 3], dtype: .float32).scalars(as: Float.self)
                == [2, 0, 0, 0, 2, 0])
    }

    @Test(arguments: [[5, 3], [3, 5], [4, 4], [2, 3, 2, 4], [0, 3]]) func orthogonal(_ sizes: [Int]) {
        let weight = Orthogonal(gain: 2, seed: 1).makeTensor(shape: Shape(sizes), dtype: .float64)
        #expect(weight.shape == Shape(sizes))
        let matrix = weight.reshaped(sizes.dropLast().reduce(1, *), sizes.last!)
        let isWide = matrix.shape[0] < matrix.shape[1]
        let product = isWide ? matmul(matrix, matrix, transposeB: true) : matmul(matrix, matrix, transposeA: true)
        let expected = 4 * Tensor.eye(product.shape[0], dtype: .float64)
        #expect(product.allClose(to: expected, relativeTolerance: 0, absoluteTolerance: 1e-13))
    }

    @Test func fans() {
        func pair(_ shape: Shape) -> [Int] {
            [VarianceScaling.fans(of: shape).inputs, VarianceScaling.fans(of: shape).outputs]
        }
        #expect(pair([]) == [1, 1] && pair([7]) == [7, 7] && pair([3, 5]) == [3, 5])
        #expect(pair([3, 3, 4, 8]) == [36, 72] && pair([5, 2, 3]) == [10, 15])
    }

    @Test func registry() throws {
        for type in InitializerRegistry.types {
            let initializer = try makeInitializer(named: type.className)
            #expect(initializer.className == type.className)
            let copy = try InitializerRegistry.shared.make(from: .init(initializer))
            #expect(JSONValue(copy) == JSONValue(initializer))
        }
        #expect(try makeInitializer(named: "he_normal") is HeNormal)
        #expect(try makeInitializer(named: "uniform") is RandomUniform)
        #expect(throws: MartletError.self) { try makeInitializer(named: "nonsense") }
        #expect(throws: MartletError.self) {
            try InitializerRegistry.shared.make(className: "VarianceScaling", config: ["scale": 0])
        }
        #expect(throws: MartletError.self) {
            try InitializerRegistry.shared.make(className: "VarianceScaling", config: ["mode": "fan"])
        }
    }
}
