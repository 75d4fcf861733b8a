import MartletCore

/// The random numbers of one element in one stage: a function of the stage's seed, the epoch, the stage's place in the
/// pipeline and the element's number. So they do not depend on which thread draws them, or when.
///
/// ```swift
/// let flipped = images.randomMap(seed: 1) { image, random in
///     Bool.random(using: &random) ? image.reversed(axes: [1]) : image
/// }
/// ```
public struct RandomStream: RandomNumberGenerator, Sendable {
    private let key: UInt64
    private var counter: UInt64 = 0

    /// The stream of a key; different keys give unrelated streams.
    package init(key: UInt64) { self.key = key }

    /// 64 random bits.
    public mutating func next() -> UInt64 {
        counter &+= 1
        return RandomStream.mix(key, counter)
    }

    /// A number below `bound`, with a bias below bound/2^64.
    package mutating func index(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// A new generator that draws tensors; each call gives another one.
    public mutating func makeGenerator() -> RandomGenerator { RandomGenerator(seed: Int(Int64(bitPattern: next()))) }

    /// SplitMix64's finaliser of a key and a number: neighbouring numbers give unrelated results.
    package static func mix(_ key: UInt64, _ number: UInt64) -> UInt64 {
        var z = key &+ number &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The order of an epoch.
enum Permutation {
    /// The numbers `0..<count` in random order: each order is as likely as any other (Fisher and Yates).
    /// - Throws: `MartletError` when there is no memory for them.
    static func random(_ count: Int, key: UInt64) throws(MartletError) -> [Int] {
        try [Int].requireMemory(count, at: "shuffle")
        return ofFew(count, key: key)
    }

    /// The same of numbers so few that memory is no question.
    static func ofFew(_ count: Int, key: UInt64) -> [Int] {
        var random = RandomStream(key: key)
        var order = Array(0..<count)
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, random.index(below: i + 1)) }
        return order
    }
}
