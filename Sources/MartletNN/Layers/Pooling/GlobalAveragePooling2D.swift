import MartletCore

/// The mean of each channel of images.
///
/// Shapes: [batch, height, width, channels] gives [batch, channels], or [batch, 1, 1, channels] with `keepDims`.
///
/// Source:
/// [`keras.layers.GlobalAveragePooling2D`](https://keras.io/api/layers/pooling_layers/global_average_pooling2d/).
public final class GlobalAveragePooling2D: GlobalPoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(
        dataFormat: DataFormat = .channelsLast, keepDims: Bool = false, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 2, dataFormat: dataFormat, keepDims: keepDims, name: name, dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 2, config: config) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x.mean(axes: axes, keepDims: keepDims) }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 3]], [[nil, 0, 2, 2]]]
        return [
            LayerSample("flat", GlobalAveragePooling2D(dtype: .float64), [[3, 2, 2]], bad: bad),
            LayerSample("keepDims", GlobalAveragePooling2D(keepDims: true, dtype: .float64), [[3, 2, 2]], bad: bad),
            LayerSample(
                "channels first", GlobalAveragePooling2D(dataFormat: .channelsFirst, dtype: .float64), [[2, 3, 2]]),
        ]
    }
}
