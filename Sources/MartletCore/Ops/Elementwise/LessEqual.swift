import CKernels

/// `a <= b`
struct LessEqual: BinaryOp, NotDifferentiable {
    static let name = "lessEqual"
    static let code = MK_LE
    static var samples: [OpSample] { binarySamples(LessEqual()) }
}

extension Tensor {
    /// Whether each element of `a` is less than or equal to the element of `b`; broadcast. The result is `bool`.
    public static func .<= (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(LessEqual(), a, b)
    }
    /// Whether each element is less than or equal to the number.
    public static func .<= (a: Tensor, b: some TensorScalar) -> Tensor { a .<= a.partner(b) }
    /// Whether the number is less than or equal to each element.
    public static func .<= (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) .<= b }
}
