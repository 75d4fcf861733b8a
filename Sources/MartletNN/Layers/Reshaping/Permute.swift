import MartletCore

/// Puts the axes of each sample into another order: `Permute([2, 1])` exchanges two axes.
///
/// Source: [`keras.layers.Permute`](https://keras.io/api/layers/reshaping_layers/permute/).
public final class Permute: Layer, ConfigurableLayer, Described {
    /// For each axis of the output the axis of the input that it is, counted from 1; the batch axis stays.
    public private(set) var dims: [Int]

    /// Makes a layer.
    public init(_ dims: [Int], name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.dims = dims
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Permute([])) { $0("dims", \.dims, required: true) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x.transposed(permutation: [0] + dims) }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.rank == dims.count + 1, dims.sorted() == Array(1..<shape.rank) else {
            throw MartletError(
                "Expected an input with the axes \(dims) beside the batch axis. Received: shape \(shape).")
        }
        return [PartialShape([shape[0]] + dims.map { shape[$0] })]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        [
            LayerSample("two", Permute([2, 1], dtype: .float64), [[2, 3]], bad: [[[nil, 2]]]),
            LayerSample("three", Permute([3, 1, 2], dtype: .float64), [[2, 3, 4]], bad: [[[nil, 2]]]),
        ]
    }
}
