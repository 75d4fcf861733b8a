import MartletCore
import MartletFormats

/// Images made larger by whole factors.
///
/// Shapes: [batch, height, width, channels] gives [batch, height * size[0], width * size[1], channels].
///
/// Source: [`keras.layers.UpSampling2D`](https://keras.io/api/layers/reshaping_layers/up_sampling2d/).
public final class UpSampling2D: Layer, ConfigurableLayer {
    /// The factors of height and width.
    public let size: [Int]
    /// Where the channels lie.
    public let dataFormat: DataFormat
    /// How values between pixels are made.
    public let interpolation: Interpolation

    /// Makes a layer.
    /// - Parameters:
    ///   - size: the factors of height and width: `2` or `[2, 3]`.
    ///   - dataFormat: where the channels lie.
    ///   - interpolation: how values between pixels are made; `nearest` repeats pixels.
    public init(
        size: any PerAxis = 2, dataFormat: DataFormat = .channelsLast, interpolation: Interpolation = .nearest,
        name: String? = nil, dtype: DType? = nil
    ) {
        self.size = Windows.numbers(size, axes: 2, of: "UpSampling2D", "size")
        self.dataFormat = dataFormat
        self.interpolation = interpolation
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            size: config.perAxis("size", default: 2), dataFormat: config.dataFormat(),
            interpolation: config.option("interpolation", default: .nearest), name: config.name, dtype: config.dtype)
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x) { x in
            if interpolation == .nearest { return x.repeated(size[0], axis: 1).repeated(size[1], axis: 2) }
            let floats = x.dtype.isFloatingPoint ? x : x.cast(to: dtype)
            return resize(floats, to: [x.shape[1] * size[0], x.shape[2] * size[1]], interpolation: interpolation)
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try dataFormat.channelsLast(
            Self.onlyInput(inputShapes, axes: "(batch, 2 spatial axes and the channels)", rank: 4))
        guard interpolation == .nearest || shape[1] != 0 && shape[2] != 0 else {
            throw MartletError("Expected images of at least one pixel. Received: shape \(inputShapes[0]).")
        }
        for (axis, factor) in size.enumerated() { shape[axis + 1] = shape[axis + 1].map { $0 * factor } }
        return [dataFormat.fromChannelsLast(shape)]
    }

    public override func outputType(for inputTypes: [DType]) -> DType {
        interpolation == .nearest ? castType(inputTypes[0]) : dtype
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "size": .integers(size), "data_format": .string(dataFormat.rawValue),
            "interpolation": .string(interpolation.rawValue),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        Interpolation.allCases.map { interpolation in
            LayerSample(
                interpolation.rawValue,
                UpSampling2D(size: [2, 3], interpolation: interpolation, dtype: .float64), [[3, 2, 2]],
                bad: [[[nil, 2, 2]]] + (interpolation == .nearest ? [] : [[[nil, 0, 2, 2]]]))
        } + [
            LayerSample(
                "channels first",
                UpSampling2D(dataFormat: .channelsFirst, interpolation: .bilinear, dtype: .float64), [[2, 3, 2]])
        ]
    }
}
