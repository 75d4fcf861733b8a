import CKernels

/// The x of `a x = b` for each square matrix a, or of `a' x = b`.
struct Solve: KernelOp {
    static let name = "solve"

    var isTransposed = false

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] { [try solution(inputs)] }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (columns, byteCount) = (inputs[1].shape[-1], inputs[1].shape[-1] * inputs[1].shape[-2] * inputs[1].dtype.byteCount)
        return SquareMatrices.kernel(inputs[0]) { [isTransposed] (matrices, number, memory) throws(OpFailure) in
            let status = mk_solve(
                matrices.type, isTransposed, Int64(matrices.size), Int64(columns), memory.input(0) + number * matrices.byteCount,
                memory.input(1) + number * byteCount, memory.output(0) + number * byteCount)
            guard status == 0 else {
                throw OpFailure(
                    status < 0 ? "There is no memory for the work." : "\(matrices.name(number)) is singular: it has no inverse.")
            }
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        let size = inputs[0].shape[-1]
        return inputs[0].shape.elementCount * size * 2 / 3 + 2 * outputs[0].shape.elementCount * size
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let db = perform(Solve(isTransposed: !isTransposed), context.inputs[0], context.gradient)
        let (left, right) = isTransposed ? (context.outputs[0], db) : (db, context.outputs[0])
        return [context.needs[0] ? -matmul(left, right, transposeB: true) : nil, context.needs[1] ? db : nil]
    }

    static var samples: [OpSample] {
        let shapes: [(Shape, Shape)] = [([3, 3], [3, 2]), ([2, 2, 2], [2, 2, 1]), ([0, 2, 2], [0, 2, 2]), ([2, 2], [2, 0])]
        return [false, true].flatMap { isTransposed in
            shapes.map { a, b in
                OpSample(
                    Solve(isTransposed: isTransposed), [SquareMatrices.sample(a), SampleInput.uniform(b, seed: 2)],
                    label: "\(a) \(b)\(isTransposed ? " transposed" : "")")
            }
        }
    }
}

/// The x of `a x = b` for each triangular matrix a, or of `a' x = b`; the other triangle of a is not read.
struct SolveTriangular: KernelOp {
    static let name = "solveTriangular"

    let isLower: Bool
    var isTransposed = false

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] { [try solution(inputs)] }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let (columns, byteCount) = (inputs[1].shape[-1], inputs[1].shape[-1] * inputs[1].shape[-2] * inputs[1].dtype.byteCount)
        return SquareMatrices.kernel(inputs[0]) { [isLower, isTransposed] (matrices, number, memory) throws(OpFailure) in
            let zero = mk_solve_triangular(
                matrices.type, isLower, isTransposed, Int64(matrices.size), Int64(columns),
                memory.input(0) + number * matrices.byteCount, memory.input(1) + number * byteCount,
                memory.output(0) + number * byteCount)
            guard zero == 0 else {
                throw OpFailure("\(matrices.name(number)) is singular: element \(zero - 1) of its diagonal is 0.")
            }
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        outputs[0].shape.elementCount * inputs[0].shape[-1]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        let db = perform(
            SolveTriangular(isLower: isLower, isTransposed: !isTransposed), context.inputs[0], context.gradient)
        let (left, right) = isTransposed ? (context.outputs[0], db) : (db, context.outputs[0])
        let da = context.needs[0] ? -matmul(left, right, transposeB: true) : nil
        return [isLower ? da?.lowerTriangle() : da?.upperTriangle(), context.needs[1] ? db : nil]
    }

    static var samples: [OpSample] {
        [(false, false), (false, true), (true, false), (true, true)].flatMap { isLower, isTransposed in
            [([3, 3], [3, 2]), ([2, 2, 2], [2, 2, 1]), ([0, 2, 2], [0, 2, 1])].map { (a: Shape, b: Shape) in
                OpSample(
                    SolveTriangular(isLower: isLower, isTransposed: isTransposed),
                    [SquareMatrices.sample(a), SampleInput.uniform(b, seed: 2)],
                    label: "\(a) \(isLower ? "lower" : "upper")\(isTransposed ? " transposed" : "")")
            }
        }
    }
}

/// The spec of the solution of `a x = b`.
private func solution(_ inputs: [TensorSpec]) throws(OpFailure) -> TensorSpec {
    let (matrices, b) = (try SquareMatrices(inputs[0]), inputs[1])
    guard b.dtype == inputs[0].dtype, b.shape.rank == inputs[0].shape.rank, b.shape[-2] == matrices.size,
        b.shape.dimensions.dropLast(2) == inputs[0].shape.dimensions.dropLast(2)
    else { throw OpFailure("Expected right sides of \(matrices.size) rows, as many as there are matrices.") }
    return b
}

/// The x of `matmul(a, x) = b`.
///
/// - Parameters:
///   - a: square matrices, [..., n, n]. Stops when one is singular.
///   - b: the right sides, [..., n, k], or vectors, [..., n], of one axis less than `a`. The other axes broadcast.
/// - Returns: a tensor of `b`'s form.
///
/// Source: [`keras.ops.solve`](https://keras.io/api/ops/linalg/#solve-function).
public func solve(_ a: Tensor, _ b: Tensor) -> Tensor { solve("solve", Solve(), a, b) }

/// The x of `matmul(a, x) = b` where `a` is triangular: the elements above its diagonal are not read when `lower`, else those
/// below. The parameters are those of ``solve(_:_:)``.
///
/// Source: [`keras.ops.solve_triangular`](https://keras.io/api/ops/linalg/#solvetriangular-function).
public func solveTriangular(_ a: Tensor, _ b: Tensor, lower: Bool = false) -> Tensor {
    solve("solveTriangular", SolveTriangular(isLower: lower), a, b)
}

private func solve(_ function: String, _ op: some Op, _ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = Tensor.promoted(a.floating, b.floating)
    let isVector = b.rank == a.rank - 1
    let right = isVector ? b.expandingDims(at: -1) : b
    guard requireSquare(function, a),
        require(
            right.rank >= 2 && right.shape[-2] == a.shape[-1], function,
            "Expected right sides of \(a.shape[-1]) rows. Received: \(b.spec) for \(a.spec)."),
        let lead = Shape.broadcast(
            Shape(Array(a.shape.dimensions.dropLast(2))), Shape(Array(right.shape.dimensions.dropLast(2))))
    else {
        fail(function, "Expected shapes whose first axes broadcast. Received: \(a.spec) and \(b.spec).")
        return .substitute(b.spec)
    }
    func whole(_ x: Tensor) -> Tensor {
        x.broadcast(to: Shape(lead.dimensions + x.shape.dimensions.suffix(2)))
    }
    let x = perform(op, whole(a), whole(right))
    return isVector ? x.squeezed(axis: -1) : x
}

extension Tensor {
    /// The inverse of each matrix (the last two axes). Stops when one is singular.
    ///
    /// Source: [`keras.ops.inv`](https://keras.io/api/ops/linalg/#inv-function).
    public func inverse() -> Tensor {
        guard requireSquare("inverse", self) else { return .substitute(spec) }
        let x = floating
        return perform(Solve(), x, Tensor.eye(shape[-1], dtype: x.dtype).broadcast(to: shape))
    }
}
