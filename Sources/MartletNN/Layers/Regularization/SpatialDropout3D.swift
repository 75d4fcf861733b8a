import MartletCore
import MartletFormats

/// Dropout of whole channels of volumes, together at all their places.
///
/// Source: [`keras.layers.SpatialDropout3D`](https://keras.io/api/layers/regularization_layers/spatial_dropout3d/).
public final class SpatialDropout3D: NoiseLayer, ConfigurableLayer {
    /// The probability that a channel is dropped.
    public let rate: Double
    /// Where the channels lie.
    public let dataFormat: DataFormat

    /// Makes a layer.
    public init(
        _ rate: Double, dataFormat: DataFormat = .channelsLast, seed: Int? = nil, name: String? = nil,
        dtype: DType? = nil
    ) {
        Argument.check(
            (0...1).contains(rate), "SpatialDropout3D", "rate", expected: "a number in 0...1", received: rate)
        self.rate = rate
        self.dataFormat = dataFormat
        super.init(seed: seed, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.required("rate"), dataFormat: config.dataFormat(), seed: config.optional("seed"), name: config.name,
            dtype: config.dtype)
    }

    override func disturb(_ x: Tensor) -> Tensor {
        let shape: Shape =
            dataFormat == .channelsFirst ? [x.shape[0], x.shape[1], 1, 1, 1] : [x.shape[0], 1, 1, 1, x.shape[4]]
        return rate == 0 ? x : x * generator.dropoutMask(shape, rate: rate, dtype: x.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes, axes: "(batch, 3 spatial axes and the channels)", rank: 5)]
    }

    public override var config: [String: JSONValue] {
        // Keras's cannot be frozen.
        super.config.filter { $0.key != "trainable" }.merging([
            "rate": .double(rate), "data_format": .string(dataFormat.rawValue),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("half", SpatialDropout3D(0.5, seed: 3, dtype: .float64), [[2, 2, 2, 3]], bad: [[[nil, 2]]]),
            LayerSample(
                "channels first", SpatialDropout3D(0.5, dataFormat: .channelsFirst, seed: 4, dtype: .float64),
                [[2, 2, 2, 3]]),
        ]
    }
}
