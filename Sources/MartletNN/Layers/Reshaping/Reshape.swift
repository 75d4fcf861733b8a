import MartletCore

/// Gives each sample another shape of as many elements.
///
/// Source: [`keras.layers.Reshape`](https://keras.io/api/layers/reshaping_layers/reshape/).
public final class Reshape: Layer, ConfigurableLayer, Described {
    /// The shape of a sample, without the batch axis; one size may be -1 and is what remains.
    public private(set) var targetShape: [Int]

    /// Makes a layer. The properties describe the arguments.
    public init(_ targetShape: [Int], name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.targetShape = targetShape
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Reshape([])) {
        $0(
            "target_shape", \.targetShape, required: true,
            Requirement("sizes of 0 or more that fit into memory, and at most one -1") { sizes in
                sizes.count { $0 == -1 } <= 1
                    && (try? PartialShape(sizes.map { $0 == -1 ? nil : $0 }).validated()) != nil
            })
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let count = x.shape.dimensions.dropFirst().reduce(1, *)
        return x.reshaped(to: Shape([x.shape[0]] + targetShape.map { $0 == -1 ? rest(of: count) ?? 0 : $0 }))
    }

    /// The size that -1 stands for, nil when the known ones do not divide `count`.
    private func rest(of count: Int) -> Int? {
        let known = targetShape.lazy.filter { $0 != -1 }.reduce(1, *)
        if known == 0 { return nil }
        return count % known == 0 ? count / known : nil
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank >= 1 else { throw MartletError("Expected an input with a batch axis. Received: a scalar.") }
        guard let count = PartialShape(Array(shape.dimensions.dropFirst())).known?.elementCount else {
            return [PartialShape([shape[0]] + targetShape.map { $0 == -1 ? nil : $0 })]
        }
        let rest = rest(of: count)
        guard targetShape.contains(-1) ? rest != nil : targetShape.reduce(1, *) == count else {
            throw MartletError(
                "Expected samples that can take the shape \(targetShape). Received: shape \(shape), \(count) elements "
                    + "each.")
        }
        return [PartialShape([shape[0]] + targetShape.map { $0 == -1 ? rest : $0 })]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        [
            LayerSample("known", Reshape([3, 2], dtype: .float64), [[6]], bad: [[[nil, 5]], [[]]]),
            LayerSample("-1", Reshape([2, -1], dtype: .float64), [[2, 3]], bad: [[[nil, 5]]]),
            LayerSample("to a scalar each", Reshape([], dtype: .float64), [[1]], bad: [[[nil, 2]]]),
        ]
    }
}
