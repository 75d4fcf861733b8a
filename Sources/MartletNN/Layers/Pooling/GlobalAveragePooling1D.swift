import MartletCore

/// The mean of each channel of sequences.
///
/// Shapes: [batch, steps, channels] gives [batch, channels], or [batch, 1, channels] with `keepDims`.
///
/// Source:
/// [`keras.layers.GlobalAveragePooling1D`](https://keras.io/api/layers/pooling_layers/global_average_pooling1d/).
public final class GlobalAveragePooling1D: GlobalPoolingLayer, ConfigurableLayer {
    /// Makes a layer.
    public init(
        dataFormat: DataFormat = .channelsLast, keepDims: Bool = false, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 1, dataFormat: dataFormat, keepDims: keepDims, name: name, dtype: dtype)
    }

    public init(config: Configuration) throws { try super.init(rank: 1, config: config) }

    /// With a mask [batch, steps], the mean over the steps where it is true; NaN where there are none, as in Keras.
    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        guard let mask = context.mask else { return x.mean(axes: axes, keepDims: keepDims) }
        let counts = mask.cast(to: .bool).expandingDims(at: dataFormat == .channelsFirst ? 1 : 2)
        let total = `where`(counts, x, 0).sum(axes: axes, keepDims: keepDims)
        return total / counts.cast(to: x.dtype).sum(axes: axes, keepDims: keepDims)
    }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 3]], [[nil, 0, 2]]]
        return [
            LayerSample("flat", GlobalAveragePooling1D(dtype: .float64), [[4, 2]], bad: bad),
            LayerSample("keepDims", GlobalAveragePooling1D(keepDims: true, dtype: .float64), [[4, 2]], bad: bad),
            LayerSample(
                "channels first", GlobalAveragePooling1D(dataFormat: .channelsFirst, dtype: .float64), [[2, 4]]),
        ]
    }
}
