import CKernels

/// `a < b`
struct Less: BinaryOp, NotDifferentiable {
    static let name = "less"
    static let code = MK_LT
    static var samples: [OpSample] { binarySamples(Less()) }
}

extension Tensor {
    /// Whether each element of `a` is less than the element of `b`; broadcast. The result is `bool`.
    public static func .< (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Less(), a, b)
    }
    /// Whether each element is less than the number.
    public static func .< (a: Tensor, b: some TensorScalar) -> Tensor { a .< a.partner(b) }
    /// Whether the number is less than each element.
    public static func .< (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) .< b }
}
