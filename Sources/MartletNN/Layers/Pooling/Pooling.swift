import MartletCore

/// The largest elements of windows of sequences: [batch, steps, channels] gives [batch, steps', channels].
///
/// Source: [`keras.layers.MaxPooling1D`](https://keras.io/api/layers/pooling_layers/max_pooling1d/).
public typealias MaxPooling1D = Pooling<PoolingMax, Spatial1D>
/// The largest elements of windows of images: [batch, height, width, channels] gives [batch, rows, columns, channels].
///
/// Source: [`keras.layers.MaxPooling2D`](https://keras.io/api/layers/pooling_layers/max_pooling2d/).
public typealias MaxPooling2D = Pooling<PoolingMax, Spatial2D>
/// The largest elements of windows of volumes: [batch, depth, height, width, channels] gives [batch, depth', rows,
/// columns, channels].
///
/// Source: [`keras.layers.MaxPooling3D`](https://keras.io/api/layers/pooling_layers/max_pooling3d/).
public typealias MaxPooling3D = Pooling<PoolingMax, Spatial3D>
/// The means of windows of sequences: [batch, steps, channels] gives [batch, steps', channels]. Padding does not count.
///
/// Source: [`keras.layers.AveragePooling1D`](https://keras.io/api/layers/pooling_layers/average_pooling1d/).
public typealias AveragePooling1D = Pooling<PoolingMean, Spatial1D>
/// The means of windows of images: [batch, height, width, channels] gives [batch, rows, columns, channels]. Padding does
/// not count.
///
/// Source: [`keras.layers.AveragePooling2D`](https://keras.io/api/layers/pooling_layers/average_pooling2d/).
public typealias AveragePooling2D = Pooling<PoolingMean, Spatial2D>
/// The means of windows of volumes: [batch, depth, height, width, channels] gives [batch, depth', rows, columns,
/// channels]. Padding does not count.
///
/// Source: [`keras.layers.AveragePooling3D`](https://keras.io/api/layers/pooling_layers/average_pooling3d/).
public typealias AveragePooling3D = Pooling<PoolingMean, Spatial3D>

/// One element for each window, of each channel by itself. ``MaxPooling2D``, ``AveragePooling2D`` and those of other ranks.
public final class Pooling<Kind: PoolingKind, Rank: SpatialRank>: Layer, ConfigurableLayer, Described {
    /// The size of the window on each spatial axis: `2` for all, or one for each.
    public private(set) var poolSize: [Int]
    /// The steps of the window; its size when nil is passed.
    public private(set) var strides: [Int] {
        get { givenStrides ?? poolSize }
        set { givenStrides = newValue }
    }
    /// How the spatial axes are extended: `.valid` for not at all, `.same` for `ceil(size / stride)` windows; padding does
    /// not count.
    public private(set) var padding: Padding
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    private var givenStrides: [Int]?

    /// Makes a layer. The properties describe the arguments.
    public init(
        poolSize: any PerAxis = 2, strides: (any PerAxis)? = nil, padding: Padding = .valid,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.poolSize = poolSize.numbers(axes: Rank.axes)
        givenStrides = strides?.numbers(axes: Rank.axes)
        self.padding = padding
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    public static var arguments: Arguments<Pooling> {
        Arguments(default: Pooling()) {
            $0("pool_size", \.poolSize, as: .perAxis(Rank.axes), .positive(axes: Rank.axes))
            $0("strides", \.strides, as: .perAxis(Rank.axes), .positive(axes: Rank.axes))
            $0("padding", \.padding, .oneOf([.valid, .same]))
            $0("data_format", \.dataFormat)
        }
    }

    override class var typeName: String { "\(Kind.name)Pooling\(Rank.axes)D" }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)) {
            Kind.pool($0, size: poolSize, strides: strides, padding: padding)
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try dataFormat.channelsLast(Rank.onlyInput(inputShapes))
        return [
            dataFormat.fromChannelsLast(
                try Windows.outputShape(of: shape, window: poolSize, strides: strides, padding: padding))
        ]
    }

    package static var samples: [LayerSample] {
        let sizes = [[5], [4, 5], [3, 4, 2]][Rank.axes - 1]
        return [
            LayerSample(
                "2", Pooling(dtype: .float64), [.init(sizes + [2])],
                bad: [[[nil, 4]], [PartialShape(Shape([1] + sizes.dropFirst() + [2])).batched()]]),
            LayerSample(
                "overlapping, same", Pooling(poolSize: 3, strides: 2, padding: .same, dtype: .float64),
                [.init(sizes + [2])]),
            LayerSample(
                "channels first", Pooling(strides: 1, dataFormat: .channelsFirst, dtype: .float64), [.init([2] + sizes)]),
        ]
    }
}
