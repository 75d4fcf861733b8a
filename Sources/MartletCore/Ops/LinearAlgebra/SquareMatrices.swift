import CKernels

/// What decompositions and solvers share: each works on the last two axes, matrix by matrix.
struct SquareMatrices {
    let type: mk_dtype
    /// The number of rows, and of columns.
    let size: Int
    /// The number of matrices.
    let count: Int
    /// From one matrix to the next.
    let byteCount: Int

    /// - Throws: `OpFailure` unless the input is one of square floating-point matrices.
    init(_ input: TensorSpec) throws(OpFailure) {
        guard input.shape.rank >= 2, input.shape[-1] == input.shape[-2], input.dtype == .float32 || input.dtype == .float64
        else { throw OpFailure("Expected floating-point square matrices, of rank 2 or more.") }
        type = input.dtype.c
        size = input.shape[-1]
        count = input.shape.dimensions.dropLast(2).reduce(1, *)
        byteCount = size * size * input.dtype.byteCount
    }

    /// A kernel that runs `body` on each matrix, by its number. The shape rule has seen the input.
    static func kernel(
        _ input: TensorSpec, _ body: @escaping (SquareMatrices, Int, KernelMemory) throws(OpFailure) -> Void
    ) -> Kernel {
        let matrices = try? SquareMatrices(input)
        return Kernel { (memory) throws(OpFailure) in
            guard let matrices else { return }
            for number in 0..<matrices.count { try body(matrices, number, memory) }
        }
    }

    /// Says which of several matrices an error is about.
    func name(_ number: Int) -> String { count > 1 ? "Matrix \(number)" : "The matrix" }

    /// Deterministic matrices that are far from singular; symmetric ones are positive definite.
    static func sample(_ shape: Shape, symmetric: Bool = false, seed: UInt64 = 1) -> Tensor {
        let matrices = SampleInput.uniform(shape, in: -1...1, seed: seed)
        let eye = Tensor.eye(shape[-1], dtype: .float64) * 2
        return symmetric ? matmul(matrices, matrices, transposeB: true) + eye : matrices + eye
    }
}
