import MartletCore
import MartletFormats

/// A rectifier: x above `threshold`, at most `maxValue`; below, `negativeSlope * (x - threshold)`.
///
/// Source: [`keras.layers.ReLU`](https://keras.io/api/layers/activation_layers/relu/).
public final class ReLU: Layer, ConfigurableLayer {
    /// Where the output is cut; nil for nowhere.
    public let maxValue: Double?
    /// The slope below the threshold.
    public let negativeSlope: Double
    /// Up to which the slope is the negative one.
    public let threshold: Double
    private let activation: ActivationFunction

    /// Makes a layer.
    public init(
        maxValue: Double? = nil, negativeSlope: Double = 0, threshold: Double = 0, name: String? = nil,
        dtype: DType? = nil
    ) {
        self.maxValue = maxValue
        self.negativeSlope = negativeSlope
        self.threshold = threshold
        activation = .relu(negativeSlope: negativeSlope, maxValue: maxValue, threshold: threshold)
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            maxValue: config.optional("max_value"), negativeSlope: config.value("negative_slope", default: 0),
            threshold: config.value("threshold", default: 0),
            name: config.name, dtype: config.dtype)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        activation(x)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "max_value": .optional(maxValue), "negative_slope": .double(negativeSlope),
            "threshold": .double(threshold),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("plain", ReLU(dtype: .float64), [[3]]),
            LayerSample("all", ReLU(maxValue: 0.6, negativeSlope: 0.1, threshold: 0.2, dtype: .float64), [[2, 3]]),
        ]
    }
}
