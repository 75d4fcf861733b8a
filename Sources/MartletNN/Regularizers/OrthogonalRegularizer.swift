import MartletCore

/// The mean absolute cosine between every two rows, or columns, of a matrix, times a factor.
///
/// Source:
/// [`keras.regularizers.OrthogonalRegularizer`](https://keras.io/api/layers/regularizers/#orthogonalregularizer-class).
public struct OrthogonalRegularizer: Regularizer, Described {
    /// What should be at right angles.
    public enum Mode: String, Sendable, CaseIterable {
        case rows, columns
    }

    /// The factor.
    public private(set) var factor: Double
    /// What should be at right angles.
    public private(set) var mode: Mode

    /// Makes a regularizer.
    public init(factor: Double = 0.01, mode: Mode = .rows) {
        self.factor = factor
        self.mode = mode
        checkArguments()
    }

    public static let arguments = Arguments(default: OrthogonalRegularizer()) {
        $0("factor", \.factor, .factor)
        $0("mode", \.mode)
    }

    public func callAsFunction(_ weight: Tensor) -> Tensor {
        guard require(weight.rank == 2, Self.className, "Expected a weight of rank 2. Received: shape \(weight.shape).") else {
            return .nothing
        }
        let vectors = (mode == .rows ? weight : weight.transposed()).l2Normalized(axis: 1)
        let count = vectors.shape[0]
        let cosines = matmul(vectors, vectors, transposeB: true) * (1 - Tensor.eye(count, dtype: weight.dtype))
        // Each pair stands twice. A single vector has no pair, and no penalty.
        return cosines.abs().sum() * (factor / Double(max(count * (count - 1), 1)))
    }
}

extension OrthogonalRegularizer.Mode: ArgumentValue {}

extension Regularizer where Self == OrthogonalRegularizer {
    /// The mean absolute cosine between every two rows or columns, times a factor.
    public static func orthogonal(
        factor: Double = 0.01, mode: OrthogonalRegularizer.Mode = .rows
    ) -> OrthogonalRegularizer { OrthogonalRegularizer(factor: factor, mode: mode) }
}
