import MartletCore

/// Draws a weight from a normal distribution, on the condition that values lie within two standard deviations.
///
/// Source: [`keras.initializers.TruncatedNormal`](https://keras.io/api/layers/initializers/#truncatednormal-class).
public struct TruncatedNormal: Initializer, Described {
    /// The mean.
    public private(set) var mean: Double
    /// The standard deviation, that before the cut.
    public private(set) var standardDeviation: Double
    /// The stream's seed; nil draws anew at every call.
    public private(set) var seed: Int?

    /// Makes an initializer.
    public init(mean: Double = 0, standardDeviation: Double = 0.05, seed: Int? = nil) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.seed = seed
        checkArguments()
    }

    public static let arguments = Arguments(default: TruncatedNormal()) {
        $0("mean", \.mean)
        $0("stddev", \.standardDeviation, name: "standardDeviation", .atLeast(0))
        $0("seed", \.seed)
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        RandomGenerator(seed: seed).truncatedNormal(
            shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
}

extension Initializer where Self == TruncatedNormal {
    /// From a normal distribution cut at two standard deviations.
    public static func truncatedNormal(
        mean: Double = 0, standardDeviation: Double = 0.05, seed: Int? = nil
    ) -> TruncatedNormal { TruncatedNormal(mean: mean, standardDeviation: standardDeviation, seed: seed) }
}
