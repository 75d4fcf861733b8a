import MartletCore

/// The largest element of each window of images, for each channel.
///
/// Shapes: [batch, height, width, channels] gives [batch, rows, columns, channels].
///
/// Source: [`keras.layers.MaxPooling2D`](https://keras.io/api/layers/pooling_layers/max_pooling2d/).
public final class MaxPooling2D: PoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameters:
    ///   - poolSize: the window's height and width: `2` or `[2, 3]`.
    ///   - strides: the steps of the window; its size when nil.
    ///   - padding: `.valid` for none, `.same` for `ceil(size / stride)` windows.
    public init(
        poolSize: any PerAxis = 2, strides: (any PerAxis)? = nil, padding: Padding = .valid, name: String? = nil,
        dtype: DType? = nil
    ) {
        super.init(rank: 2, poolSize: poolSize, strides: strides, padding: padding, name: name, dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 2, config: config) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        maxPool(x.dtype.isFloatingPoint ? x : x.cast(to: dtype), size: poolSize, strides: strides, padding: padding)
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 4, 4]]]
        return [
            LayerSample("2x2", MaxPooling2D(dtype: .float64), [[4, 5, 2]], bad: bad + [[[nil, 1, 4, 2]]]),
            LayerSample(
                "overlapping, same",
                MaxPooling2D(poolSize: [3, 2], strides: [1, 2], padding: .same, dtype: .float64), [[4, 3, 1]],
                bad: bad),
        ]
    }
}
