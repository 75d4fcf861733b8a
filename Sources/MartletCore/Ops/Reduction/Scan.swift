import CKernels

/// An op that gives along an axis what a reduction gives of the elements so far.
protocol ScanOp: KernelOp {
    static var code: mk_scan_op { get }
    var axis: Int { get }
    var exclusive: Bool { get }
    var reverse: Bool { get }
    init(axis: Int, exclusive: Bool, reverse: Bool)
}

extension ScanOp {
    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0].dtype != .bool, inputs[0].dtype != .uint8 else {
            throw OpFailure("The op does not take this dtype.")
        }
        _ = try ReducedAxes([axis]).outputShape(for: inputs[0].shape)
        return inputs
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (type, (outer, length, inner)) = (inputs[0].dtype.c, inputs[0].shape.extents(axis))
        return Kernel { [exclusive, reverse] in
            mk_scan(Self.code, type, $0.input(0), $0.output(0), outer, length, inner, exclusive, reverse)
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { inputs[0].shape.elementCount }

    /// Samples along each axis, both ways, with and without the element itself.
    static func samples(exclusive: [Bool], _ input: (Shape) -> Tensor) -> [OpSample] {
        let cases: [(Shape, Int)] = [([2, 3], 1), ([3, 2], 0), ([2, 3, 2], 1), ([1], 0), ([2, 0], 1)]
        return cases.flatMap { shape, axis in
            exclusive.flatMap { exclusive in
                [false, true].map { reverse in
                    OpSample(
                        Self(axis: axis, exclusive: exclusive, reverse: reverse), [input(shape)],
                        label: "\(shape) along \(axis)" + (exclusive ? " exclusive" : "") + (reverse ? " reverse" : ""))
                }
            }
        }
    }

    static func apply(to x: Tensor, axis: Int, exclusive: Bool, reverse: Bool) -> Tensor {
        let op = Self(axis: axis < 0 ? axis + x.rank : axis, exclusive: exclusive, reverse: reverse)
        return perform(op, x.accumulable)
    }
}

/// A scan that picks one of the elements so far: `cumulativeMax` and `cumulativeMin`.
protocol ExtremumScanOp: ScanOp {}

extension ExtremumScanOp {
    /// An element that is the extremum so far receives the gradients of its own place and of those after it up to the
    /// next such element: a recurrence from the other end.
    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (x, upstream) = (context.inputs[0], context.gradient)
        let isChosen = x .== context.outputs[0]
        let handsOn = isChosen.logicalNot().cast(to: x.dtype)
        let later = linearRecurrence(handsOn, handsOn * upstream, axis: axis, reverse: !reverse)
        return [`where`(isChosen, upstream + later, 0)]
    }

    static var samples: [OpSample] { samples(exclusive: [false]) { SampleInput.distinct($0) } }
}
