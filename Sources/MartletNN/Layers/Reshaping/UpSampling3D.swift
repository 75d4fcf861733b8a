import MartletCore
import MartletFormats

/// Volumes made larger by whole factors, each element repeated.
///
/// Shapes: [batch, depth, height, width, channels] gives [batch, depth * size[0], height * size[1], width * size[2],
/// channels].
///
/// Source: [`keras.layers.UpSampling3D`](https://keras.io/api/layers/reshaping_layers/up_sampling3d/).
public final class UpSampling3D: Layer, ConfigurableLayer {
    /// The factors of the spatial axes.
    public let size: [Int]
    /// Where the channels lie.
    public let dataFormat: DataFormat

    /// Makes a layer.
    /// - Parameters:
    ///   - size: the factors of the spatial axes: `2` or `[2, 3, 1]`.
    ///   - dataFormat: where the channels lie.
    public init(
        size: any PerAxis = 2, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: DType? = nil
    ) {
        self.size = Windows.numbers(size, axes: 3, of: "UpSampling3D", "size")
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            size: config.perAxis("size", default: 2), dataFormat: config.dataFormat(), name: config.name,
            dtype: config.dtype)
    }

    private var firstAxis: Int { dataFormat == .channelsFirst ? 2 : 1 }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        size.enumerated().reduce(x) { $0.repeated($1.element, axis: $1.offset + firstAxis) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try Self.onlyInput(inputShapes, axes: "(batch, 3 spatial axes and the channels)", rank: 5)
        for (index, factor) in size.enumerated() {
            shape[index + firstAxis] = shape[index + firstAxis].map { $0 * factor }
        }
        return [shape]
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    public override var config: [String: JSONValue] {
        super.config.merging(["size": .integers(size), "data_format": .string(dataFormat.rawValue)]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("factors", UpSampling3D(size: [2, 1, 3], dtype: .float64), [[2, 3, 2, 2]], bad: [[[nil, 2]]]),
            LayerSample("channels first", UpSampling3D(dataFormat: .channelsFirst, dtype: .float64), [[2, 2, 1, 2]]),
        ]
    }
}
