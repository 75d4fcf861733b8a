import CKernels

/// `a && b`
struct LogicalAnd: BinaryOp, NotDifferentiable {
    static let name = "logicalAnd"
    static let code = MK_AND
    static var samples: [OpSample] { logicalSamples(LogicalAnd()) }
}

extension Tensor {
    /// Whether both elements are true (numbers: not zero), broadcast.
    public func logicalAnd(_ other: Tensor) -> Tensor {
        perform(LogicalAnd(), cast(to: .bool), other.cast(to: .bool))
    }

    /// Whether both are true, element by element, broadcast. Comparisons beside it stand in parentheses: `(x .> 0) & (x .< 1)`.
    public static func & (a: Tensor, b: Tensor) -> Tensor {
        requireTruthValues("&", a, b) ? a.logicalAnd(b) : .nothing
    }

    static func requireTruthValues(_ name: String, _ a: Tensor, _ b: Tensor) -> Bool {
        require(
            a.dtype == .bool && b.dtype == .bool, name,
            "Expected truth values, as comparisons give. Received: \(a.spec), \(b.spec). logicalAnd and its kin take numbers.")
    }
}
