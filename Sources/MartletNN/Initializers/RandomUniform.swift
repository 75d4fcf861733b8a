import MartletCore

/// Draws a weight evenly from a range.
///
/// Source: [`keras.initializers.RandomUniform`](https://keras.io/api/layers/initializers/#randomuniform-class).
public struct RandomUniform: Initializer, Described {
    /// The lower bound, included.
    public private(set) var minimum: Double
    /// The upper bound, excluded.
    public private(set) var maximum: Double
    /// The stream's seed; nil draws anew at every call.
    public private(set) var seed: Int?

    /// Makes an initializer.
    public init(minimum: Double = -0.05, maximum: Double = 0.05, seed: Int? = nil) {
        self.minimum = minimum
        self.maximum = maximum
        self.seed = seed
        checkArguments()
    }

    public static let arguments = Arguments(default: RandomUniform()) {
        $0("minval", \.minimum)
        $0("maxval", \.maximum)
        $0("seed", \.seed)
        $0.check {
            Argument.check(
                $0.minimum <= $0.maximum, className, "minimum", expected: "a number of at most \($0.maximum)",
                received: $0.minimum)
        }
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        RandomGenerator(seed: seed).uniform(shape, in: minimum..<maximum, dtype: dtype)
    }
}

extension Initializer where Self == RandomUniform {
    /// Evenly from a range.
    public static func randomUniform(
        minimum: Double = -0.05, maximum: Double = 0.05, seed: Int? = nil
    ) -> RandomUniform { RandomUniform(minimum: minimum, maximum: maximum, seed: seed) }
}
