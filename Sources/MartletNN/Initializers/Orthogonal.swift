import MartletCore

/// Makes a weight, seen as a matrix of its last axis by all others, orthogonal: columns of length `gain` at right
/// angles, or rows where there are fewer rows than columns.
///
/// Source: [`keras.initializers.Orthogonal`](https://keras.io/api/layers/initializers/#orthogonal-class); A. Saxe et
/// al., *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*, 2014.
public struct Orthogonal: Initializer, Described {
    /// The length of the rows or columns.
    public private(set) var gain: Double
    /// The stream's seed; nil draws anew at every call.
    public private(set) var seed: Int?

    /// Makes an initializer.
    public init(gain: Double = 1, seed: Int? = nil) {
        self.gain = gain
        self.seed = seed
    }

    public static let arguments = Arguments(default: Orthogonal()) {
        $0("gain", \.gain)
        $0("seed", \.seed)
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        guard require(shape.rank >= 2, "Orthogonal", "Expected a weight of rank 2 or more. Received: shape \(shape).") else {
            return .substitute(TensorSpec(shape, dtype))
        }
        let (rows, columns) = (shape.dimensions.dropLast().reduce(1, *), shape[-1])
        let normal = RandomGenerator(seed: seed).normal([max(rows, columns), min(rows, columns)], dtype: dtype)
        let (q, r) = normal.qr()
        // With the diagonal of r made positive, all orthogonal matrices are equally likely.
        let matrix = q * r.diagonal().sign()
        return (gain * (rows < columns ? matrix.transposed() : matrix)).reshaped(to: shape).cast(to: dtype)
    }
}

extension Initializer where Self == Orthogonal {
    /// Orthogonal rows or columns.
    public static func orthogonal(gain: Double = 1, seed: Int? = nil) -> Orthogonal {
        Orthogonal(gain: gain, seed: seed)
    }
}
