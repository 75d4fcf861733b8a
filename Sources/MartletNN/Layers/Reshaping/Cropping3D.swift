import MartletCore

/// Takes elements away at the beginning and at the end of the three spatial axes of volumes.
///
/// Source: [`keras.layers.Cropping3D`](https://keras.io/api/layers/reshaping_layers/cropping3d/).
public final class Cropping3D: EdgeLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameter cropping: one number, one for each axis, or a pair for each: `.init([(1, 2), ...])`.
    public init(
        _ cropping: SpatialEdges = 1, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 3, cropping, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let edges = try config.edges("cropping")
        try self.init(edges, dataFormat: config.dataFormat(), name: config.name, dtype: config.dtype)
    }

    override class var argument: String { "cropping" }
    override class var isCropping: Bool { true }

    package static var samples: [LayerSample] {
        [
            LayerSample("one", Cropping3D(dtype: .float64), [[4, 4, 5, 2]], bad: [[[nil, 4]], [[nil, 2, 2, 2, 2]]]),
            LayerSample("pairs", Cropping3D(.init([(1, 2), (0, 1), (1, 1)]), dtype: .float64), [[4, 4, 5, 2]]),
            LayerSample(
                "channels first",
                Cropping3D(.init([(1, 2), (0, 1), (1, 1)]), dataFormat: .channelsFirst, dtype: .float64),
                [[2, 4, 4, 5]]),
        ]
    }
}
