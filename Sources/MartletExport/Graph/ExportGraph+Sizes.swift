import MartletCore

extension ExportGraph {
    /// An axis of some values, no constants, that has an open size.
    func axis(of dimension: Dimension, in values: [Int]) -> (value: Int, axis: Int)? {
        for value in values where self.values[value].constant == nil {
            if let axis = self.values[value].shape.firstIndex(of: dimension) { return (value, axis) }
        }
        return nil
    }

    func unreachable(_ dimension: Dimension, _ layer: String) -> MartletError {
        MartletError(
            "Expected a layer whose sizes follow from the inputs'. Nothing has the size \(dimension) here. Give the sizes with "
                + "inputShapes (--input-shape).", at: "layer \(layer)")
    }
}

extension ExportGraph.Dimension {
    /// The sum of its products, as a format writes it.
    /// - Parameters:
    ///   - size: an open size alone.
    ///   - number: a constant.
    func computed<Writer, Scalar>(
        size: (ExportGraph.Dimension, inout Writer) throws -> Scalar, number: (Int, inout Writer) throws -> Scalar,
        add: (Scalar, Scalar, inout Writer) throws -> Scalar, multiply: (Scalar, Scalar, inout Writer) throws -> Scalar,
        in writer: inout Writer
    ) throws -> Scalar {
        var sum = fixed == 0 && !products.isEmpty ? nil : try number(fixed, &writer)
        for term in products {
            var product = term.factor == 1 ? nil : try number(term.factor, &writer)
            for open in term.sizes {
                let factor = try size(.open(open), &writer)
                product = try product.map { try multiply($0, factor, &writer) } ?? factor
            }
            if let product { sum = try sum.map { try add($0, product, &writer) } ?? product }
        }
        return try sum ?? number(0, &writer)
    }
}
