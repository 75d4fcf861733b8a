import CKernels

/// The determinant of each matrix.
struct Determinant: KernelOp {
    static let name = "determinant"

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] { [try determinantSpec(inputs[0])] }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let step = outputs[0].dtype.byteCount
        return SquareMatrices.kernel(inputs[0]) { (matrices, number, memory) throws(OpFailure) in
            let status = mk_determinant(
                matrices.type, Int64(matrices.size), memory.input(0) + number * matrices.byteCount,
                memory.output(0) + number * step, nil, nil)
            guard status == 0 else { throw OpFailure("There is no memory for the work.") }
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { determinantFlops(inputs[0]) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [spread(context.gradient * context.outputs[0]) * transposedInverse(context.inputs[0])]
    }

    static var samples: [OpSample] {
        let shapes: [Shape] = [[3, 3], [2, 2, 2], [1, 1], [0, 2, 2]]
        return shapes.map { OpSample(Determinant(), [SquareMatrices.sample($0)], label: "\($0)") }
    }
}

/// The sign of the determinant of each matrix, and the logarithm of its magnitude.
struct LogDeterminant: KernelOp {
    static let name = "logDeterminant"

    var outputCount: Int { 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let spec = try determinantSpec(inputs[0])
        return [spec, spec]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let step = outputs[0].dtype.byteCount
        return SquareMatrices.kernel(inputs[0]) { (matrices, number, memory) throws(OpFailure) in
            let status = mk_determinant(
                matrices.type, Int64(matrices.size), memory.input(0) + number * matrices.byteCount, nil,
                memory.output(0) + number * step, memory.output(1) + number * step)
            guard status == 0 else { throw OpFailure("There is no memory for the work.") }
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { determinantFlops(inputs[0]) }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        [spread(context.gradient(ofOutput: 1)) * transposedInverse(context.inputs[0])]
    }

    static var samples: [OpSample] {
        let shapes: [Shape] = [[3, 3], [2, 2, 2], [0, 2, 2]]
        return shapes.map { OpSample(LogDeterminant(), [SquareMatrices.sample($0)], label: "\($0)") }
    }
}

private func determinantSpec(_ input: TensorSpec) throws(OpFailure) -> TensorSpec {
    _ = try SquareMatrices(input)
    return TensorSpec(Shape(input.shape.dimensions.dropLast(2)), input.dtype)
}

private func determinantFlops(_ input: TensorSpec) -> Int { input.shape.elementCount * input.shape[-1] * 2 / 3 }

/// A number for each matrix, over its elements.
private func spread(_ x: Tensor) -> Tensor { x.expandingDims(at: -1).expandingDims(at: -1) }

private func transposedInverse(_ x: Tensor) -> Tensor {
    perform(Solve(isTransposed: true), x, Tensor.eye(x.shape[-1], dtype: x.dtype).broadcast(to: x.shape))
}

extension Tensor {
    /// The determinant of each matrix (the last two axes): a tensor without these axes.
    ///
    /// Its gradient needs the inverse: it stops where a matrix is singular. Source:
    /// [`keras.ops.det`](https://keras.io/api/ops/linalg/#det-function).
    public func determinant() -> Tensor {
        guard requireSquare("determinant", self) else { return .substitute(spec) }
        return perform(Determinant(), floating)
    }

    /// The sign of the determinant of each matrix (the last two axes), 0 of a singular one, and the logarithm of its
    /// magnitude, which neither overflows nor underflows.
    ///
    /// Source: [`keras.ops.slogdet`](https://keras.io/api/ops/numpy/).
    public func logDeterminant() -> (sign: Tensor, logMagnitude: Tensor) {
        guard requireSquare("logDeterminant", self) else { return (.substitute(spec), .substitute(spec)) }
        let results = perform(LogDeterminant(), [floating])
        return (results[0], results[1])
    }
}
