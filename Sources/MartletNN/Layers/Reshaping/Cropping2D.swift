import MartletCore

/// Takes elements away at the beginning and at the end of height and width of images.
///
/// Source: [`keras.layers.Cropping2D`](https://keras.io/api/layers/reshaping_layers/cropping2d/).
public final class Cropping2D: EdgeLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameter cropping: one number, one for each axis, or a pair for each: `.init([(1, 2), ...])`.
    public init(
        _ cropping: SpatialEdges = 0, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 2, cropping, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let edges = try config.edges("cropping")
        try self.init(edges, dataFormat: config.dataFormat(), name: config.name, dtype: config.dtype)
    }

    override class var argument: String { "cropping" }
    override class var isCropping: Bool { true }

    package static var samples: [LayerSample] {
        [
            LayerSample("one", Cropping2D(1, dtype: .float64), [[5, 4, 2]], bad: [[[nil, 4]], [[nil, 2, 2, 2]]]),
            LayerSample("pairs", Cropping2D(.init([(1, 2), (0, 1)]), dtype: .float64), [[5, 4, 2]]),
            LayerSample(
                "channels first",
                Cropping2D(.init([(1, 2), (0, 1)]), dataFormat: .channelsFirst, dtype: .float64), [[2, 5, 4]]),
        ]
    }
}
