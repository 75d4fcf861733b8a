import MartletCore

/// The mean of each of as many overlapping parts of images as are asked for, for each channel.
///
/// Shapes: [batch, height, width, channels] gives [batch, rows, columns, channels].
///
/// Source: `keras.layers.AdaptiveAveragePooling2D`.
public final class AdaptiveAveragePooling2D: AdaptivePoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - outputSize: the number of parts of each spatial axis: `2` or `[2, 3]`.
    ///   - dataFormat: where the channels lie.
    public init(
        _ outputSize: any PerAxis, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 2, outputSize: outputSize, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 2, config: config) }

    override func pool(_ x: Tensor) -> Tensor { adaptiveAveragePool(x, to: outputSize) }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "parts", AdaptiveAveragePooling2D([3, 6], dtype: .float64), [[5, 4, 2]],
                bad: [[[nil, 4]], [[nil, 0, 2, 2]]]),
            LayerSample(
                "channels first", AdaptiveAveragePooling2D(2, dataFormat: .channelsFirst, dtype: .float64),
                [[2, 5, 4]]),
        ]
    }
}
