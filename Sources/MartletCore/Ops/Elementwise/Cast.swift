import CKernels

/// The same values as another dtype.
struct Cast: ElementwiseOp, MovingOp, SimplifiableOp {
    static let name = "cast"
    let target: DType

    var instruction: mk_op { MK_CAST }
    func outputType(for inputs: [DType]) -> DType? { target }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        if target == .string { throw OpFailure(stringsMessage) }
        return [TensorSpec(inputs[0].shape, target)]
    }

    func substitute(for input: TensorSpec) -> TensorSpec { TensorSpec(input.shape, target) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let source = context.inputs[0].dtype
        return [source.isFloatingPoint ? context.gradient.cast(to: source) : nil]
    }

    // To fewer bits and back is one pass over memory, or none where the numbers have no more bits.
    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        guard let node = graph.producer(of: inputs[0]) else { return nil }
        let (inner, origin) = (graph.nodes[node].op, graph.nodes[node].inputs[0])
        if type(of: inner).form == .view {
            // Brings the two casts together.
            let isBetween = graph.producer(of: origin, as: Cast.self) != nil && target.isWider(than: graph.specs[origin].dtype)
            return isBetween ? .op(inner, [.op(self, [.value(origin)])]) : nil
        }
        guard inner is Cast, graph.specs[origin].dtype == target else { return nil }
        let between = graph.specs[inputs[0]].dtype
        let isExact = between.isWider(than: target) || target.isWider(than: between) && graph.holdsOnly(between, origin)
        return isExact ? .value(origin) : nil
    }

    // To narrower floats the conversion rounds, which is no linear function to a step as small as the check's.
    static var samples: [OpSample] {
        [OpSample(Cast(target: .float64), [SampleInput.uniform([2, 3])], label: "float64")]
            + DType.allCases.filter { $0 != .float64 }.map {
                OpSample(Cast(target: $0), [SampleInput.uniform([2, 3])], label: $0.name, checked: [false])
            }
    }
}

extension DType {
    /// Whether it has all numbers of another, narrower floating-point type.
    fileprivate func isWider(than other: DType) -> Bool {
        switch self {
        case .float64: other == .float32 || other.isHalf
        case .float32: other.isHalf
        default: false
        }
    }
}

extension Graph {
    /// Whether a value is known to hold only numbers of `type`: they were rounded to it, and have only been moved since.
    fileprivate func holdsOnly(_ type: DType, _ value: Int, depth: Int = 16) -> Bool {
        if number(value) == 0 { return true }
        guard depth > 0, let node = producer(of: value) else { return false }
        let inputs = nodes[node].inputs.filter { specs[$0].dtype.isFloatingPoint }
        if nodes[node].op is Cast { return inputs.first.map { specs[$0].dtype } == type }
        return nodes[node].op.choosesElements && inputs.allSatisfy { holdsOnly(type, $0, depth: depth - 1) }
    }
}

extension Tensor {
    /// The elements converted to `type`. Floats round to nearest, ties to even; a float becomes an integer by dropping
    /// its fraction and stops at the type's limits (NaN gives 0); integers wrap into narrower ones; to `bool`, what is
    /// not zero is true. The gradient is cast back.
    public func cast(to type: DType) -> Tensor {
        dtype == type ? self : perform(Cast(target: type), self)
    }
}
