extension OpRegistry {
    /// Matrix products and decompositions.
    static let linearAlgebra: [any Op.Type] = [MatMul.self, Dense.self, QR.self]
}
