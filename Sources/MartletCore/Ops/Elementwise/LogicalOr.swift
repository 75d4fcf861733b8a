import CKernels

/// `a || b`
struct LogicalOr: BinaryOp, NotDifferentiable {
    static let name = "logicalOr"
    static let code = MK_OR
    static var samples: [OpSample] { logicalSamples(LogicalOr()) }
}

extension Tensor {
    /// Whether at least one of the elements is true (numbers: not zero), broadcast.
    public func logicalOr(_ other: Tensor) -> Tensor {
        perform(LogicalOr(), cast(to: .bool), other.cast(to: .bool))
    }

    /// Whether one is true, element by element, broadcast. Comparisons beside it stand in parentheses: `(x .> 0) | (x .< 1)`.
    public static func | (a: Tensor, b: Tensor) -> Tensor {
        requireTruthValues("|", a, b) ? a.logicalOr(b) : .nothing
    }
}
