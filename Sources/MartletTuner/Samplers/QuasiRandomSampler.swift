import Foundation

/// Points that cover the space more evenly than random ones: Halton's sequence, whose digits a random permutation of each
/// place scrambles.
///
/// The first trial is random, as the space is not known before. Parameters that not all trials have are random too.
///
/// Source: J. Halton, *On the efficiency of certain quasi-random sequences of points*, 1960; A. Owen, *A randomized Halton
/// algorithm in R*, 2017.
public struct QuasiRandomSampler: Sampler {
    /// Makes the sampler.
    public init() {}

    public func numbers(given history: TrialHistory) throws -> [String: (Distribution, Double)] {
        let space = SearchSpace(common: history.trials.filter { !$0.parameters.isEmpty }.prefix(1))
        guard !space.isEmpty else { return [:] }
        let point = Halton(space.count, history.sharedRandom("quasi-random")).point(history.number)
        return Dictionary(uniqueKeysWithValues: space.names.indices.map { index in
            let distribution = space.distributions[index]
            return (space.names[index], (distribution, distribution.number(at: point[index])))
        })
    }
}

/// Scrambled points of Halton's sequence in the unit cube.
package struct Halton: Sendable {
    private struct Axis: Sendable {
        let base: Int
        /// For each place of a digit what each digit becomes.
        let permutations: [[Int]]
    }
    private let axes: [Axis]

    package init(_ count: Int, _ random: TrialRandom) {
        var random = random
        var primes: [Int] = []
        var candidate = 2
        while primes.count < count {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        axes = primes.map { base in
            // As many places as a double has room for.
            let places = Int((53 / log2(Double(base))).rounded(.up))
            return Axis(
                base: base,
                permutations: (0..<places).map { _ in
                    var digits = Array(0..<base)
                    for index in stride(from: base - 1, to: 0, by: -1) { digits.swapAt(index, random.index(below: index + 1)) }
                    return digits
                })
        }
    }

    /// A point of the sequence, each coordinate from 0 to below 1.
    package func point(_ number: Int) -> [Double] {
        axes.map { axis in
            var (rest, scale, result) = (number, 1.0, 0.0)
            for permutation in axis.permutations {
                scale /= Double(axis.base)
                result += Double(permutation[rest % axis.base]) * scale
                rest /= axis.base
            }
            return min(result, 1 - 0x1p-53)
        }
    }
}
