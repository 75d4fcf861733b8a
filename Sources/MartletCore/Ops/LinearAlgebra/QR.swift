import CKernels

/// The reduced QR decomposition of each matrix: outputs q and r.
struct QR: KernelOp {
    static let name = "qr"

    var outputCount: Int { 2 }

    func outputs(for inputs: [TensorSpec]) throws(OpFailure) -> [TensorSpec] {
        let (shape, dtype) = (inputs[0].shape, inputs[0].dtype)
        guard shape.rank >= 2, dtype == .float32 || dtype == .float64 else {
            throw OpFailure("Expected floating-point matrices, of rank 2 or more.")
        }
        let inner = min(shape[-2], shape[-1])
        let batch = shape.dimensions.dropLast(2)
        return [
            TensorSpec(Shape(batch + [shape[-2], inner]), dtype), TensorSpec(Shape(batch + [inner, shape[-1]]), dtype),
        ]
    }

    func kernel(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Kernel {
        let a = inputs[0]
        let (rows, columns, size) = (a.shape[-2], a.shape[-1], a.dtype.byteCount)
        let (inner, count) = (min(rows, columns), a.shape.dimensions.dropLast(2).reduce(1, *))
        return Kernel { (memory) throws(OpFailure) in
            for matrix in 0..<count {
                let status = mk_qr(
                    a.dtype.c, Int64(rows), Int64(columns), memory.input(0) + matrix * rows * columns * size,
                    memory.output(0) + matrix * rows * inner * size, memory.output(1) + matrix * inner * columns * size)
                guard status == 0 else { throw OpFailure("There is no memory for the work.") }
            }
        }
    }

    func flops(_ inputs: [TensorSpec], _ outputs: [TensorSpec]) -> Int {
        // LAPACK's counts of the reflections and of the product that makes q of them.
        let (long, short) = (max(inputs[0].shape[-2], inputs[0].shape[-1]), min(inputs[0].shape[-2], inputs[0].shape[-1]))
        let matrices = inputs[0].shape.dimensions.dropLast(2).reduce(1, *)
        return matrices * (4 * long * short * short - 4 * short * short * short / 3)
    }

    func gradient(_ context: GradientContext) -> [Tensor?] {
        fail(Self.name, "The decomposition has no gradient here; use stopGradient() on its input.")
        return [nil]
    }

    static var samples: [OpSample] {
        let shapes: [Shape] = [[3, 2], [2, 3], [2, 2, 2], [0, 2]]
        return shapes.map {
            OpSample(QR(), [SampleInput.uniform($0)], label: "\($0)", checked: [false], secondOrder: false)
        }
    }
}

extension Tensor {
    /// The reduced QR decomposition of each matrix (the last two axes, m x n): q [..., m, k] has orthonormal columns,
    /// r [..., k, n] is upper triangular, `k = min(m, n)`, and `matmul(q, r)` is the matrix. Signs are LAPACK's. It has
    /// no gradient.
    ///
    /// Source: [`keras.ops.qr`](https://keras.io/api/ops/linalg/#qr-function).
    public func qr() -> (q: Tensor, r: Tensor) {
        let results = perform(QR(), [floating])
        return (results[0], results[1])
    }
}
