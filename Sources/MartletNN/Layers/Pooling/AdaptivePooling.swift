import MartletCore

/// The largest elements of parts of sequences: [batch, steps, channels] gives [batch, size, channels].
///
/// Source: `keras.layers.AdaptiveMaxPooling1D`.
public typealias AdaptiveMaxPooling1D = AdaptivePooling<PoolingMax, Spatial1D>
/// The largest elements of parts of images: [batch, height, width, channels] gives [batch, rows, columns, channels].
///
/// Source: `keras.layers.AdaptiveMaxPooling2D`.
public typealias AdaptiveMaxPooling2D = AdaptivePooling<PoolingMax, Spatial2D>
/// The largest elements of parts of volumes: [batch, depth, height, width, channels] gives [batch, planes, rows, columns,
/// channels].
///
/// Source: `keras.layers.AdaptiveMaxPooling3D`.
public typealias AdaptiveMaxPooling3D = AdaptivePooling<PoolingMax, Spatial3D>
/// The means of parts of sequences: [batch, steps, channels] gives [batch, size, channels].
///
/// Source: `keras.layers.AdaptiveAveragePooling1D`.
public typealias AdaptiveAveragePooling1D = AdaptivePooling<PoolingMean, Spatial1D>
/// The means of parts of images: [batch, height, width, channels] gives [batch, rows, columns, channels].
///
/// Source: `keras.layers.AdaptiveAveragePooling2D`.
public typealias AdaptiveAveragePooling2D = AdaptivePooling<PoolingMean, Spatial2D>
/// The means of parts of volumes: [batch, depth, height, width, channels] gives [batch, planes, rows, columns, channels].
///
/// Source: `keras.layers.AdaptiveAveragePooling3D`.
public typealias AdaptiveAveragePooling3D = AdaptivePooling<PoolingMean, Spatial3D>

/// One element for each of as many overlapping parts as are asked for, of each channel by itself.
/// ``AdaptiveMaxPooling2D``, ``AdaptiveAveragePooling2D`` and those of other ranks.
public final class AdaptivePooling<Kind: PoolingKind, Rank: SpatialRank>: Layer, ConfigurableLayer, Described {
    /// The number of parts of each spatial axis: `2` for all, or one for each. Part i of n elements in `count` parts is
    /// `floor(i n / count) ..< ceil((i + 1) n / count)`.
    public private(set) var outputSize: [Int]
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ outputSize: any PerAxis, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.outputSize = outputSize.numbers(axes: Rank.axes)
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    public static var arguments: Arguments<AdaptivePooling> {
        Arguments(default: AdaptivePooling(1)) {
            $0("output_size", \.outputSize, as: .perAxis(Rank.axes), required: true, .positive(axes: Rank.axes))
            $0("data_format", \.dataFormat)
        }
    }

    override class var typeName: String { "Adaptive\(Kind.name)Pooling\(Rank.axes)D" }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)) { Kind.pool($0, to: outputSize) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try dataFormat.channelsLast(Rank.onlyInput(inputShapes))
        for (axis, size) in outputSize.enumerated() {
            guard shape[axis + 1] != 0 else {
                throw MartletError("Expected spatial axes of at least one element. Received: shape \(inputShapes[0]).")
            }
            shape[axis + 1] = size
        }
        return [dataFormat.fromChannelsLast(shape)]
    }

    package static var samples: [LayerSample] {
        let (input, parts): ([Int], [Int]) = [([5], [2]), ([5, 4], [3, 6]), ([3, 5, 4], [2, 3, 3])][Rank.axes - 1]
        let channels = Rank.axes == 3 ? 1 : 2
        return [
            LayerSample(
                "parts", AdaptivePooling(parts, dtype: .float64), [.init(input + [channels])],
                bad: [[[nil, 4]], [PartialShape(Shape([0] + [Int](repeating: 2, count: Rank.axes))).batched()]]),
            LayerSample(
                "channels first", AdaptivePooling(2, dataFormat: .channelsFirst, dtype: .float64),
                [.init([channels] + input)]),
        ]
    }
}
