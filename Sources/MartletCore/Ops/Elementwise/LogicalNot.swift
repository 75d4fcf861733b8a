import CKernels

/// `!x`
struct LogicalNot: UnaryOp, NotDifferentiable {
    static let name = "logicalNot"
    static let code = MK_NOT
    static var samples: [OpSample] { [OpSample(LogicalNot(), [Tensor([true, false])])] }
}

extension Tensor {
    /// Whether each element is false or zero.
    public func logicalNot() -> Tensor { perform(LogicalNot(), cast(to: .bool)) }

    /// Whether each element is false.
    public static prefix func ! (x: Tensor) -> Tensor { x.logicalNot() }
}
