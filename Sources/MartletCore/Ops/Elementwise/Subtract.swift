import CKernels

/// `a - b`
struct Subtract: BinaryOp, SimplifiableOp {
    static let name = "subtract"
    static let code = MK_SUB
    static let isLinear = true

    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        (upstream, needs[1] ? -upstream : nil)
    }

    // Adding zero is another matter: it makes -0 a 0.
    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        graph.number(inputs[1])?.sign == .minus ? nil : graph.neutral(0, inputs[1], of: inputs[0])
    }

    static var samples: [OpSample] { binarySamples(Subtract()) }
}

extension Tensor {
    /// The difference, element by element, broadcast.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        let (a, b) = promoted(a, b)
        return perform(Subtract(), a, b)
    }
    /// The difference from a number.
    public static func - (a: Tensor, b: some TensorScalar) -> Tensor { a - a.partner(b) }
    /// The difference of a number and each element.
    public static func - (a: some TensorScalar, b: Tensor) -> Tensor { b.partner(a) - b }
    /// Replaces `a` by the difference.
    public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
    /// Replaces `a` by the difference.
    public static func -= (a: inout Tensor, b: some TensorScalar) { a = a - b }
}
