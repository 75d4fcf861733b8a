import Foundation

/// The random numbers of one trial for one purpose: a function of the study's seed, the trial's number and the purpose. So they
/// depend neither on the order in which trials run nor on what was drawn before an interruption.
public struct TrialRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Begins the stream.
    public init(seed: Int, trial: Int, purpose: String) {
        // FNV-1a.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let start = Self.mixed(UInt64(bitPattern: Int64(seed)) &+ 0x9E37_79B9_7F4A_7C15)
        state = Self.mixed(Self.mixed(start ^ UInt64(bitPattern: Int64(trial))) ^ hash)
    }

    /// SplitMix64's finaliser.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// A number from 0 to below 1.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number of the standard normal distribution.
    public mutating func normal() -> Double { Normal.quantile(max(0x1p-54, uniform())) }

    /// A number from 0 to below `count`.
    public mutating func index(below count: Int) -> Int { Int(uniform() * Double(count)) }

    /// An index, each as likely as its weight says.
    mutating func index(weights: [Double]) -> Int {
        var rest = uniform() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return index }
        }
        return weights.lastIndex { $0 > 0 } ?? 0
    }
}
