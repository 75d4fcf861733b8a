import CKernels

/// Slices of the first input along an axis, at the indices of the second.
struct Gather: KernelOp, MovingOp {
    static let name = "gather"
    var choosesElements: Bool { true }
    static let takesStrings = true
    static let isLinear = true

    let axis: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try Indices.check(inputs[1])
        var sizes = inputs[0].shape.dimensions
        guard axis < sizes.count else { throw OpFailure("Expected a tensor with an axis \(axis).") }
        sizes.replaceSubrange(axis...axis, with: inputs[1].shape.dimensions)
        return [TensorSpec(Shape(sizes), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (x, indices) = (inputs[0], inputs[1])
        let (size, (outer, length, inner)) = (x.shape[axis], x.shape.extents(axis))
        let count = Int64(indices.shape.elementCount)
        return Kernel { [axis] (memory) throws(OpFailure) in
            let bad = mk_gather(
                x.dtype.byteCount, memory.input(0), memory.output(0), outer, length, inner, indices.dtype.c,
                memory.input(1), count)
            try Indices.check(bad, of: indices, memory.input(1), size: size, axis: axis)
        }
    }

    func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // Of the first input only what is taken.
        2 * outputs[0].byteCount + inputs[1].byteCount
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let gradient = perform(
            ScatterAdd(axis: axis, size: context.inputs[0].shape[axis]), context.gradient, context.inputs[1])
        return [axis == 0 ? gradient.notingReadRows([context.inputs[1]]) : gradient, nil]
    }

    static var samples: [OpSample] {
        [
            OpSample(Gather(axis: 0), [SampleInput.uniform([4, 3]), Tensor([2, 0, 2, -1])], label: "rows"),
            OpSample(Gather(axis: 1), [SampleInput.uniform([2, 3, 2]), Tensor([[0, 2], [1, 1]])], label: "middle"),
            OpSample(Gather(axis: 0), [SampleInput.uniform([3]), Tensor(1)], label: "one"),
            OpSample(Gather(axis: 0), [SampleInput.uniform([3, 2]), Tensor([Int]())], label: "none"),
        ]
    }
}

/// Zeros to which slices of the first input are added along an axis, at the indices of the second: the adjoint of
/// `Gather`.
struct ScatterAdd: KernelOp {
    static let name = "scatterAdd"
    static let isLinear = true

    let axis: Int
    let size: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try Indices.check(inputs[1])
        var sizes = inputs[0].shape.dimensions
        let places = inputs[1].shape
        guard axis + places.rank <= sizes.count, Array(sizes[axis..<(axis + places.rank)]) == places.dimensions,
            inputs[0].dtype != .bool
        else {
            throw OpFailure("Expected numbers whose axes from \(axis) on are those of the indices.")
        }
        sizes.replaceSubrange(axis..<(axis + places.rank), with: [size])
        return [TensorSpec(Shape(sizes), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, indices) = (inputs[0].dtype.c, inputs[1])
        let (outer, length, inner) = outputs[0].shape.extents(axis)
        let count = Int64(indices.shape.elementCount)
        return Kernel { [axis, size] (memory) throws(OpFailure) in
            let bad = mk_scatter_add(
                type, memory.input(0), memory.output(0), outer, length, inner, indices.dtype.c, memory.input(1), count)
            try Indices.check(bad, of: indices, memory.input(1), size: size, axis: axis)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(Gather(axis: axis), context.gradient, context.inputs[1]), nil]
    }

    static var samples: [OpSample] {
        [
            OpSample(
                ScatterAdd(axis: 0, size: 4), [SampleInput.uniform([4, 3]), Tensor([2, 0, 2, -1])], label: "rows"),
            OpSample(
                ScatterAdd(axis: 1, size: 3), [SampleInput.uniform([2, 2, 2, 2]), Tensor([[0, 2], [1, 1]])],
                label: "middle"),
            OpSample(ScatterAdd(axis: 0, size: 2), [SampleInput.uniform([0, 2]), Tensor([Int]())], label: "none"),
        ]
    }
}

extension Tensor {
    /// The slices along `axis` at `indices`: that axis is replaced by the axes of `indices`. Keras's and NumPy's
    /// `take`.
    ///
    /// A negative index counts from the end. Stops when one is out of range.
    public func gathered(at indices: Tensor, axis: Int = 0) -> Tensor {
        perform(Gather(axis: checkedAxis(axis, "gather")), self, indices.asIndices)
    }

    /// This tensor with `updates` added to its slices along `axis` at `indices`; what meets at one index is added in
    /// the order of the indices. `updates` has the axes of `indices` in place of `axis`.
    public func scatteringAdd(at indices: Tensor, axis: Int = 0, _ updates: Tensor) -> Tensor {
        let axis = checkedAxis(axis, "scatteringAdd")
        return self + perform(ScatterAdd(axis: axis, size: shape[axis]), updates, indices.asIndices)
    }
}
