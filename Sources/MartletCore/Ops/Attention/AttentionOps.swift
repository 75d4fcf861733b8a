extension OpRegistry {
    /// Attention and its gradient.
    static let attentions: [any Op.Type] = [Attention.self, AttentionGradient.self]
}
