import MartletCore
import MartletFormats

/// A rectifier with a slope below 0.
///
/// Source: [`keras.layers.LeakyReLU`](https://keras.io/api/layers/activation_layers/leaky_relu/).
public final class LeakyReLU: Layer, ConfigurableLayer {
    /// The slope below 0. Unlike the activation's, Keras's default is 0.3.
    public let negativeSlope: Double

    /// Makes a layer.
    public init(negativeSlope: Double = 0.3, name: String? = nil, dtype: DType? = nil) {
        self.negativeSlope = negativeSlope
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            negativeSlope: config.value("negative_slope", default: 0.3),
            name: config.name, dtype: config.dtype)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        ActivationFunction.leakyReLU(negativeSlope: negativeSlope)(x)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["negative_slope": .double(negativeSlope)]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("default", LeakyReLU(dtype: .float64), [[3]]),
            LayerSample("slope", LeakyReLU(negativeSlope: 0.1, dtype: .float64), [[2, 3]]),
        ]
    }
}
