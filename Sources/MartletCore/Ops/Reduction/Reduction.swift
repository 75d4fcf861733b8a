import CKernels

/// Which axes a reduction folds, and whether they stay as axes of size 1.
package struct ReducedAxes: Hashable, Sendable {
    /// In ascending order, counted from the front.
    package let axes: [Int]
    package let keepDims: Bool

    /// Axes as users name them: any order, negative from the end, nil for all. The shape rule finds fault with them.
    package init(_ axes: [Int]?, of tensor: Tensor, keepDims: Bool) {
        let rank = tensor.rank
        self.axes = axes.map { $0.map { $0 < 0 ? $0 + rank : $0 }.sorted() } ?? Array(0..<rank)
        self.keepDims = keepDims
    }

    init(_ axes: [Int], keepDims: Bool = false) {
        self.axes = axes
        self.keepDims = keepDims
    }

    /// The output's shape. Throws when an axis is out of range or named twice.
    package func outputShape(for shape: Shape) throws(OpFailure) -> Shape {
        guard axes.allSatisfy(shape.dimensions.indices.contains) else {
            throw OpFailure("Expected axes in \(-shape.rank)..<\(shape.rank), not \(axes).")
        }
        guard zip(axes, axes.dropFirst()).allSatisfy(<) else {
            throw OpFailure("Expected each axis once, not \(axes).")
        }
        return keepDims ? keptShape(for: shape) : Shape(unchecked: remaining(of: shape).map { shape.dimensions[$0] })
    }

    /// The shape with size 1 for every folded axis.
    func keptShape(for shape: Shape) -> Shape {
        var sizes = shape.dimensions
        for axis in axes where sizes.indices.contains(axis) { sizes[axis] = 1 }
        return Shape(unchecked: sizes)
    }

    /// The axes that are not folded.
    func remaining(of shape: Shape) -> [Int] { shape.dimensions.indices.filter { !axes.contains($0) } }

    /// A bit for each folded axis.
    var bits: UInt32 { axes.reduce(into: 0) { $0 |= 1 << UInt32($1) } }

    /// The number of elements that become one.
    func count(in shape: Shape) -> Int { axes.reduce(1) { $0 * shape[$1] } }
}

/// An op that folds the elements along some axes into one.
protocol ReductionOp: KernelOp {
    static var code: mk_reduction { get }
    var axes: ReducedAxes { get }
    init(axes: ReducedAxes)
    func takes(_ type: DType) -> Bool
    /// The dtype of the result.
    func outputType(for type: DType) -> DType
}

extension ReductionOp {
    init(_ axes: [Int]?, of tensor: Tensor, keepDims: Bool) {
        self.init(axes: ReducedAxes(axes, of: tensor, keepDims: keepDims))
    }

    func takes(_ type: DType) -> Bool { type != .bool && !type.isHalf }
    func outputType(for type: DType) -> DType { type }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard takes(inputs[0].dtype) else { throw OpFailure("The op does not take this dtype.") }
        return [TensorSpec(try axes.outputShape(for: inputs[0].shape), outputType(for: inputs[0].dtype))]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel { reduction(of: inputs[0]) }

    /// The kernel of a reduction to the input's dtype.
    func reduction(of input: TensorSpec) -> Kernel {
        let (shape, type) = (input.shape, input.dtype.c)
        return Kernel { [folded = axes.bits] in
            mk_reduce(Self.code, type, $0.input(0), $0.output(0), Int32(shape.rank), shape.dimensions, folded)
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { inputs[0].shape.elementCount }

    /// A tensor of the output's shape, so that it broadcasts to the input's.
    func expanded(_ tensor: Tensor, for input: Tensor) -> Tensor {
        axes.keepDims ? tensor : tensor.reshaped(to: axes.keptShape(for: input.shape))
    }

    /// Samples over no, one, several and all axes.
    static func samples(_ input: (Shape) -> Tensor) -> [OpSample] {
        let cases: [(Shape, [Int], Bool)] = [
            ([2, 3], [0, 1], false), ([2, 3], [1], false), ([2, 3], [0], true), ([2, 3, 2], [0, 2], false),
            ([2, 3], [], false), ([], [], false), ([1, 1], [0], true), ([0, 2], [1], false),
        ]
        return cases.map { shape, axes, keepDims in
            OpSample(
                Self(axes: ReducedAxes(axes, keepDims: keepDims)), [input(shape)],
                label: "\(shape) over \(axes)" + (keepDims ? " kept" : ""))
        }
    }
}

/// A reduction that picks one of the elements: `max` and `min`.
protocol ExtremumOp: ReductionOp {}

extension ExtremumOp {
    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard takes(inputs[0].dtype) else { throw OpFailure("The op does not take this dtype.") }
        let shape = try axes.outputShape(for: inputs[0].shape)
        guard shape.elementCount == 0 || axes.count(in: inputs[0].shape) > 0 else {
            throw OpFailure("Of no elements there is no \(Self.name).")
        }
        return [TensorSpec(shape, inputs[0].dtype)]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let (x, upstream) = (context.inputs[0], expanded(context.gradient, for: context.inputs[0]))
        let isChosen = (x .== expanded(context.outputs[0], for: x)).cast(to: x.dtype)
        return [isChosen * (upstream / isChosen.sum(axes: axes.axes, keepDims: true))]
    }

    static var samples: [OpSample] { samples { SampleInput.distinct($0) } }
}

extension Tensor {
    /// What sums and products add up in: `int64` for `bool` and `uint8`, which would soon overflow.
    var accumulable: Tensor { dtype == .bool || dtype == .uint8 ? cast(to: .int64) : self }
}
