import MartletCore

/// Draws a weight from a normal distribution.
///
/// Source: [`keras.initializers.RandomNormal`](https://keras.io/api/layers/initializers/#randomnormal-class).
public struct RandomNormal: Initializer, Described {
    /// The mean.
    public private(set) var mean: Double
    /// The standard deviation.
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

    public static let arguments = Arguments(default: RandomNormal()) {
        $0("mean", \.mean)
        $0("stddev", \.standardDeviation, name: "standardDeviation", .atLeast(0))
        $0("seed", \.seed)
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        RandomGenerator(seed: seed).normal(shape, mean: mean, standardDeviation: standardDeviation, dtype: dtype)
    }
}

extension Initializer where Self == RandomNormal {
    /// From a normal distribution.
    public static func randomNormal(
        mean: Double = 0, standardDeviation: Double = 0.05, seed: Int? = nil
    ) -> RandomNormal { RandomNormal(mean: mean, standardDeviation: standardDeviation, seed: seed) }
}
