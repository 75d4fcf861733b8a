import MartletCore

/// The largest element of each channel of sequences: [batch, steps, channels].
///
/// Source: [`keras.layers.GlobalMaxPooling1D`](https://keras.io/api/layers/pooling_layers/global_max_pooling1d/).
public typealias GlobalMaxPooling1D = GlobalPooling<PoolingMax, Spatial1D>
/// The largest element of each channel of images: [batch, height, width, channels].
///
/// Source: [`keras.layers.GlobalMaxPooling2D`](https://keras.io/api/layers/pooling_layers/global_max_pooling2d/).
public typealias GlobalMaxPooling2D = GlobalPooling<PoolingMax, Spatial2D>
/// The largest element of each channel of volumes: [batch, depth, height, width, channels].
///
/// Source: [`keras.layers.GlobalMaxPooling3D`](https://keras.io/api/layers/pooling_layers/global_max_pooling3d/).
public typealias GlobalMaxPooling3D = GlobalPooling<PoolingMax, Spatial3D>
/// The mean of each channel of sequences: [batch, steps, channels]. With a mask [batch, steps], the mean over the steps
/// where it is true; NaN where there are none, as in Keras.
///
/// Source:
/// [`keras.layers.GlobalAveragePooling1D`](https://keras.io/api/layers/pooling_layers/global_average_pooling1d/).
public typealias GlobalAveragePooling1D = GlobalPooling<PoolingMean, Spatial1D>
/// The mean of each channel of images: [batch, height, width, channels].
///
/// Source:
/// [`keras.layers.GlobalAveragePooling2D`](https://keras.io/api/layers/pooling_layers/global_average_pooling2d/).
public typealias GlobalAveragePooling2D = GlobalPooling<PoolingMean, Spatial2D>
/// The mean of each channel of volumes: [batch, depth, height, width, channels].
///
/// Source:
/// [`keras.layers.GlobalAveragePooling3D`](https://keras.io/api/layers/pooling_layers/global_average_pooling3d/).
public typealias GlobalAveragePooling3D = GlobalPooling<PoolingMean, Spatial3D>

/// One element for each channel: [batch, channels], or with spatial axes of size 1. ``GlobalMaxPooling2D``,
/// ``GlobalAveragePooling2D`` and those of other ranks.
public final class GlobalPooling<Kind: PoolingKind, Rank: SpatialRank>: Layer, ConfigurableLayer, Described {
    /// Where the channels lie.
    public private(set) var dataFormat: DataFormat
    /// Whether the spatial axes stay, with size 1.
    public private(set) var keepDims: Bool

    private var axes: [Int] { Array(dataFormat == .channelsFirst ? 2...Rank.axes + 1 : 1...Rank.axes) }

    /// Makes a layer. The properties describe the arguments.
    public init(
        dataFormat: DataFormat = .channelsLast, keepDims: Bool = false, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.dataFormat = dataFormat
        self.keepDims = keepDims
        super.init(name: name, dtype: dtype)
    }

    public static var arguments: Arguments<GlobalPooling> {
        Arguments(default: GlobalPooling()) {
            $0("data_format", \.dataFormat)
            $0("keepdims", \.keepDims)
        }
    }

    override class var typeName: String { "Global\(Kind.name)Pooling\(Rank.axes)D" }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        // Masks are of steps.
        let mask = Rank.axes == 1 ? context.mask : nil
        return Kind.pool(
            x, axes: axes, keepDims: keepDims,
            mask: mask?.cast(to: .bool).expandingDims(at: dataFormat == .channelsFirst ? 1 : 2))
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Rank.onlyInput(inputShapes)
        if axes.contains(where: { shape[$0] == 0 }) {
            throw MartletError("Expected spatial axes of at least one element. Received: shape \(shape).")
        }
        let sizes = shape.dimensions.indices.compactMap { axis -> Int?? in
            axes.contains(axis) ? (keepDims ? .some(1) : nil) : .some(shape[axis])
        }
        return [PartialShape(sizes)]
    }

    package static var samples: [LayerSample] {
        let sizes = [[4], [3, 2], [2, 3, 2]][Rank.axes - 1]
        let bad: [[PartialShape]] = [[[nil, 3]], [PartialShape(Shape([0] + sizes.dropFirst() + [2])).batched()]]
        return [
            LayerSample("flat", GlobalPooling(dtype: .float64), [.init(sizes + [2])], bad: bad),
            LayerSample("keepDims", GlobalPooling(keepDims: true, dtype: .float64), [.init(sizes + [2])], bad: bad),
            LayerSample(
                "channels first", GlobalPooling(dataFormat: .channelsFirst, dtype: .float64), [.init([2] + sizes)]),
        ]
    }
}
