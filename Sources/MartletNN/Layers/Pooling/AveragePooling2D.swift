import MartletCore

/// The mean of each window of images, for each channel; padding does not count.
///
/// Shapes: [batch, height, width, channels] gives [batch, rows, columns, channels].
///
/// Source: [`keras.layers.AveragePooling2D`](https://keras.io/api/layers/pooling_layers/average_pooling2d/).
public final class AveragePooling2D: PoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - poolSize: the window's size: `2`, or one for each axis.
    ///   - strides: the steps of the window; its size when nil.
    ///   - padding: `.valid` for none, `.same` for `ceil(size / stride)` windows.
    ///   - dataFormat: where the channels lie.
    public init(
        poolSize: any PerAxis = 2, strides: (any PerAxis)? = nil, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(
            rank: 2, poolSize: poolSize, strides: strides, padding: padding, dataFormat: dataFormat, name: name,
            dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 2, config: config) }

    override func pool(_ x: Tensor) -> Tensor { averagePool(x, size: poolSize, strides: strides, padding: padding) }

    package static var samples: [LayerSample] {
        [
            LayerSample("2", AveragePooling2D(dtype: .float64), [[4, 5, 2]], bad: [[[nil, 4]], [[nil, 1, 5, 2]]]),
            LayerSample(
                "overlapping, same", AveragePooling2D(poolSize: 3, strides: 2, padding: .same, dtype: .float64),
                [[4, 5, 2]]),
            LayerSample(
                "channels first", AveragePooling2D(strides: 1, dataFormat: .channelsFirst, dtype: .float64), [[2, 4, 5]]),
        ]
    }
}
