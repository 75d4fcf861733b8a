import MartletCore

/// Each sample, a vector, several times: [batch, features] gives [batch, n, features].
///
/// Source: [`keras.layers.RepeatVector`](https://keras.io/api/layers/reshaping_layers/repeat_vector/).
public final class RepeatVector: Layer, ConfigurableLayer, Described {
    /// How often.
    public private(set) var n: Int

    /// Makes a layer.
    public init(_ n: Int, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.n = n
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: RepeatVector(1)) { $0("n", \.n, required: true) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        x.expandingDims(at: 1).broadcast(to: [x.shape[0], n, x.shape[1]])
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes, axes: "(batch, features)", rank: 2)
        return [[shape[0], n, shape[1]]]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        [
            LayerSample("three", RepeatVector(3, dtype: .float64), [[2]], bad: [[[nil, 2, 2]]]),
        ]
    }
}
