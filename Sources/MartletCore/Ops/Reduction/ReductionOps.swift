extension OpRegistry {
    static let reductions: [any Op.Type] = [
        AllTrue.self, AnyTrue.self, Argmax.self, Argmin.self, CumulativeMax.self, CumulativeMin.self,
        CumulativeProduct.self, CumulativeSum.self, LinearRecurrence.self, Max.self, Mean.self, Min.self, Product.self,
        Sum.self,
    ]
}
