import MartletCore

/// The mean of each window of volumes, for each channel; padding does not count.
///
/// Shapes: [batch, depth, height, width, channels] gives [batch, depth', rows, columns, channels].
///
/// Source: [`keras.layers.AveragePooling3D`](https://keras.io/api/layers/pooling_layers/average_pooling3d/).
public final class AveragePooling3D: PoolingLayer, ConfigurableLayer {
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
            rank: 3, poolSize: poolSize, strides: strides, padding: padding, dataFormat: dataFormat, name: name,
            dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 3, config: config) }

    override func pool(_ x: Tensor) -> Tensor { averagePool(x, size: poolSize, strides: strides, padding: padding) }

    package static var samples: [LayerSample] {
        [
            LayerSample("2", AveragePooling3D(dtype: .float64), [[3, 4, 2, 2]], bad: [[[nil, 4]], [[nil, 1, 4, 2, 2]]]),
            LayerSample(
                "overlapping, same", AveragePooling3D(poolSize: 3, strides: 2, padding: .same, dtype: .float64),
                [[3, 4, 2, 2]]),
            LayerSample(
                "channels first", AveragePooling3D(strides: 1, dataFormat: .channelsFirst, dtype: .float64),
                [[2, 3, 4, 2]]),
        ]
    }
}
