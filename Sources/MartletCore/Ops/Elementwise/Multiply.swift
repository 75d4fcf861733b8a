import CKernels

/// `a * b`
struct Multiply: BinaryOp, SimplifiableOp {
    static let name = "multiply"
    static let code = MK_MUL

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        (needs[0] ? upstream * b : nil, needs[1] ? upstream * a : nil)
    }

    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        graph.neutral(1, inputs[1], of: inputs[0]) ?? graph.neutral(1, inputs[0], of: inputs[1])
    }

    static var samples: [OpSample] { binarySamples(Multiply()) }
}

extension Tensor {
    /// The product, element by element, broadcast.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Multiply(), a, b)
    }
    /// The product with a number.
    public static func * (a: Tensor, b: some TensorScalar) -> Tensor { a * a.partner(b) }
    /// The product with a number.
    public static func * (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) * b }
    /// Replaces `a` by the product.
    public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
    /// Replaces `a` by the product.
    public static func *= (a: inout Tensor, b: some TensorScalar) { a = a * b }
}
