import CKernels

/// Elements at `begin + i * step` along each axis.
struct Slice: KernelOp, MovingOp {
    static let name = "slice"
    var choosesElements: Bool { true }
    static let takesStrings = true
    static let isLinear = true

    let begin: [Int]
    let step: [Int]
    let sizes: [Int]

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkPlaces(begin: begin, step: step, sizes: sizes, in: inputs[0].shape)
        return [TensorSpec(Shape(unchecked: sizes), inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (byteCount, dimensions) = (inputs[0].dtype.byteCount, inputs[0].shape.dimensions)
        let isEmpty = outputs[0].shape.elementCount == 0
        return Kernel { [begin, step, sizes] in
            if isEmpty { return }
            mk_slice(byteCount, $0.input(0), $0.output(0), Int32(sizes.count), dimensions, begin, step, sizes)
        }
    }

    func bytes(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { 2 * outputs[0].byteCount }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(SliceScatter(shape: context.inputs[0].shape, begin: begin, step: step), context.gradient)]
    }

    static var samples: [OpSample] {
        [
            OpSample(
                Slice(begin: [1, 0], step: [1, 2], sizes: [2, 2]), [SampleInput.uniform([3, 4])], label: "strided"),
            OpSample(
                Slice(begin: [2, 3], step: [-1, -2], sizes: [3, 2]), [SampleInput.uniform([3, 4])], label: "backwards"),
            OpSample(Slice(begin: [0, 0], step: [1, 1], sizes: [0, 2]), [SampleInput.uniform([3, 2])], label: "empty"),
        ]
    }
}

/// Zeros with the input at `begin + i * step` along each axis: the adjoint of `Slice`.
struct SliceScatter: KernelOp, MovingOp {
    static let name = "sliceScatter"
    static let isLinear = true

    let shape: Shape
    let begin: [Int]
    let step: [Int]

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        try checkPlaces(begin: begin, step: step, sizes: inputs[0].shape.dimensions, in: shape)
        return [TensorSpec(shape, inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (byteCount, sizes, clearCount) = (inputs[0].dtype.byteCount, inputs[0].shape.dimensions, outputs[0].byteCount)
        let (dimensions, isEmpty) = (shape.dimensions, inputs[0].shape.elementCount == 0)
        return Kernel { [begin, step] in
            $0.clearOutput(0, byteCount: clearCount)
            if isEmpty { return }
            mk_slice_scatter(
                byteCount, $0.input(0), $0.output(0), Int32(dimensions.count), dimensions, begin, step, sizes)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [perform(Slice(begin: begin, step: step, sizes: context.inputs[0].shape.dimensions), context.gradient)]
    }

    static var samples: [OpSample] {
        [
            OpSample(
                SliceScatter(shape: [3, 4], begin: [1, 0], step: [1, 2]), [SampleInput.uniform([2, 2])],
                label: "strided"),
            OpSample(
                SliceScatter(shape: [3, 4], begin: [2, 3], step: [-1, -2]), [SampleInput.uniform([3, 2])],
                label: "backwards"),
            OpSample(
                SliceScatter(shape: [3, 2], begin: [0, 0], step: [1, 1]), [SampleInput.uniform([0, 2])],
                label: "empty"),
        ]
    }
}

/// Whether the places that a slice names lie inside `shape`.
private func checkPlaces(begin: [Int], step: [Int], sizes: [Int], in shape: Shape) throws(OpFailure) {
    guard begin.count == shape.rank, step.count == shape.rank, sizes.count == shape.rank else {
        throw OpFailure("Expected a begin, a step and a size for each of the \(shape.rank) axes.")
    }
    for axis in sizes.indices where sizes[axis] != 0 {
        let range = 0..<shape.dimensions[axis]
        let last = begin[axis] &+ saturatedProduct(sizes[axis] - 1, step[axis])
        guard sizes[axis] > 0, step[axis] != 0, range.contains(begin[axis]), range.contains(last) else {
            throw OpFailure(
                "Expected places in \(range) along axis \(axis), not \(sizes[axis]) from \(begin[axis]) by "
                    + "\(step[axis]).")
        }
    }
}

extension Tensor {
    /// `count` slices from `start` along one axis.
    package func sliced(_ range: Range<Int>, axis: Int) -> Tensor {
        strided(from: range.lowerBound, by: 1, count: range.count, axis: checkedAxis(axis, "slice"))
    }

    /// The elements at `start + i * step` for `count` numbers i along one axis in `0..<rank`.
    package func strided(from start: Int, by step: Int, count: Int, axis: Int) -> Tensor {
        var (begin, steps) = ([Int](repeating: 0, count: rank), [Int](repeating: 1, count: rank))
        if Context.current.hasFailed { return .substitute(spec) }
        (begin[axis], steps[axis]) = (start, step)
        return perform(
            Slice(begin: begin, step: steps, sizes: shape.replacing(axis, by: count).dimensions), self)
    }

    /// The elements in reverse order along the given axes, all of them when nil.
    public func reversed(axes: [Int]? = nil) -> Tensor {
        var (begin, step) = ([Int](repeating: 0, count: rank), [Int](repeating: 1, count: rank))
        let axes = checkedAxes(axes, "reversed")
        if Context.current.hasFailed { return .substitute(spec) }
        for axis in axes { (begin[axis], step[axis]) = (Swift.max(0, shape[axis] - 1), -1) }
        return perform(Slice(begin: begin, step: step, sizes: shape.dimensions), self)
    }

    /// The elements moved by `shift` places along `axis`, those that leave at the end coming back at the beginning;
    /// over the flattened tensor when `axis` is nil, as in NumPy.
    public func rolled(shift: Int, axis: Int? = nil) -> Tensor {
        guard let axis else { return flattened().rolled(shift: shift, axis: 0).reshaped(to: shape) }
        let position = checkedAxis(axis, "rolled")
        let size = shape[position]
        guard size > 0, !Context.current.hasFailed else { return self }
        let offset = ((shift % size) + size) % size
        if offset == 0 { return self }
        let parts = split(sizes: [size - offset, offset], axis: position)
        return .concatenate([parts[1], parts[0]], axis: position)
    }
}
