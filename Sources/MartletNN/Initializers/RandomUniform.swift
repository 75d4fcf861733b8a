import MartletCore
import MartletFormats

/// Draws a weight evenly from a range.
///
/// Source: [`keras.initializers.RandomUniform`](https://keras.io/api/layers/initializers/#randomuniform-class).
public struct RandomUniform: Initializer, Configurable {
    /// The lower bound, included.
    public let minimum: Double
    /// The upper bound, excluded.
    public let maximum: Double
    /// The stream's seed; nil draws anew at every call.
    public let seed: Int?

    /// Makes an initializer.
    public init(minimum: Double = -0.05, maximum: Double = 0.05, seed: Int? = nil) {
        self.minimum = minimum
        self.maximum = maximum
        self.seed = seed
        Argument.check(
            minimum <= maximum, Self.className, "minimum", expected: "a number of at most \(maximum)",
            received: minimum)
    }

    public init(config: Configuration) throws {
        try self.init(
            minimum: config.value("minval", default: -0.05), maximum: config.value("maxval", default: 0.05),
            seed: config.optional("seed"))
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        RandomGenerator(seed: seed).uniform(shape, in: minimum..<maximum, dtype: dtype)
    }

    public var config: [String: JSONValue] {
        ["minval": .double(minimum), "maxval": .double(maximum), "seed": .optional(seed)]
    }
}

extension Initializer where Self == RandomUniform {
    /// Evenly from a range.
    public static func randomUniform(
        minimum: Double = -0.05, maximum: Double = 0.05, seed: Int? = nil
    ) -> RandomUniform { RandomUniform(minimum: minimum, maximum: maximum, seed: seed) }
}
