import MartletCore

/// Takes elements away at the beginning and at the end of the time axis of sequences.
///
/// Source: [`keras.layers.Cropping1D`](https://keras.io/api/layers/reshaping_layers/cropping1d/).
public final class Cropping1D: EdgeLayer, ConfigurableLayer {
    /// Makes a layer.
    /// - Parameter cropping: one number; or those before and after: `[1, 2]`.
    public init(
        _ cropping: SpatialEdges = 1, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        super.init(rank: 1, cropping, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let edges = try config.edges("cropping")
        try self.init(edges, dataFormat: config.dataFormat(), name: config.name, dtype: config.dtype)
    }

    override class var argument: String { "cropping" }
    override class var isCropping: Bool { true }

    package static var samples: [LayerSample] {
        [
            LayerSample("one", Cropping1D(dtype: .float64), [[6, 2]], bad: [[[nil, 4]], [[nil, 2, 2]]]),
            LayerSample("pairs", Cropping1D(.init([(1, 2)]), dtype: .float64), [[6, 2]]),
            LayerSample(
                "channels first", Cropping1D(.init([(1, 2)]), dataFormat: .channelsFirst, dtype: .float64), [[2, 6]]),
        ]
    }
}
