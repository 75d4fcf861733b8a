extension OpRegistry {
    /// Matrix products and decompositions.
    static let linearAlgebra: [any Op.Type] = [
        MatMul.self, Dense.self, QR.self, Cholesky.self, Solve.self, SolveTriangular.self, Determinant.self,
        LogDeterminant.self,
    ]
}
