import CKernels

/// `a + b`
struct Add: BinaryOp {
    static let name = "add"
    static let code = MK_ADD
    static let isLinear = true

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        (upstream, upstream)
    }

    static var samples: [OpSample] { binarySamples(Add()) }
}

extension Tensor {
    /// The sum, element by element, broadcast.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Add(), a, b)
    }
    /// The sum with a number.
    public static func + (a: Tensor, b: some TensorScalar) -> Tensor { a + a.partner(b) }
    /// The sum with a number.
    public static func + (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) + b }
    /// Replaces `a` by the sum.
    public static func += (a: inout Tensor, b: Tensor) { a = a + b }
    /// Replaces `a` by the sum.
    public static func += (a: inout Tensor, b: some TensorScalar) { a = a + b }
}
