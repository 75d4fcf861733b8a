extension OpRegistry {
    static let random: [any Op.Type] = [RandomDraw.self]
}
