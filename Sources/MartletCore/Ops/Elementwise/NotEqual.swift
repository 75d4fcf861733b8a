import CKernels

/// `a != b`
struct NotEqual: BinaryOp, NotDifferentiable {
    static let name = "notEqual"
    static let code = MK_NE
    static var samples: [OpSample] { binarySamples(NotEqual()) }
}

extension Tensor {
    /// Whether the elements are not equal; NaN differs from everything; broadcast. The result is `bool`.
    public static func .!= (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(NotEqual(), a, b)
    }
    /// Whether each element and the number are not equal; NaN differs from everything.
    public static func .!= (a: Tensor, b: some TensorScalar) -> Tensor { a .!= a.partner(b) }
    /// Whether the number and each element are not equal; NaN differs from everything.
    public static func .!= (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) .!= b }
}
