import CKernels

/// The lower triangular factor of each symmetric, positive definite matrix, of which it reads the lower triangle.
struct Cholesky: KernelOp {
    static let name = "cholesky"

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        _ = try SquareMatrices(inputs[0])
        return inputs
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        SquareMatrices.kernel(inputs[0]) { (matrices, number, memory) throws(OpFailure) in
            let place = number * matrices.byteCount
            let minor = mk_cholesky(
                matrices.type, Int64(matrices.size), memory.input(0) + place, memory.output(0) + place)
            guard minor == 0 else {
                throw OpFailure(
                    "\(matrices.name(number)) is not positive definite: its leading minor of order \(minor) is not above 0.")
            }
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int { inputs[0].shape.elementCount * inputs[0].shape[-1] / 3 }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        // Differentiation of the Cholesky decomposition (I. Murray, 2016): the lower triangle of l' g with half its diagonal
        // between the inverses of l, seen as the gradient of a matrix whose upper triangle is not read.
        let l = context.outputs[0]
        let product = matmul(l, context.gradient.lowerTriangle(), transposeA: true)
        let middle = (product.lowerTriangle() + product.lowerTriangle(k: -1)) / 2
        let symmetric = middle + middle.transposed(-1, -2)
        func solved(_ b: Tensor) -> Tensor { perform(SolveTriangular(isLower: true, isTransposed: true), l, b) }
        let both = solved(solved(symmetric).transposed(-1, -2))
        return [(both.lowerTriangle() + both.lowerTriangle(k: -1)) / 2]
    }

    static var samples: [OpSample] {
        let shapes: [Shape] = [[3, 3], [2, 2, 2], [1, 1], [0, 2, 2]]
        return shapes.map { OpSample(Cholesky(), [SquareMatrices.sample($0, symmetric: true)], label: "\($0)") }
    }
}

extension Tensor {
    /// The lower triangular matrix l with `matmul(l, l, transposeB: true)` equal to each matrix (the last two axes), which
    /// must be symmetric and positive definite; of one that is not symmetric, the mean of it and its transpose is taken.
    /// With `upper`, the transpose of l.
    ///
    /// Stops when a matrix is not positive definite. Source:
    /// [`keras.ops.cholesky`](https://keras.io/api/ops/linalg/#cholesky-function).
    public func cholesky(upper: Bool = false) -> Tensor {
        guard requireSquare("cholesky", self) else { return .substitute(spec) }
        let x = floating
        let l = perform(Cholesky(), (x + x.transposed(-1, -2)) / 2)
        return upper ? l.transposed(-1, -2) : l
    }
}

/// Whether `x` holds square matrices; a failure when it does not.
func requireSquare(_ function: String, _ x: Tensor) -> Bool {
    require(
        x.rank >= 2 && x.shape[-1] == x.shape[-2], function,
        "Expected square matrices, of rank 2 or more. Received: \(x.spec).")
}
