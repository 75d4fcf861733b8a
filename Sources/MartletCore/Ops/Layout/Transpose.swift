import CKernels

/// The axes in another order: axis `a` of the output is axis `permutation[a]` of the input.
struct Transpose: KernelOp, MovingOp, SimplifiableOp {
    static let name = "transpose"
    var choosesElements: Bool { true }
    static let takesStrings = true
    static let isLinear = true

    let permutation: [Int]

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let shape = inputs[0].shape
        guard permutation.sorted() == Array(0..<shape.rank) else {
            throw OpFailure("Expected a permutation of the axes 0..<\(shape.rank), not \(permutation).")
        }
        return [TensorSpec(Shape(unchecked: permutation.map { shape.dimensions[$0] }), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (byteCount, dimensions) = (inputs[0].dtype.byteCount, inputs[0].shape.dimensions)
        return Kernel { [permutation] in
            mk_transpose(byteCount, $0.input(0), $0.output(0), Int32(dimensions.count), dimensions, permutation)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        var inverse = permutation
        for (position, axis) in permutation.enumerated() { inverse[axis] = position }
        return [context.gradient.transposed(permutation: inverse)]
    }

    func simplified(_ inputs: [Int], in graph: Graph) -> Simplification? {
        guard let first = graph.producer(of: inputs[0], as: Transpose.self) else { return nil }
        let whole = permutation.map { first.op.permutation[$0] }
        return whole == Array(whole.indices)
            ? .value(first.inputs[0]) : .op(Transpose(permutation: whole), [.value(first.inputs[0])])
    }

    static var samples: [OpSample] {
        [
            OpSample(Transpose(permutation: [1, 0]), [SampleInput.uniform([2, 3])], label: "2x3"),
            OpSample(Transpose(permutation: [1, 2, 0]), [SampleInput.uniform([2, 3, 4])], label: "2x3x4"),
            OpSample(Transpose(permutation: [0, 2, 1, 3]), [SampleInput.uniform([2, 3, 2, 2])], label: "heads"),
            OpSample(Transpose(permutation: []), [SampleInput.uniform([])], label: "scalar"),
            OpSample(Transpose(permutation: [1, 0]), [SampleInput.uniform([0, 2])], label: "empty"),
        ]
    }
}

extension Tensor {
    /// The axes in reverse order: for a matrix, its transpose.
    public func transposed() -> Tensor { transposed(permutation: (0..<rank).reversed()) }

    /// The axes in the order `permutation`: axis `a` of the result is axis `permutation[a]` of this tensor.
    public func transposed(permutation: [Int]) -> Tensor {
        let axes = permutation.map { $0 < 0 ? $0 + rank : $0 }
        return axes == Array(0..<rank) ? self : perform(Transpose(permutation: axes), self)
    }

    /// This tensor with two axes swapped.
    public func transposed(_ a: Int, _ b: Int) -> Tensor {
        let (a, b) = (checkedAxis(a, "transpose"), checkedAxis(b, "transpose"))
        if Context.current.hasFailed { return .substitute(spec) }
        var axes = Array(0..<rank)
        axes.swapAt(a, b)
        return transposed(permutation: axes)
    }

    /// This tensor with one axis moved to another place, the others keeping their order.
    public func movingAxis(_ source: Int, to destination: Int) -> Tensor {
        let (source, destination) = (checkedAxis(source, "movingAxis"), checkedAxis(destination, "movingAxis"))
        if Context.current.hasFailed { return .substitute(spec) }
        var axes = Array(0..<rank)
        axes.insert(axes.remove(at: source), at: destination)
        return transposed(permutation: axes)
    }
}
