import CKernels

/// A row for each index: `on` at the index, `off` elsewhere.
struct OneHot: KernelOp {
    static let name = "oneHot"

    let depth: Int
    let on: Double
    let off: Double
    let dtype: DType

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0].dtype == .int64 else { throw OpFailure("Expected integer indices.") }
        guard depth >= 0 else { throw OpFailure("Expected a depth of 0 or more, not \(depth).") }
        return [TensorSpec(Shape(inputs[0].shape.dimensions + [depth]), dtype)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let count = Int64(inputs[0].shape.elementCount)
        return Kernel { [depth, on, off, dtype] memory in
            withElement(on, of: dtype) { on in
                withElement(off, of: dtype) { off in
                    mk_one_hot(
                        dtype.byteCount, memory.input(0, as: Int64.self), memory.output(0), count, Int64(depth), on, off)
                }
            }
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let isAt = inputs[0].expandingDims(at: -1) .== Tensor.range(0..<depth)
        return [`where`(isAt, Tensor(on, dtype: dtype), Tensor(off, dtype: dtype))]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }

    static var samples: [OpSample] {
        [
            OpSample(OneHot(depth: 3, on: 1, off: 0, dtype: .float64), [Tensor([0, 2, 5, -1])], label: "out of range"),
            OpSample(OneHot(depth: 2, on: 3, off: -1, dtype: .float32), [Tensor([[0], [1]])], label: "on and off"),
            OpSample(OneHot(depth: 0, on: 1, off: 0, dtype: .int32), [Tensor([1])], label: "empty"),
        ]
    }
}

extension Tensor {
    /// One-hot vectors: `on` at each index, `off` elsewhere, and `off` everywhere for an index outside `0..<depth`.
    /// - Parameters:
    ///   - indices: integers of any shape.
    ///   - axis: where the axis of size `depth` goes in the result; -1 appends it.
    ///   - dtype: the default float type when nil. Stops when it cannot hold `on` and `off`.
    /// - Returns: a tensor of the shape of `indices` with an axis of size `depth` inserted.
    public static func oneHot(
        _ indices: Tensor, depth: Int, on: Double = 1, off: Double = 0, axis: Int = -1, dtype: DType? = nil
    ) -> Tensor {
        let op = OneHot(depth: depth, on: on, off: off, dtype: dtype ?? Settings.defaultFloatType)
        return perform(op, indices.dtype.isInteger ? indices.cast(to: .int64) : indices).movingAxis(-1, to: axis)
    }
}
