import MartletCore
import MartletFormats

/// Dropout of whole channels of sequences, together at all their places.
///
/// Source: [`keras.layers.SpatialDropout1D`](https://keras.io/api/layers/regularization_layers/spatial_dropout1d/).
public final class SpatialDropout1D: NoiseLayer, ConfigurableLayer {
    /// The probability that a channel is dropped.
    public let rate: Double

    /// Makes a layer.
    public init(_ rate: Double, seed: Int? = nil, name: String? = nil, dtype: DType? = nil) {
        Argument.check(
            (0...1).contains(rate), "SpatialDropout1D", "rate", expected: "a number in 0...1", received: rate)
        self.rate = rate
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.required("rate"), seed: config.optional("seed"), name: config.name,
            dtype: config.dtype)
    }

    override func disturb(_ x: Tensor) -> Tensor {
        let shape: Shape = [x.shape[0], 1, x.shape[2]]
        return rate == 0 ? x : x * generator.dropoutMask(shape, rate: rate, dtype: x.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes, axes: "(batch, 1 spatial axes and the channels)", rank: 3)]
    }

    public override var config: [String: JSONValue] {
        // Keras's cannot be frozen.
        super.config.filter { $0.key != "trainable" }.merging([
            "rate": .double(rate),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("half", SpatialDropout1D(0.5, seed: 3, dtype: .float64), [[4, 3]], bad: [[[nil, 2]]]),
        ]
    }
}
