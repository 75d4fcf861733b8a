import MartletCore
import MartletFormats

/// x above 0, `alpha * (e^x - 1)` below.
///
/// Source: [`keras.layers.ELU`](https://keras.io/api/layers/activation_layers/elu/).
public final class ELU: Layer, ConfigurableLayer {
    /// The output far below 0, negated.
    public let alpha: Double

    /// Makes a layer.
    public init(alpha: Double = 1, name: String? = nil, dtype: DType? = nil) {
        self.alpha = alpha
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            alpha: config.value("alpha", default: 1),
            name: config.name, dtype: config.dtype)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        ActivationFunction.elu(alpha: alpha)(x)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["alpha": .double(alpha)]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("default", ELU(dtype: .float64), [[3]]),
            LayerSample("alpha", ELU(alpha: 0.5, dtype: .float64), [[2, 3]]),
        ]
    }
}
