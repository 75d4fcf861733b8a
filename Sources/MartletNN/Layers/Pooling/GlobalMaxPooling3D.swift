import MartletCore

/// The largest element of each channel of volumes.
///
/// Shapes: [batch, depth, height, width, channels] gives [batch, channels], or [batch, 1, 1, 1, channels] with
/// `keepDims`.
///
/// Source: [`keras.layers.GlobalMaxPooling3D`](https://keras.io/api/layers/pooling_layers/global_max_pooling3d/).
public final class GlobalMaxPooling3D: GlobalPoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(
        dataFormat: DataFormat = .channelsLast, keepDims: Bool = false, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 3, dataFormat: dataFormat, keepDims: keepDims, name: name, dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 3, config: config) }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x.max(axes: axes, keepDims: keepDims) }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 3]], [[nil, 0, 3, 2, 2]]]
        return [
            LayerSample("flat", GlobalMaxPooling3D(dtype: .float64), [[2, 3, 2, 2]], bad: bad),
            LayerSample("keepDims", GlobalMaxPooling3D(keepDims: true, dtype: .float64), [[2, 3, 2, 2]], bad: bad),
            LayerSample(
                "channels first", GlobalMaxPooling3D(dataFormat: .channelsFirst, dtype: .float64), [[2, 2, 3, 2]]),
        ]
    }
}
