import CKernels

/// The input repeated along axes of size 1, and along new leading axes.
struct Broadcast: KernelOp, MovingOp {
    static let name = "broadcast"
    var choosesElements: Bool { true }
    static let takesStrings = true
    static let isLinear = true

    let shape: Shape

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard Shape.broadcast(inputs[0].shape, shape) == shape else {
            throw OpFailure("Expected a shape that broadcasts to \(shape).")
        }
        return [TensorSpec(shape, inputs[0].dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (lead, byteCount, isEmpty) = (shape.rank - inputs[0].shape.rank, inputs[0].dtype.byteCount, shape.elementCount == 0)
        let sizes = [Int](repeating: 1, count: lead) + inputs[0].shape.dimensions
        let repeats = zip(shape.dimensions, sizes).map { $1 == 0 ? 1 : $0 / $1 }
        return Kernel {
            if isEmpty { return }
            mk_tile(byteCount, $0.input(0), $0.output(0), Int32(sizes.count), sizes, repeats)
        }
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [context.gradient.sum(toShape: context.inputs[0].shape)]
    }

    static var samples: [OpSample] {
        [
            OpSample(Broadcast(shape: [2, 3]), [SampleInput.uniform([3])], label: "new axis"),
            OpSample(Broadcast(shape: [2, 2, 3, 2]), [SampleInput.uniform([2, 1, 2])], label: "middle"),
            OpSample(Broadcast(shape: [2, 2]), [SampleInput.uniform([])], label: "scalar"),
            OpSample(Broadcast(shape: [0, 2]), [SampleInput.uniform([1, 2])], label: "to none"),
        ]
    }
}

extension Tensor {
    /// This tensor repeated to `shape` by NumPy's rules: along axes of size 1 and along new leading axes.
    public func broadcast(to shape: Shape) -> Tensor {
        shape == self.shape ? self : perform(Broadcast(shape: shape), self)
    }

    /// The whole tensor `repeats[a]` times along axis a. Fewer repeats than axes count from the last axis; more repeats
    /// give new leading axes, as in NumPy.
    public func tiled(_ repeats: [Int]) -> Tensor {
        guard require(repeats.allSatisfy { $0 >= 0 }, "tiled", "Expected repeats of 0 or more. Received: \(repeats).") else {
            return .substitute(spec)
        }
        let rank = Swift.max(self.rank, repeats.count)
        var result = reshaped(to: Shape([Int](repeating: 1, count: rank - self.rank) + shape.dimensions))
        for (axis, count) in zip((rank - repeats.count)..<rank, repeats) where count != 1 {
            if Context.current.hasFailed { break }
            let target = result.shape.replacing(axis, by: saturatedProduct(result.shape[axis], count))
            let (outer, block) = (result.shape.outer(axis), result.shape[axis] * result.shape.inner(axis))
            result = result.reshaped(to: [outer, 1, block]).broadcast(to: [outer, count, block]).reshaped(to: target)
        }
        return result
    }

    /// Each element `count` times in a row along `axis`; of the flattened tensor when `axis` is nil.
    public func repeated(_ count: Int, axis: Int? = nil) -> Tensor {
        guard require(count >= 0, "repeated", "Expected a count of 0 or more. Received: \(count).") else {
            return .substitute(spec)
        }
        guard let axis else { return flattened().repeated(count, axis: 0) }
        let position = checkedAxis(axis, "repeated")
        if Context.current.hasFailed { return .substitute(spec) }
        let (rows, inner) = (shape.outer(position) * shape[position], shape.inner(position))
        return reshaped(to: [rows, 1, inner]).broadcast(to: [rows, count, inner])
            .reshaped(to: shape.replacing(position, by: saturatedProduct(shape[position], count)))
    }

    /// The i-th slice `counts[i]` times along `axis`.
    public func repeated(_ counts: [Int], axis: Int) -> Tensor {
        let position = checkedAxis(axis, "repeated")
        guard
            require(
                counts.count == shape[position] && counts.allSatisfy { $0 >= 0 }, "repeated",
                "Expected \(shape[position]) counts of 0 or more, one for each slice along axis \(axis). "
                    + "Received: \(counts).")
        else { return .substitute(spec) }
        let indices = counts.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
        return gathered(at: Tensor(indices), axis: position)
    }
}
