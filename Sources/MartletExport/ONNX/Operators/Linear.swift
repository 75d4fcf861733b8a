import Martlet

extension ONNXOperator {
    static func addLinear(_ table: inout [String: ONNXOperator]) {
        table["MatMul"] = ONNXOperator(inputCounts: 2...2, weights: [1]) { call in
            try call.result(exactProduct(call.tensor(0, rank: 1), call.tensor(1, rank: 1)))
        }
        table["Gemm"] = ONNXOperator(inputCounts: 2...3, weights: [1, 2]) { call in
            let (a, b) = (try call.tensor(0, rank: 2), try call.tensor(1, rank: 2))
            let (alpha, beta) = (try call.float("alpha", default: 1), try call.float("beta", default: 1))
            let isFloat = a.dtype.isFloatingPoint
            let (left, right) = isFloat ? (a, b) : (a.cast(to: .float64), b.cast(to: .float64))
            var y = matmul(left, right, transposeA: try call.flag("transA"), transposeB: try call.flag("transB"))
            if alpha != 1 { y = y * alpha }
            if let c = try call.optional(2), beta != 0 { y = y + (beta == 1 ? c : c * beta) }
            return try call.result(y)
        }
        table["Einsum"] = ONNXOperator(inputCounts: 1...Int.max) { call in
            let operands = try call.inputs.indices.map { try call.number($0) }
            return try call.result(einsum(call.string("equation").replacing(" ", with: ""), operands))
        }
        table["Det"] = ONNXOperator(inputCounts: 1...1) { call in try call.result(call.tensor(0, rank: 2).determinant()) }
    }

    /// A product of matrices; of integers through `float64`, which is exact below 2^53.
    static func exactProduct(_ a: Tensor, _ b: Tensor) -> Tensor {
        a.dtype.isFloatingPoint ? matmul(a, b) : matmul(a.cast(to: .float64), b.cast(to: .float64))
    }
}
