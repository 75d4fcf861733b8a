import MartletCore

/// What dropout of whole channels of sequences, images and volumes shares: a channel is dropped at all its places together.
public class SpatialDropout: NoiseLayer {
    /// The probability that a channel is dropped, in 0...1.
    public private(set) var rate: Double
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    private let rank: Int

    init(_ rate: Double, rank: Int, _ dataFormat: DataFormat, _ seed: Int?, _ name: String?, _ dtype: (any DTypeConvertible)?) {
        self.rate = rate
        self.rank = rank
        self.dataFormat = dataFormat
        super.init(seed: seed, name: name, dtype: dtype)
    }

    /// The arguments of dropout over `rank` spatial axes.
    static func table<L: SpatialDropout>(
        rank: Int, _ value: @escaping @Sendable @autoclosure () -> L
    ) -> Arguments<L> {
        table(value()) {
            // Keras's cannot be frozen.
            $0 = $0.without("trainable")
            $0("rate", \.rate, required: true, .in(0...1))
            if rank > 1 { $0("data_format", \.dataFormat) }
        }
    }

    override func disturb(_ x: Tensor) -> Tensor {
        var sizes = [Int](repeating: 1, count: rank + 2)
        for axis in [0, dataFormat == .channelsFirst ? 1 : rank + 1] { sizes[axis] = x.shape[axis] }
        return rate == 0 ? x : x * generator.dropoutMask(Shape(sizes), rate: rate, dtype: x.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes, axes: "(batch, \(rank) spatial axes and the channels)", rank: rank + 2)]
    }
}

/// Dropout of whole channels of sequences, together at all their places.
///
/// Source: [`keras.layers.SpatialDropout1D`](https://keras.io/api/layers/regularization_layers/spatial_dropout1d/).
public final class SpatialDropout1D: SpatialDropout, ConfigurableLayer, Described {
    /// Makes a layer. The parameters are described at the properties.
    public init(_ rate: Double, seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        super.init(rate, rank: 1, .channelsLast, seed, name, dtype)
    }

    public static let arguments = table(rank: 1, SpatialDropout1D(0))

    package static var samples: [LayerSample] {
        [
            LayerSample("half", SpatialDropout1D(0.5, seed: 3, dtype: .float64), [[4, 3]], bad: [[[nil, 2]]]),
        ]
    }
}

/// Dropout of whole channels of images, together at all their places.
///
/// Source: [`keras.layers.SpatialDropout2D`](https://keras.io/api/layers/regularization_layers/spatial_dropout2d/).
public final class SpatialDropout2D: SpatialDropout, ConfigurableLayer, Described {
    /// Makes a layer. The parameters are described at the properties.
    public init(
        _ rate: Double, dataFormat: DataFormat = .channelsLast, seed: Int? = nil, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(rate, rank: 2, dataFormat, seed, name, dtype)
    }

    public static let arguments = table(rank: 2, SpatialDropout2D(0))

    package static var samples: [LayerSample] {
        [
            LayerSample("half", SpatialDropout2D(0.5, seed: 3, dtype: .float64), [[3, 2, 3]], bad: [[[nil, 2]]]),
            LayerSample(
                "channels first", SpatialDropout2D(0.5, dataFormat: .channelsFirst, seed: 4, dtype: .float64), [[3, 2, 3]]),
        ]
    }
}

/// Dropout of whole channels of volumes, together at all their places.
///
/// Source: [`keras.layers.SpatialDropout3D`](https://keras.io/api/layers/regularization_layers/spatial_dropout3d/).
public final class SpatialDropout3D: SpatialDropout, ConfigurableLayer, Described {
    /// Makes a layer. The parameters are described at the properties.
    public init(
        _ rate: Double, dataFormat: DataFormat = .channelsLast, seed: Int? = nil, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(rate, rank: 3, dataFormat, seed, name, dtype)
    }

    public static let arguments = table(rank: 3, SpatialDropout3D(0))

    package static var samples: [LayerSample] {
        [
            LayerSample("half", SpatialDropout3D(0.5, seed: 3, dtype: .float64), [[2, 2, 2, 3]], bad: [[[nil, 2]]]),
            LayerSample(
                "channels first", SpatialDropout3D(0.5, dataFormat: .channelsFirst, seed: 4, dtype: .float64), [[2, 2, 2, 3]]),
        ]
    }
}
