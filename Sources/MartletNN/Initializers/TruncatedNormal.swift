import MartletCore
import MartletFormats

/// Draws a weight from a normal distribution, on the condition that values lie within two standard deviations.
///
/// Source: [`keras.initializers.TruncatedNormal`](https://keras.io/api/layers/initializers/#truncatednormal-class).
public struct TruncatedNormal: Initializer, Configurable {
    /// The mean.
    public let mean: Double
    /// The standard deviation, that before the cut.
    public let standardDeviation: Double
    /// The stream's seed; nil draws anew at every call.
    public let seed: Int?

    /// Makes an initializer.
    public init(mean: Double = 0, standardDeviation: Double = 0.05, seed: Int? = nil) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.seed = seed
        Argument.check(
            standardDeviation >= 0, Self.className, "standardDeviation", expected: "a number of at least 0",
            received: standardDeviation)
    }

    public init(config: Configuration) throws {
        try self.init(
            mean: config.value("mean", default: 0), standardDeviation: config.value("stddev", default: 0.05),
            seed: config.optional("seed"))
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        RandomGenerator(seed: seed).truncatedNormal(
            shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }

    public var config: [String: JSONValue] {
        ["mean": .double(mean), "stddev": .double(standardDeviation), "seed": .optional(seed)]
    }
}

extension Initializer where Self == TruncatedNormal {
    /// From a normal distribution cut at two standard deviations.
    public static func truncatedNormal(
        mean: Double = 0, standardDeviation: Double = 0.05, seed: Int? = nil
    ) -> TruncatedNormal { TruncatedNormal(mean: mean, standardDeviation: standardDeviation, seed: seed) }
}
