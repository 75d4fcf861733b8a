import CKernels

/// `a == b`
struct Equal: BinaryOp, NotDifferentiable {
    static let name = "equal"
    static let code = MK_EQ
    static var samples: [OpSample] { binarySamples(Equal()) }
}

extension Tensor {
    /// Whether the elements are equal; NaN equals nothing; broadcast. The result is `bool`.
    public static func .== (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Equal(), a, b)
    }
    /// Whether each element and the number are equal; NaN equals nothing.
    public static func .== (a: Tensor, b: some TensorScalar) -> Tensor { a .== a.partner(b) }
    /// Whether the number and each element are equal; NaN equals nothing.
    public static func .== (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) .== b }
}
