import CKernels

/// `-x`
struct Negate: UnaryOp, SimplifiableOp {
    static let name = "negate"
    static let code = MK_NEG
    static let isLinear = true
    var choosesElements: Bool { true }

    func gradient(x: Tensor, y: Tensor, upstream: Tensor) -> Tensor? { -upstream }

    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        graph.producer(of: inputs[0], as: Negate.self).map { .value($0.inputs[0]) }
    }

    static var samples: [OpSample] { unarySamples(Negate()) }
}

extension Tensor {
    /// The negative of each element. Integers wrap.
    public static prefix func - (x: Tensor) -> Tensor { perform(Negate(), x) }
}
