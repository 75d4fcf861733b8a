import CKernels

/// For each line along an axis, the elements at the indices of the same line of the second input.
struct TakeAlong: KernelOp, MovingOp {
    static let name = "takeAlong"
    static let isLinear = true

    let axis: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkLines(inputs[0].shape, inputs[1], axis)
        return [TensorSpec(inputs[1].shape, inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (x, indices) = (inputs[0], inputs[1])
        let (size, (outer, length, inner)) = (x.shape[axis], x.shape.extents(axis))
        return Kernel { [axis] (memory) throws(OpFailure) in
            let bad = mk_take_along_axis(
                x.dtype.byteCount, memory.input(0), memory.output(0), outer, length, inner, indices.dtype.c,
                memory.input(1), Int64(indices.shape[axis]))
            try Indices.check(bad, of: indices, memory.input(1), size: size, axis: axis)
        }
    }

    func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        2 * outputs[0].byteCount + inputs[1].byteCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let op = ScatterAddAlong(axis: axis, size: context.inputs[0].shape[axis])
        return [perform(op, context.gradient, context.inputs[1]), nil]
    }

    static var samples: [OpSample] {
        [
            OpSample(TakeAlong(axis: 1), [SampleInput.uniform([2, 3]), Tensor([[0, 0], [2, -2]])], label: "rows"),
            OpSample(TakeAlong(axis: 0), [SampleInput.uniform([3, 2]), Tensor([[1, 2]])], label: "columns"),
        ]
    }
}

/// Zeros to which the first input is added, line by line along an axis, at the indices of the second: the adjoint of
/// `TakeAlong`.
struct ScatterAddAlong: KernelOp {
    static let name = "scatterAddAlong"
    static let isLinear = true

    let axis: Int
    let size: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkLines(inputs[0].shape, inputs[1], axis)
        guard inputs[0].shape == inputs[1].shape, inputs[0].dtype != .bool else {
            throw OpFailure("Expected numbers and indices of one shape.")
        }
        return [TensorSpec(inputs[0].shape.replacing(axis, by: size), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (x, indices, y) = (inputs[0], inputs[1], outputs[0])
        let (outer, length, inner) = y.shape.extents(axis)
        return Kernel { [axis, size] (memory) throws(OpFailure) in
            memory.clearOutput(0, byteCount: y.byteCount)
            let bad = mk_scatter_add_along_axis(
                x.dtype.c, memory.input(0), memory.output(0), outer, length, inner, indices.dtype.c, memory.input(1),
                Int64(indices.shape[axis]))
            try Indices.check(bad, of: indices, memory.input(1), size: size, axis: axis)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(TakeAlong(axis: axis), context.gradient, context.inputs[1]), nil]
    }

    static var samples: [OpSample] {
        [
            OpSample(
                ScatterAddAlong(axis: 1, size: 3), [SampleInput.uniform([2, 2]), Tensor([[0, 0], [2, -2]])],
                label: "rows"),
            OpSample(
                ScatterAddAlong(axis: 0, size: 3), [SampleInput.uniform([1, 2]), Tensor([[1, 2]])], label: "columns"),
        ]
    }
}

private func checkLines(_ shape: Shape, _ indices: TensorSpec, _ axis: Int) throws(OpFailure) {
    try Indices.check(indices)
    guard shape.rank == indices.shape.rank, axis < shape.rank,
        shape.replacing(axis, by: 0) == indices.shape.replacing(axis, by: 0)
    else {
        throw OpFailure("Expected indices of the tensor's sizes, except along axis \(axis).")
    }
}

extension Tensor {
    /// Elements picked line by line along `axis`: `indices` has this tensor's sizes except along `axis`, where each
    /// index names a place of its own line. NumPy's `take_along_axis`. Stops when an index is out of range.
    public func takenAlong(axis: Int, indices: Tensor) -> Tensor {
        perform(TakeAlong(axis: checkedAxis(axis, "takeAlong")), self, indices.asIndices)
    }
}
