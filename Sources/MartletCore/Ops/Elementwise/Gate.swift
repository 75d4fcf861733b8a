import CKernels

/// `b` where `a` is positive, else 0: how the gradient passes a `relu`.
struct Gate: BinaryOp, SimplifiableOp {
    static let name = "gate"
    static let code = MK_GATE
    var choosesElements: Bool { true }

    // Constant in `a` between its jumps.
    func gradient(a: Tensor, b: Tensor, y: Tensor, upstream: Tensor, needs: [Bool]) -> (Tensor?, Tensor?) {
        (nil, needs[1] ? perform(Gate(), a, upstream) : nil)
    }

    // Of a pooling's input only the winners have a gradient, and their values are the pooling's output: where windows do
    // not overlap, the few gradients before they are spread pass the gate as well as the many after.
    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        guard let spread = graph.producer(of: inputs[1], as: MaxPoolGradient.self),
            spread.op.geometry.isDisjoint, let pool = graph.producer(of: spread.inputs[1], as: MaxPool.self),
            pool.op.geometry == spread.op.geometry,
            pool.inputs == [inputs[0]] || graph.isRounded(inputs[0], to: pool.inputs[0])
        else { return nil }
        let passed = Simplification.op(Gate(), [.value(pool.outputs[0]), .value(spread.inputs[0])])
        return .op(spread.op, [passed, .value(spread.inputs[1])])
    }

    static var samples: [OpSample] { binarySamples(Gate(), awayFrom: [0]) }
}

extension Graph {
    /// Whether `other` is a value rounded to `bfloat16`, which has the range of `float32`: then both are positive at the same
    /// places, where denormal numbers are none.
    fileprivate func isRounded(_ value: Int, to other: Int) -> Bool {
        guard Settings.flushesDenormals, let wide = producer(of: other, as: Cast.self), specs[wide.inputs[0]].dtype == .bfloat16,
            let narrow = producer(of: wide.inputs[0], as: Cast.self)
        else { return false }
        return narrow.inputs == [value] && specs[value].dtype == .float32
    }
}
