import MartletCore

/// The mean of each of as many overlapping parts of sequences as are asked for, for each channel.
///
/// Shapes: [batch, steps, channels] gives [batch, size, channels].
///
/// Source: `keras.layers.AdaptiveAveragePooling1D`.
public final class AdaptiveAveragePooling1D: AdaptivePoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - outputSize: the number of parts of the steps: `2`.
    ///   - dataFormat: where the channels lie.
    public init(
        _ outputSize: any PerAxis, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 1, outputSize: outputSize, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 1, config: config) }

    override func pool(_ x: Tensor) -> Tensor { adaptiveAveragePool(x, to: outputSize) }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "parts", AdaptiveAveragePooling1D(2, dtype: .float64), [[5, 2]], bad: [[[nil, 4]], [[nil, 0, 2]]]),
            LayerSample(
                "channels first", AdaptiveAveragePooling1D(2, dataFormat: .channelsFirst, dtype: .float64),
                [[2, 5]]),
        ]
    }
}
