extension OpRegistry {
    /// Recurrent layers over whole sequences.
    static let recurrent: [any Op.Type] = [RecurrentSequence.self, RecurrentSequenceGradient.self]
}
