import CKernels

/// `a > b`
struct Greater: BinaryOp, NotDifferentiable {
    static let name = "greater"
    static let code = MK_GT
    static var samples: [OpSample] { binarySamples(Greater()) }
}

extension Tensor {
    /// Whether each element of `a` is greater than the element of `b`; broadcast. The result is `bool`.
    public static func .> (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Greater(), a, b)
    }
    /// Whether each element is greater than the number.
    public static func .> (a: Tensor, b: some TensorScalar) -> Tensor { a .> a.partner(b) }
    /// Whether the number is greater than each element.
    public static func .> (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) .> b }
}
