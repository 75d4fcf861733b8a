import CKernels

/// Tensors one after the other along an axis.
struct Concatenate: KernelOp, MovingOp {
    static let name = "concatenate"
    var choosesElements: Bool { true }
    static let takesStrings = true
    static let isLinear = true

    let axis: Int

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let first = inputs[0]
        guard first.shape.rank > axis else { throw OpFailure("Expected tensors with an axis \(axis).") }
        var size = 0
        for (position, input) in inputs.enumerated() {
            guard input.dtype == first.dtype, input.shape.rank == first.shape.rank,
                input.shape.replacing(axis, by: 0) == first.shape.replacing(axis, by: 0)
            else {
                throw OpFailure(
                    "Expected tensors that differ along axis \(axis) only; number \(position) differs from "
                        + "number 0 elsewhere.")
            }
            size += input.shape[axis]
        }
        return [TensorSpec(first.shape.replacing(axis, by: size), first.dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (byteCount, shape, sizes) = (outputs[0].dtype.byteCount, outputs[0].shape, inputs.map { $0.shape[axis] })
        let (outer, inner) = (Int64(shape.outer(axis)), Int64(shape.inner(axis)))
        return Kernel { mk_concat(byteCount, Int32(sizes.count), $0.inputs, sizes, $0.output(0), outer, inner) }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        context.gradient.split(sizes: context.inputs.map { $0.shape[axis] }, axis: axis)
    }

    static var samples: [OpSample] {
        [
            OpSample(
                Concatenate(axis: 0), [SampleInput.uniform([2, 3]), SampleInput.uniform([1, 3], seed: 2)], label: "rows"
            ),
            OpSample(
                Concatenate(axis: 1),
                [
                    SampleInput.uniform([2, 1, 2]), SampleInput.uniform([2, 0, 2]),
                    SampleInput.uniform([2, 3, 2], seed: 2),
                ],
                label: "middle, one empty"),
            OpSample(Concatenate(axis: 0), [SampleInput.uniform([3])], label: "one"),
        ]
    }
}

/// A tensor cut into parts along an axis: the adjoint of `Concatenate`.
struct Split: KernelOp, MovingOp {
    static let name = "split"
    var choosesElements: Bool { true }
    static let takesStrings = true
    static let isLinear = true

    let sizes: [Int]
    let axis: Int

    var outputCount: Int { sizes.count }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let shape = inputs[0].shape
        guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, +) == shape[axis] else {
            throw OpFailure("Expected sizes that add up to \(shape[axis]) along axis \(axis), not \(sizes).")
        }
        return sizes.map { TensorSpec(shape.replacing(axis, by: $0), inputs[0].dtype) }
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (byteCount, shape) = (inputs[0].dtype.byteCount, inputs[0].shape)
        let (outer, inner) = (Int64(shape.outer(axis)), Int64(shape.inner(axis)))
        return Kernel { [sizes] in
            mk_split(byteCount, Int32(sizes.count), $0.input(0), sizes, $0.outputs, outer, inner)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        var start = 0
        return sizes.map { size in
            defer { start += size }
            return inputs[0].sliced(start..<(start + size), axis: axis)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [.concatenate(context.outputs.indices.map(context.gradient(ofOutput:)), axis: axis)]
    }

    static var samples: [OpSample] {
        [
            OpSample(Split(sizes: [2, 0, 1], axis: 0), [SampleInput.uniform([3, 2])], label: "rows"),
            OpSample(Split(sizes: [1, 2], axis: 1), [SampleInput.uniform([2, 3, 2])], label: "middle"),
            OpSample(Split(sizes: [0, 0], axis: 0), [SampleInput.uniform([0])], label: "empty"),
        ]
    }
}

extension Tensor {
    /// The tensors one after the other along `axis`; all other sizes must agree. Dtypes are promoted.
    public static func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
        guard require(!tensors.isEmpty, "concatenate", "Expected at least one tensor.") else { return .nothing }
        return perform(Concatenate(axis: tensors[0].checkedAxis(axis, "concatenate")), promoted(tensors))[0]
    }

    /// The tensors, all of one shape, along a new axis that is axis `axis` of the result. Dtypes are promoted.
    public static func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
        guard require(!tensors.isEmpty, "stack", "Expected at least one tensor.") else { return .nothing }
        let tensors = withOneWidth(tensors)
        require(
            tensors.allSatisfy { $0.shape == tensors[0].shape }, "stack",
            "Expected tensors of one shape. Received: \(tensors.map(\.spec)).")
        let expanded = tensors.map { $0.expandingDims(at: axis) }
        return concatenate(expanded, axis: axis < 0 ? axis + expanded[0].rank : axis)
    }

    private static func promoted(_ tensors: [Tensor]) -> [Tensor] {
        if tensors.allSatisfy({ $0.dtype == .string }) { return withOneWidth(tensors) }
        let type = tensors.dropFirst().reduce(tensors[0].dtype) { DType.promoted($0, $1.dtype) }
        return tensors.map { $0.dtype == type ? $0 : $0.cast(to: type) }
    }

    /// `count` parts of equal size along `axis`. Stops when `count` does not divide the size.
    public func split(count: Int, axis: Int = 0) -> [Tensor] {
        let axis = checkedAxis(axis, "split")
        guard
            require(
                count > 0 && shape[axis] % count == 0 && count < 1 << 31, "split",
                "Expected a count that divides \(shape[axis]), the size of axis \(axis). Received: \(count).")
        else { return [Tensor](repeating: .substitute(spec), count: Swift.max(1, Swift.min(count, 1 << 16))) }
        return split(sizes: [Int](repeating: shape[axis] / count, count: count), axis: axis)
    }

    /// Parts of the given sizes along `axis`, which must add up to its size.
    public func split(sizes: [Int], axis: Int = 0) -> [Tensor] {
        perform(Split(sizes: sizes, axis: checkedAxis(axis, "split")), [self])
    }

    /// The slices along `axis`, without that axis.
    public func unstacked(axis: Int = 0) -> [Tensor] {
        let axis = checkedAxis(axis, "unstacked")
        return split(sizes: [Int](repeating: 1, count: shape[axis]), axis: axis).map { $0.squeezed(axis: axis) }
    }
}
