import CKernels

/// `op(a) op(b)` of the matrices in the two last axes, where op transposes or not; leading axes are broadcast.
struct MatMul: KernelOp {
    static let name = "matmul"

    var transposeA = false
    var transposeB = false
    /// Whether the numbers are whole, from -128 to 127: sums are exact then, and instructions for such numbers may compute them.
    /// It holds for matrices of `float32` that are not transposed; others, and other numbers, have the usual product.
    var holdsInt8 = false

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let (a, b) = (inputs[0].shape, inputs[1].shape)
        guard inputs[0].dtype == inputs[1].dtype, [.bfloat16, .float32, .float64, .int32, .int64].contains(inputs[0].dtype) else {
            throw OpFailure("Expected two matrices of one dtype: bfloat16, float32, float64, int32 or int64.")
        }
        guard a.rank >= 2, b.rank >= 2 else { throw OpFailure("Expected matrices, of rank 2 or more.") }
        let (columnsA, rowsB) = (a[transposeA ? -2 : -1], b[transposeB ? -1 : -2])
        guard columnsA == rowsB else {
            throw OpFailure(
                "Expected as many columns in the first matrix\(transposeA ? " (transposed)" : "") as rows in the "
                    + "second\(transposeB ? " (transposed)" : ""), not \(columnsA) and \(rowsB).")
        }
        guard let batch = Shape.broadcast(a.leading, b.leading) else {
            throw OpFailure("The axes before the matrices do not broadcast: sizes must be equal or 1.")
        }
        let matrix = [a[transposeA ? -1 : -2], b[transposeB ? -2 : -1]]
        return [TensorSpec(Shape(batch.dimensions + matrix), Self.computeType(for: inputs[0].dtype))]
    }

    func operandTypes(_ inputs: [TensorSpec]) -> [DType] { productOperandTypes(inputs) }

    private func plan(_ inputs: [TensorSpec], _ runs: BatchRuns, _ output: TensorSpec) -> mk_gemm_plan {
        let (m, n, k) = (output.shape[-2], output.shape[-1], inputs[0].shape[transposeA ? -2 : -1])
        var plan = mk_gemm_plan()
        plan.type = inputs[0].dtype.c
        plan.transpose_a = transposeA
        plan.transpose_b = transposeB
        (plan.m, plan.n, plan.k) = (Int64(m), Int64(n), Int64(k))
        plan.batch = Int64(runs.count)
        plan.stride_a = Int64(runs.strideA * m * k)
        plan.stride_b = Int64(runs.strideB * k * n)
        plan.stride_c = Int64(m * n)
        plan.alpha = 1
        return plan
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let runs = BatchRuns(inputs[0].shape, inputs[1].shape, outputs[0].shape)
        let (plan, size, isEmpty) = (plan(inputs, runs, outputs[0]), inputs[0].dtype.byteCount, outputs[0].shape.elementCount == 0)
        let (sizeA, sizeB) = (Int(plan.m * plan.k) * size, Int(plan.k * plan.n) * size)
        if holdsInt8, !transposeA, !transposeB, plan.type == MK_F32, inputs.allSatisfy({ $0.shape.rank == 2 }) {
            return int8Kernel(m: plan.m, n: plan.n, k: plan.k)
        }
        let sizeC = runs.count * Int(plan.m * plan.n) * outputs[0].dtype.byteCount
        // Only one matrix for all products is laid out.
        let isOne = !isEmpty && inputs[1].shape.rank == 2
        return .weighted(plan, layOut: { isOne ? mk_gemm_prepare($0, $1.input(1)) : nil }) { plan, memory, weights in
            if isEmpty { return }
            runs.forEach { index, startA, startB in
                mk_gemm_prepared(
                    plan, memory.input(0) + startA * sizeA, memory.input(1) + startB * sizeB, weights,
                    memory.output(0) + index * sizeC, nil)
            }
        }
    }

    private func int8Kernel(m: Int64, n: Int64, k: Int64) -> Kernel {
        .weighted(layOut: { mk_gemm_int8_prepare(n, k, $0.input(1, as: Float.self)) }) { memory, weights in
            mk_gemm_int8(
                m, n, k, memory.input(0, as: Float.self), memory.input(1, as: Float.self), weights,
                memory.output(0, as: Float.self))
        }
    }

    // Transposition is a flag of the products: no matrix is moved.
    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        2 * outputs[0].shape.elementCount * inputs[0].shape[transposeA ? -2 : -1]
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        var (a, b, g) = (context.inputs[0], context.inputs[1], context.operandGradient)
        // The sum over an axis that was repeated rounds once, not its terms.
        let type = a.dtype
        if type.isHalf, a.shape.leading != g.shape.leading || b.shape.leading != g.shape.leading {
            (a, b, g) = (a.cast(to: .float32), b.cast(to: .float32), context.gradient)
        }
        var da: Tensor?
        var db: Tensor?
        if context.needs[0] {
            let product = transposeA
                ? matmul(b, g, transposeA: transposeB, transposeB: true) : matmul(g, b, transposeB: !transposeB)
            da = product.sum(toShape: a.shape).cast(to: type)
        }
        if context.needs[1] {
            let product = transposeB
                ? matmul(g, a, transposeA: true, transposeB: transposeA) : matmul(a, g, transposeA: !transposeA)
            db = product.sum(toShape: b.shape).cast(to: type)
        }
        return [da, db]
    }

    static var samples: [OpSample] {
        let cases: [(Shape, Shape, Bool, Bool)] = [
            ([2, 3], [3, 4], false, false), ([3, 2], [3, 4], true, false), ([2, 3], [4, 3], false, true),
            ([3, 2], [4, 3], true, true), ([2, 2, 3], [2, 3, 1], false, false), ([2, 3], [2, 3, 2], false, false),
            ([2, 3, 2], [3, 2], true, false), ([2, 1, 2, 3], [3, 2, 3], false, true), ([2, 0], [0, 3], false, false),
            ([0, 2, 2], [2, 3], true, false), ([1, 1], [1, 1], false, false),
        ]
        return cases.map { a, b, transposeA, transposeB in
            OpSample(
                MatMul(transposeA: transposeA, transposeB: transposeB),
                [SampleInput.uniform(a, seed: 1), SampleInput.uniform(b, seed: 2)],
                label: "\(a)\(transposeA ? "ᵀ" : "") \(b)\(transposeB ? "ᵀ" : "")")
        }
    }
}

/// The dtypes in which the kernels of products read their inputs: two factors of bfloat16 as they are. Their products have the
/// dtype float32.
func productOperandTypes(_ inputs: [TensorSpec]) -> [DType] {
    let keepsHalves = inputs[0].dtype == .bfloat16 && inputs[1].dtype == .bfloat16
    return inputs.enumerated().map { $0 < 2 && keepsHalves ? .bfloat16 : MatMul.computeType(for: $1.dtype) }
}

extension GradientContext {
    /// The gradient in the dtype of the factors of a product. Where that has 16 bits, so had the product after it was rounded.
    var operandGradient: Tensor { gradient.cast(to: inputs[0].dtype) }
}

/// The pairs of matrices of a broadcast product, as runs in which the step from one matrix to the next is constant:
/// what one call of the batched kernel takes.
private struct BatchRuns {
    private let a: Shape, b: Shape, output: Shape
    /// The axes from this one on, the matrices' apart, make a run.
    private let firstAxis: Int
    /// Products in a run.
    let count: Int
    /// Matrices from one product to the next.
    let strideA: Int, strideB: Int

    /// - Parameters: the shapes of the operands and of the product, matrices included.
    init(_ a: Shape, _ b: Shape, _ output: Shape) {
        (self.a, self.b, self.output) = (a, b, output)
        var (first, count, strideA, strideB) = (output.rank - 2, 1, 0, 0)
        while first > 0 {
            let axis = first - 1
            let size = output.dimensions[axis]
            let (stepA, stepB) = (a.matrixStep(axis, in: output), b.matrixStep(axis, in: output))
            if count == 1 {
                (strideA, strideB) = (stepA, stepB)
            } else if size != 1, stepA != strideA * count || stepB != strideB * count {
                break
            }
            count *= size
            first = axis
        }
        (firstAxis, self.count, self.strideA, self.strideB) = (first, count, strideA, strideB)
    }

    /// Calls `body` with the number of each run and of its first matrices.
    func forEach(_ body: (_ run: Int, _ a: Int, _ b: Int) -> Void) {
        for run in 0..<output.dimensions[..<firstAxis].reduce(1, *) {
            var (rest, startA, startB) = (run, 0, 0)
            for axis in (0..<firstAxis).reversed() {
                let place = rest % output.dimensions[axis]
                rest /= output.dimensions[axis]
                startA += place * a.matrixStep(axis, in: output)
                startB += place * b.matrixStep(axis, in: output)
            }
            body(run, startA, startB)
        }
    }
}

extension Shape {
    /// The axes before the two last.
    fileprivate var leading: Shape { Shape(unchecked: Array(dimensions.dropLast(2))) }

    /// How many matrices further this shape's is by one step along `axis` of the shape that it broadcasts to: 0 where it
    /// is repeated.
    fileprivate func matrixStep(_ axis: Int, in target: Shape) -> Int {
        let own = axis - (target.rank - rank)
        guard own >= 0, dimensions[own] != 1 else { return 0 }
        return dimensions[(own + 1)..<(rank - 2)].reduce(1, *)
    }
}

/// The matrix product, by NumPy's rules.
///
/// The two last axes are matrices, the axes before them are broadcast. A vector on the left is a row, one on the right
/// a column, and the result loses that axis. `uint8` wraps around; `bool` gives whether any pair is true.
/// - Parameters:
///   - transposeA: takes the transposes of `a`'s matrices, at no cost. A vector stays what it is.
///   - transposeB: the same of `b`'s.
///
/// Source: [`keras.ops.matmul`](https://keras.io/api/ops/numpy/#matmul-function).
public func matmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    var (a, b) = Tensor.promoted(a, b)
    require(
        a.rank >= 1 && b.rank >= 1, "matmul",
        "Expected vectors or matrices; multiply scalars with *. Received: \(a.spec), \(b.spec).")
    if a.dtype == .uint8 || a.dtype == .bool {
        let wide = matmul(a.cast(to: .int32), b.cast(to: .int32), transposeA: transposeA, transposeB: transposeB)
        return wide.cast(to: a.dtype)
    }
    let (isRow, isColumn) = (a.rank == 1, b.rank == 1)
    if isRow { a = a.reshaped(to: [1, a.elementCount]) }
    if isColumn { b = b.reshaped(to: [b.elementCount, 1]) }
    let op = MatMul(transposeA: transposeA && !isRow, transposeB: transposeB && !isColumn)
    var sizes: [Int]
    var product: Tensor
    if a.rank > 2 && b.rank == 2 && !op.transposeA {
        // One product of many rows beats many small ones.
        product = perform(op, a.rowsFolded, b)
        sizes = a.shape.dimensions.dropLast() + [product.shape[-1]]
    } else {
        product = perform(op, a, b)
        sizes = product.shape.dimensions
    }
    if Context.current.hasFailed { return product }
    if isColumn { sizes.removeLast() }
    if isRow { sizes.remove(at: sizes.count - (isColumn ? 1 : 2)) }
    return sizes == product.shape.dimensions ? product : product.reshaped(to: Shape(unchecked: sizes))
}

/// `matmul` of numbers that are whole, from -128 to 127, with a matrix of such numbers: the exact sums, rounded once.
package func int8Matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
    guard a.dtype == .float32, b.dtype == .float32, a.rank >= 2, b.rank == 2 else { return matmul(a, b) }
    let product = perform(MatMul(holdsInt8: true), a.rowsFolded, b)
    if a.rank == 2 || Context.current.hasFailed { return product }
    return product.reshaped(to: Shape(unchecked: a.shape.dimensions.dropLast() + [b.shape[1]]))
}

extension Tensor {
    /// All axes but the last as one.
    var rowsFolded: Tensor {
        let columns = shape[-1]
        return rank == 2 ? self : reshaped(to: [shape.dimensions.dropLast().reduce(1, *), columns])
    }
}
