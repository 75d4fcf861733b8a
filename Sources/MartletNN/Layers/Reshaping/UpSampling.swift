import MartletCore

/// Images made larger by whole factors.
///
/// Shapes: [batch, height, width, channels] gives [batch, height * size[0], width * size[1], channels].
///
/// Source: [`keras.layers.UpSampling2D`](https://keras.io/api/layers/reshaping_layers/up_sampling2d/).
public typealias UpSampling2D = UpSampling<Spatial2D>
/// Volumes made larger by whole factors, each element repeated.
///
/// Shapes: [batch, depth, height, width, channels] gives [batch, depth * size[0], height * size[1], width * size[2],
/// channels].
///
/// Source: [`keras.layers.UpSampling3D`](https://keras.io/api/layers/reshaping_layers/up_sampling3d/).
public typealias UpSampling3D = UpSampling<Spatial3D>

/// Images or volumes made larger by whole factors. ``UpSampling2D`` and ``UpSampling3D``.
public final class UpSampling<Rank: ImageRank>: Layer, ConfigurableLayer, Described {
    /// The factors of the spatial axes: `2` for all, or one for each, `[2, 3]`.
    public private(set) var size: [Int]
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    /// How values between pixels are made; `nearest`, which volumes always have, repeats elements.
    public private(set) var interpolation: Interpolation

    private init(
        _ size: any PerAxis, _ dataFormat: DataFormat, _ mode: Interpolation, _ name: String?, _ dtype: (any DTypeConvertible)?
    ) {
        self.size = size.numbers(axes: Rank.axes)
        self.dataFormat = dataFormat
        interpolation = mode
        super.init(name: name, dtype: dtype)
    }

    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        size: any PerAxis = 2, dataFormat: DataFormat = .channelsLast, interpolation: Interpolation = .nearest,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) where Rank == Spatial2D {
        self.init(size, dataFormat, interpolation, name, dtype)
    }

    /// Makes a layer. The properties describe the arguments.
    public convenience init(
        size: any PerAxis = 2, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) where Rank == Spatial3D {
        self.init(size, dataFormat, .nearest, name, dtype)
    }

    public static var arguments: Arguments<UpSampling> {
        Arguments(default: UpSampling(2, .channelsLast, .nearest, nil, nil)) {
            $0("size", \.size, as: .perAxis(Rank.axes), .positive(axes: Rank.axes))
            $0("data_format", \.dataFormat)
            if Rank.axes == 2 { $0("interpolation", \.interpolation) }
        }
    }

    override class var typeName: String { "UpSampling\(Rank.axes)D" }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x) { x in
            if interpolation == .nearest {
                return size.enumerated().reduce(x) { $0.repeated($1.element, axis: $1.offset + 1) }
            }
            let floats = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
            return resize(floats, to: [x.shape[1] * size[0], x.shape[2] * size[1]], interpolation: interpolation)
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try dataFormat.channelsLast(Rank.onlyInput(inputShapes))
        guard interpolation == .nearest || shape[1] != 0 && shape[2] != 0 else {
            throw MartletError("Expected images of at least one pixel. Received: shape \(inputShapes[0]).")
        }
        for (axis, factor) in size.enumerated() { shape[axis + 1] = shape[axis + 1].map { saturatedProduct($0, factor) } }
        return [dataFormat.fromChannelsLast(shape)]
    }

    public override func outputType(for inputTypes: [DType]) -> DType {
        interpolation == .nearest ? castType(inputTypes[0]) : computeDType
    }

    package static var samples: [LayerSample] {
        if Rank.axes == 3 {
            return [
                LayerSample("factors", UpSampling3D(size: [2, 1, 3], dtype: .float64), [[2, 3, 2, 2]], bad: [[[nil, 2]]]),
                LayerSample("channels first", UpSampling3D(dataFormat: .channelsFirst, dtype: .float64), [[2, 2, 1, 2]]),
            ]
        }
        return Interpolation.allCases.map { interpolation in
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
