import MartletCore
import MartletFormats

/// Makes a weight, seen as a matrix of its last axis by all others, orthogonal: columns of length `gain` at right
/// angles, or rows where there are fewer rows than columns.
///
/// Source: [`keras.initializers.Orthogonal`](https://keras.io/api/layers/initializers/#orthogonal-class); A. Saxe et
/// al., *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*, 2014.
public struct Orthogonal: Initializer, Configurable {
    /// The length of the rows or columns.
    public let gain: Double
    /// The stream's seed; nil draws anew at every call.
    public let seed: Int?

    /// Makes an initializer.
    public init(gain: Double = 1, seed: Int? = nil) {
        self.gain = gain
        self.seed = seed
    }

    public init(config: Configuration) throws {
        try self.init(gain: config.value("gain", default: 1), seed: config.optional("seed"))
    }

    public func makeTensor(shape: Shape, dtype: DType) -> Tensor {
        require(shape.rank >= 2, "Orthogonal", "Expected a weight of rank 2 or more. Received: shape \(shape).")
        let (rows, columns) = (shape.dimensions.dropLast().reduce(1, *), shape[-1])
        let normal = RandomGenerator(seed: seed).normal([max(rows, columns), min(rows, columns)], dtype: dtype)
        let (q, r) = normal.qr()
        // With the diagonal of r made positive, all orthogonal matrices are equally likely.
        let matrix = q * r.diagonal().sign()
        return (gain * (rows < columns ? matrix.transposed() : matrix)).reshaped(to: shape).cast(to: dtype)
    }

    public var config: [String: JSONValue] { ["gain": .double(gain), "seed": .optional(seed)] }
}

extension Initializer where Self == Orthogonal {
    /// Orthogonal rows or columns.
    public static func orthogonal(gain: Double = 1, seed: Int? = nil) -> Orthogonal {
        Orthogonal(gain: gain, seed: seed)
    }
}
