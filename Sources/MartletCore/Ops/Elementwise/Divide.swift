import CKernels

/// `a / b`
struct Divide: BinaryOp, SimplifiableOp {
    static let name = "divide"
    static let code = MK_DIV

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        (needs[0] ? upstream / b : nil, needs[1] ? -upstream * (y / b) : nil)
    }

    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        graph.neutral(1, inputs[1], of: inputs[0])
    }

    static var samples: [OpSample] { binarySamples(Divide(), b: 0.5...2) }
}

extension Tensor {
    /// The quotient, element by element, broadcast. Of integers it is of the default float type.
    public static func / (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Divide(), a.floating, b.floating)
    }
    /// The quotient by a number.
    public static func / (a: Tensor, b: some TensorScalar) -> Tensor { a / a.partner(b) }
    /// The quotient of a number by each element.
    public static func / (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) / b }
    /// Replaces `a` by the quotient.
    public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
    /// Replaces `a` by the quotient.
    public static func /= (a: inout Tensor, b: some TensorScalar) { a = a / b }
}
