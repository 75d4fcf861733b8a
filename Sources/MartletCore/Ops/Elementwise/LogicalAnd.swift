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
}
