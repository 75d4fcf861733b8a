import MartletCore

/// Adds zeros at the beginning and at the end of the time axis of sequences.
///
/// Source: [`keras.layers.ZeroPadding1D`](https://keras.io/api/layers/reshaping_layers/zero_padding1d/).
public final class ZeroPadding1D: EdgeLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameter padding: one number; or those before and after: `[1, 2]`.
    public init(
        _ padding: SpatialEdges = 1, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 1, padding, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let edges = try config.edges("padding")
        try self.init(edges, dataFormat: config.dataFormat(), name: config.name, dtype: config.dtype)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("one", ZeroPadding1D(dtype: .float64), [[6, 2]], bad: [[[nil, 4]]]),
            LayerSample("pairs", ZeroPadding1D(.init([(1, 2)]), dtype: .float64), [[6, 2]]),
            LayerSample(
                "channels first",
                ZeroPadding1D(.init([(1, 2)]), dataFormat: .channelsFirst, dtype: .float64), [[2, 6]]),
        ]
    }
}
