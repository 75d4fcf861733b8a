import CKernels

/// What is on and below (or above) a diagonal of each matrix; zeros elsewhere.
struct Triangle: KernelOp, MovingOp {
    static let name = "triangle"
    static let isLinear = true

    let diagonal: Int
    let isUpper: Bool

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        guard inputs[0].shape.rank >= 2 else { throw OpFailure("Expected a matrix or a batch of matrices.") }
        return inputs
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (shape, byteCount) = (inputs[0].shape, inputs[0].dtype.byteCount)
        let (outer, rows, columns) = (Int64(shape.outer(shape.rank - 2)), Int64(shape[-2]), Int64(shape[-1]))
        return Kernel { [diagonal, isUpper] in
            mk_triangle(byteCount, $0.input(0), $0.output(0), outer, rows, columns, Int64(diagonal), isUpper)
        }
    }

    func formula(_ inputs: [Tensor]) -> [Tensor]? {
        let (rows, columns) = (Tensor.range(0..<inputs[0].shape[-2]), Tensor.range(0..<inputs[0].shape[-1]))
        let place = columns - rows.expandingDims(at: -1)
        return [`where`(isUpper ? place .>= diagonal : place .<= diagonal, inputs[0], 0)]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] { [perform(self, context.gradient)] }

    static var samples: [OpSample] {
        [
            OpSample(Triangle(diagonal: 0, isUpper: false), [SampleInput.uniform([3, 3])], label: "lower"),
            OpSample(Triangle(diagonal: 1, isUpper: true), [SampleInput.uniform([2, 3, 4])], label: "upper batch"),
            OpSample(Triangle(diagonal: -5, isUpper: false), [SampleInput.uniform([2, 3])], label: "nothing left"),
            OpSample(Triangle(diagonal: 0, isUpper: true), [SampleInput.uniform([0, 3, 3])], label: "empty"),
        ]
    }
}

extension Tensor {
    /// The part of each matrix (the last two axes) on and above diagonal `k`, zeros below. NumPy's `triu`.
    /// - Parameter k: 0 is the main diagonal, 1 the one above it, -1 the one below it.
    public func upperTriangle(k: Int = 0) -> Tensor { perform(Triangle(diagonal: k, isUpper: true), self) }

    /// The part of each matrix (the last two axes) on and below diagonal `k`, zeros above. NumPy's `tril`.
    /// - Parameter k: 0 is the main diagonal, 1 the one above it, -1 the one below it.
    public func lowerTriangle(k: Int = 0) -> Tensor { perform(Triangle(diagonal: k, isUpper: false), self) }

    /// The diagonal `offset` places right of the main one (left of it when negative) of each matrix (the last two
    /// axes): shape `[..., length]`. NumPy's `diagonal`.
    public func diagonal(offset: Int = 0) -> Tensor {
        require(rank >= 2, "diagonal", "Expected a matrix or a batch of matrices. Received: \(spec).")
        let (rows, columns) = (shape[-2], shape[-1])
        let count = Swift.max(0, Swift.min(rows - Swift.max(0, -offset), columns - Swift.max(0, offset)))
        let start = count == 0 ? 0 : Swift.max(0, offset) + Swift.max(0, -offset) * columns
        return reshaped(to: Shape(shape.dimensions.dropLast(2) + [rows * columns]))
            .strided(from: start, by: columns + 1, count: count, axis: rank - 2)
    }

    /// The square matrix of zeros with the vector `values` on the diagonal `offset` places right of the main one.
    /// NumPy's `diag` of a vector.
    public static func diagonal(_ values: Tensor, offset: Int = 0) -> Tensor {
        require(values.rank == 1, "diagonal", "Expected a vector. Received: \(values.spec).")
        let size = values.elementCount + Swift.abs(offset)
        let start = values.elementCount == 0 ? 0 : Swift.max(0, offset) + Swift.max(0, -offset) * size
        return perform(SliceScatter(shape: [size * size], begin: [start], step: [size + 1]), values)
            .reshaped(to: [size, size])
    }
}
