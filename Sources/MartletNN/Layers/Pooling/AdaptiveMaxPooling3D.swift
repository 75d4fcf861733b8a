import MartletCore

/// The largest element of each of as many overlapping parts of volumes as are asked for, for each channel.
///
/// Shapes: [batch, depth, height, width, channels] gives [batch, planes, rows, columns, channels].
///
/// Source: `keras.layers.AdaptiveMaxPooling3D`.
public final class AdaptiveMaxPooling3D: AdaptivePoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - outputSize: the number of parts of each spatial axis: `2` or one for each axis.
    ///   - dataFormat: where the channels lie.
    public init(
        _ outputSize: any PerAxis, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 3, outputSize: outputSize, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 3, config: config) }

    override func pool(_ x: Tensor) -> Tensor { adaptiveMaxPool(x, to: outputSize) }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "parts", AdaptiveMaxPooling3D([2, 3, 3], dtype: .float64), [[3, 5, 4, 1]],
                bad: [[[nil, 4]], [[nil, 0, 2, 2, 2]]]),
            LayerSample(
                "channels first", AdaptiveMaxPooling3D(2, dataFormat: .channelsFirst, dtype: .float64),
                [[1, 3, 5, 4]]),
        ]
    }
}
