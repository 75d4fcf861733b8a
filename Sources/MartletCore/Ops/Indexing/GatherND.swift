import CKernels

/// Slices of the first input at the tuples of indices in the second's last axis.
struct GatherND: KernelOp, MovingOp {
    static let name = "gatherND"
    static let takesStrings = true
    static let isLinear = true

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let rest = try sliceShape(inputs[0].shape, inputs[1])
        return [TensorSpec(Shape(inputs[1].shape.dimensions.dropLast() + rest), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (x, indices) = (inputs[0], inputs[1])
        let (depth, dimensions) = (indices.shape[-1], x.shape.dimensions)
        let (inner, count) = (Int64(dimensions[depth...].reduce(1, *)), Int64(indices.shape.outer(indices.shape.rank - 1)))
        return Kernel { (memory) throws(OpFailure) in
            let bad = mk_gather_nd(
                x.dtype.byteCount, memory.input(0), memory.output(0), Int32(depth), dimensions, inner, indices.dtype.c,
                memory.input(1), count)
            try checkTuples(bad, of: indices, memory.input(1), in: x.shape)
        }
    }

    func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        2 * outputs[0].byteCount + inputs[1].byteCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(ScatterND(shape: context.inputs[0].shape), context.gradient, context.inputs[1]), nil]
    }

    static var samples: [OpSample] {
        [
            OpSample(GatherND(), [SampleInput.uniform([3, 2]), Tensor([[0, 1], [2, -1], [0, 1]])], label: "elements"),
            OpSample(GatherND(), [SampleInput.uniform([3, 2]), Tensor([[1], [1]])], label: "rows"),
            OpSample(GatherND(), [SampleInput.uniform([3, 2]), Tensor([Int](), shape: [0, 2])], label: "none"),
        ]
    }
}

/// Zeros to which slices are added at tuples of indices: the adjoint of `GatherND`.
struct ScatterND: KernelOp {
    static let name = "scatterND"
    static let isLinear = true

    let shape: Shape

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let rest = try sliceShape(shape, inputs[1])
        guard inputs[0].shape.dimensions == inputs[1].shape.dimensions.dropLast() + rest, inputs[0].dtype != .bool
        else {
            throw OpFailure("Expected numbers of shape \(Shape(inputs[1].shape.dimensions.dropLast() + rest)).")
        }
        return [TensorSpec(shape, inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, indices) = (inputs[0].dtype.c, inputs[1])
        let (depth, dimensions) = (indices.shape[-1], shape.dimensions)
        let (inner, count) = (Int64(dimensions[depth...].reduce(1, *)), Int64(indices.shape.outer(indices.shape.rank - 1)))
        return Kernel { [shape] (memory) throws(OpFailure) in
            let bad = mk_scatter_nd_add(
                type, memory.input(0), memory.output(0), Int32(depth), dimensions, inner, indices.dtype.c, memory.input(1),
                count)
            try checkTuples(bad, of: indices, memory.input(1), in: shape)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(GatherND(), context.gradient, context.inputs[1]), nil]
    }

    static var samples: [OpSample] {
        [
            OpSample(
                ScatterND(shape: [3, 2]), [SampleInput.uniform([3]), Tensor([[0, 1], [2, -1], [0, 1]])],
                label: "elements"),
            OpSample(ScatterND(shape: [3, 2]), [SampleInput.uniform([2, 2]), Tensor([[1], [1]])], label: "rows"),
        ]
    }
}

/// The sizes of the slices that tuples of indices name.
private func sliceShape(_ shape: Shape, _ indices: TensorSpec) throws(OpFailure) -> ArraySlice<Int> {
    try Indices.check(indices)
    guard let depth = indices.shape.dimensions.last, depth <= shape.rank else {
        throw OpFailure("Expected tuples of at most \(shape.rank) indices in the last axis of the indices.")
    }
    return shape.dimensions[depth...]
}

private func checkTuples(
    _ place: Int64, of indices: TensorSpec, _ memory: UnsafeRawPointer, in shape: Shape
) throws(OpFailure) {
    guard place >= 0 else { return }
    let depth = indices.shape[-1]
    let tuple = (0..<depth).map { Indices.value(at: Int(place) * depth + $0, of: indices, memory) }
    let position = Indices.position(Int(place), in: Shape(unchecked: indices.shape.dimensions.dropLast()))
    throw OpFailure(
        "Indices \(tuple) at \(position) are out of range: expected each in -size..<size for sizes "
            + "\(shape.dimensions[..<depth].map(String.init).joined(separator: ", ")).")
}

extension Tensor {
    /// The slices at tuples of indices: the last axis of `indices` holds the tuples, whose length may be up to the
    /// rank. TensorFlow's `gather_nd`. Negative indices count from the end. Stops when one is out of range.
    public func gatheredND(at indices: Tensor) -> Tensor { perform(GatherND(), self, indices.asIndices) }

    /// Zeros of `shape` to which `updates` are added at tuples of indices, the last axis of `indices`; what meets at
    /// one place is added in the order of the indices. Keras's `scatter`, TensorFlow's `scatter_nd`.
    public static func scatterAdd(shape: Shape, indices: Tensor, updates: Tensor) -> Tensor {
        perform(ScatterND(shape: shape), updates, indices.asIndices)
    }

    /// This tensor with `updates` added at tuples of indices. TensorFlow's `tensor_scatter_nd_add`.
    public func scatteringNDAdd(at indices: Tensor, _ updates: Tensor) -> Tensor {
        self + .scatterAdd(shape: shape, indices: indices, updates: updates)
    }
}
