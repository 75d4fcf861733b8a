import MartletCore

/// The mean of each window of sequences, for each channel; padding does not count.
///
/// Shapes: [batch, steps, channels] gives [batch, steps', channels].
///
/// Source: [`keras.layers.AveragePooling1D`](https://keras.io/api/layers/pooling_layers/average_pooling1d/).
public final class AveragePooling1D: PoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - poolSize: the window's size: `2`.
    ///   - strides: the steps of the window; its size when nil.
    ///   - padding: `.valid` for none, `.same` for `ceil(size / stride)` windows.
    ///   - dataFormat: where the channels lie.
    public init(
        poolSize: any PerAxis = 2, strides: (any PerAxis)? = nil, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(
            rank: 1, poolSize: poolSize, strides: strides, padding: padding, dataFormat: dataFormat, name: name,
            dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 1, config: config) }

    override func pool(_ x: Tensor) -> Tensor { averagePool(x, size: poolSize, strides: strides, padding: padding) }

    package static var samples: [LayerSample] {
        [
            LayerSample("2", AveragePooling1D(dtype: .float64), [[5, 2]], bad: [[[nil, 4]], [[nil, 1, 2]]]),
            LayerSample(
                "overlapping, same", AveragePooling1D(poolSize: 3, strides: 2, padding: .same, dtype: .float64), [[5, 2]]),
            LayerSample(
                "channels first", AveragePooling1D(strides: 1, dataFormat: .channelsFirst, dtype: .float64), [[2, 5]]),
        ]
    }
}
