import CKernels

/// `a != b`
struct LogicalXor: BinaryOp, NotDifferentiable {
    static let name = "logicalXor"
    static let code = MK_XOR
    static var samples: [OpSample] { logicalSamples(LogicalXor()) }
}

extension Tensor {
    /// Whether exactly one of the elements is true (numbers: not zero), broadcast.
    public func logicalXor(_ other: Tensor) -> Tensor {
        perform(LogicalXor(), cast(to: .bool), other.cast(to: .bool))
    }

    /// Whether one alone is true, element by element, broadcast. Comparisons stand in parentheses: `(x .> 0) ^ (x .< 1)`.
    public static func ^ (a: Tensor, b: Tensor) -> Tensor {
        requireTruthValues("^", a, b) ? a.logicalXor(b) : .nothing
    }
}
