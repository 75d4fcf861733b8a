extension OpRegistry {
    /// Images read at places between their pixels.
    static let image: [any Op.Type] = [SampleImages.self, SpreadImages.self]
}
