import MartletCore

/// Its inputs one after another along an axis.
///
/// Source: [`keras.layers.Concatenate`](https://keras.io/api/layers/merging_layers/concatenate/).
public final class Concatenate: Layer, ConfigurableLayer, Described {
    /// The axis along which the inputs follow each other.
    public private(set) var axis: Int

    /// Makes a layer.
    public init(axis: Int = -1, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.axis = axis
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Concatenate()) { $0("axis", \.axis) }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        [Tensor.concatenate(inputs, axis: axis)]
    }

    override var listParameter: String? { "inputs" }

    /// A step counts where any of its concatenated elements does; those of an input without a mask all do.
    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        if masks.isEmpty { return [] }
        let parts = zip(inputs, masks).map { input, mask -> Tensor in
            guard let mask else { return Tensor.ones(input.shape, dtype: .bool) }
            return mask.rank < input.rank ? mask.expandingDims(at: -1).broadcast(to: input.shape) : mask
        }
        return [Tensor.concatenate(parts, axis: axis).any(axes: [-1])]
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard let first = inputShapes.first else { throw MartletError("Expected at least 1 input. Received: 0.") }
        guard let place = first.normalizedAxis(axis) else {
            throw MartletError("Expected inputs with an axis \(axis). Received: shapes \(inputShapes).")
        }
        var result = first.replacing(place, by: 0)
        for shape in inputShapes {
            guard shape.rank == first.rank, shape.replacing(place, by: nil).accepts(result.replacing(place, by: nil))
            else {
                throw MartletError(
                    "Expected inputs of one shape but for axis \(axis). Received: shapes \(inputShapes).")
            }
            for other in 0..<shape.rank where other != place { result[other] = result[other] ?? shape[other] }
            result[place] = result[place].flatMap { sum in shape[place].map { sum + $0 } }
        }
        return [result]
    }

    public override func outputType(for inputTypes: [DType]) -> DType {
        inputTypes.map(castType).reduce(castType(inputTypes[0]), DType.promoted)
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 2, 3], [nil, 3, 3, 1]], [[nil, 2, 3], [nil]]]
        return [
            LayerSample("last axis", Concatenate(dtype: .float64), [[3], [2]], bad: bad),
            LayerSample("axis 1", Concatenate(axis: 1, dtype: .float64), [[2, 3], [1, 3], [4, 3]], bad: bad),
            LayerSample("one", Concatenate(dtype: .float64), [[3]]),
        ]
    }
}
