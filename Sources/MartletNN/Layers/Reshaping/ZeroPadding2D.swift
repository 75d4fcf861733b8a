import MartletCore

/// Adds zeros at the beginning and at the end of height and width of images.
///
/// Source: [`keras.layers.ZeroPadding2D`](https://keras.io/api/layers/reshaping_layers/zero_padding2d/).
public final class ZeroPadding2D: EdgeLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameter padding: one number, one for each axis, or a pair for each: `.init([(1, 2), ...])`.
    public init(
        _ padding: SpatialEdges = 1, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 2, padding, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let edges = try config.edges("padding")
        try self.init(edges, dataFormat: config.dataFormat(), name: config.name, dtype: config.dtype)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("one", ZeroPadding2D(dtype: .float64), [[5, 4, 2]], bad: [[[nil, 4]]]),
            LayerSample("pairs", ZeroPadding2D(.init([(1, 2), (0, 1)]), dtype: .float64), [[5, 4, 2]]),
            LayerSample(
                "channels first",
                ZeroPadding2D(.init([(1, 2), (0, 1)]), dataFormat: .channelsFirst, dtype: .float64), [[2, 5, 4]]),
        ]
    }
}
