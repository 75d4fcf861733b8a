extension OpRegistry {
    package static let controlFlow: [any Op.Type] = [Cond.self, Scan.self, While.self, WhileGradient.self]
}
