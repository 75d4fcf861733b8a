import CKernels

/// An op that finds the place of an element along an axis.
protocol IndexReductionOp: KernelOp {
    typealias Function = (mk_dtype, UnsafeRawPointer?, UnsafeMutablePointer<Int64>?, Int64, Int64, Int64) -> Void
    static var function: Function { get }
    var axis: Int { get }
    init(axis: Int)
}

extension IndexReductionOp {
    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let shape = try ReducedAxes([axis]).outputShape(for: inputs[0].shape)
        guard shape.elementCount == 0 || inputs[0].shape[axis] > 0 else {
            throw OpFailure("\(Self.name) needs at least one element.")
        }
        return [TensorSpec(shape, .int64)]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, isEmpty) = (inputs[0].dtype.c, outputs[0].shape.elementCount == 0)
        let (outer, length, inner) = inputs[0].shape.extents(axis)
        return Kernel {
            if isEmpty { return }
            Self.function(type, $0.input(0), $0.output(0, as: Int64.self), outer, length, inner)
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { inputs[0].shape.elementCount }

    func gradient(_ context: GradientContext) -> [Tensor?] { [nil] }

    static var samples: [OpSample] {
        let cases: [(Shape, Int)] = [([2, 3], 0), ([2, 3], 1), ([2, 3, 2], 1), ([1], 0), ([0, 2], 1)]
        return cases.map { shape, axis in
            OpSample(Self(axis: axis), [SampleInput.distinct(shape)], label: "\(shape) along \(axis)")
        }
    }

    /// The places along an axis, or in the flattened tensor.
    static func apply(to x: Tensor, axis: Int?, keepDims: Bool) -> Tensor {
        guard let axis else {
            let place = perform(Self(axis: 0), x.flattened())
            return keepDims ? place.reshaped(to: Shape(unchecked: [Int](repeating: 1, count: x.rank))) : place
        }
        let position = axis < 0 ? axis + x.rank : axis
        let place = perform(Self(axis: position), x)
        return keepDims ? place.expandingDims(at: position) : place
    }
}
