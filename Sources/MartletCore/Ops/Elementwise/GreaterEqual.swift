import CKernels

/// `a >= b`
struct GreaterEqual: BinaryOp, NotDifferentiable {
    static let name = "greaterEqual"
    static let code = MK_GE
    static var samples: [OpSample] { binarySamples(GreaterEqual()) }
}

extension Tensor {
    /// Whether each element of `a` is greater than or equal to the element of `b`; broadcast. The result is `bool`.
    public static func .>= (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(GreaterEqual(), a, b)
    }
    /// Whether each element is greater than or equal to the number.
    public static func .>= (a: Tensor, b: some TensorScalar) -> Tensor { a .>= a.partner(b) }
    /// Whether the number is greater than or equal to each element.
    public static func .>= (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) .>= b }
}
