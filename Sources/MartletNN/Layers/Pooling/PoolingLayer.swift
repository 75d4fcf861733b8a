import MartletCore
import MartletFormats

/// What poolings over windows share, of one, two and three spatial axes.
public class PoolingLayer: Layer {
    /// The size of the window on each spatial axis.
    public let poolSize: [Int]
    /// The steps of the window.
    public let strides: [Int]
    /// How the spatial axes are extended; padding does not count.
    public let padding: Padding
    /// Where the channels lie.
    public let dataFormat: DataFormat

    init(
        rank: Int, poolSize: any PerAxis, strides: (any PerAxis)?, padding: Padding, dataFormat: DataFormat,
        name: String?, dtype: DType?
    ) {
        self.dataFormat = dataFormat
        let owner = "\(Self.self)"
        self.poolSize = Windows.numbers(poolSize, axes: rank, of: owner, "poolSize")
        self.strides = strides.map { Windows.numbers($0, axes: rank, of: owner, "strides") } ?? self.poolSize
        self.padding = padding
        Argument.check(
            padding == .valid || padding == .same, owner, "padding", expected: "valid or same", received: padding)
        super.init(name: name, dtype: dtype)
    }

    init(rank: Int, config: Configuration) throws {
        dataFormat = try config.dataFormat()
        let owner = config.className
        let strides: any PerAxis = try config.perAxis("strides", default: config.perAxis("pool_size", default: 2))
        poolSize = try Windows.numbers(config.perAxis("pool_size", default: 2), axes: rank, of: owner, "pool_size")
        self.strides = Windows.numbers(strides, axes: rank, of: owner, "strides")
        padding = try config.padding()
        Argument.check(padding != .causal, owner, "padding", expected: "valid or same", received: padding)
        try super.init(name: config.name, dtype: config.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let rank = poolSize.count
        let shape = try dataFormat.channelsLast(
            Self.onlyInput(inputShapes, axes: "(batch, \(rank) spatial axes and the channels)", rank: rank + 2))
        return [
            dataFormat.fromChannelsLast(
                try Windows.outputShape(of: shape, window: poolSize, strides: strides, padding: padding))
        ]
    }

    /// Pools images with channels last.
    func pool(_ x: Tensor) -> Tensor { stop(className, "The layer pools nothing: override pool(_:).") }

    public final override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: dtype), pool)
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "pool_size": .integers(poolSize), "strides": .integers(strides), "padding": .string("\(padding)"),
            "data_format": .string(dataFormat.rawValue),
        ]) { $1 }
    }
}

/// What poolings over whole images share.
public class GlobalPoolingLayer: Layer {
    /// Whether the spatial axes stay, with size 1.
    public let keepDims: Bool
    /// Where the channels lie.
    public let dataFormat: DataFormat
    private let spatialRank: Int
    /// The axes that are pooled.
    var axes: [Int] { Array(dataFormat == .channelsFirst ? 2...spatialRank + 1 : 1...spatialRank) }

    init(rank: Int, dataFormat: DataFormat, keepDims: Bool, name: String?, dtype: DType?) {
        spatialRank = rank
        self.dataFormat = dataFormat
        self.keepDims = keepDims
        super.init(name: name, dtype: dtype)
    }

    init(rank: Int, config: Configuration) throws {
        spatialRank = rank
        dataFormat = try config.dataFormat()
        keepDims = try config.value("keepdims", default: false)
        try super.init(name: config.name, dtype: config.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(
            inputShapes, axes: "(batch, \(spatialRank) spatial axes and the channels)", rank: spatialRank + 2)
        if axes.contains(where: { shape[$0] == 0 }) {
            throw MartletError("Expected spatial axes of at least one element. Received: shape \(shape).")
        }
        let sizes = shape.dimensions.indices.compactMap { axis -> Int?? in
            axes.contains(axis) ? (keepDims ? .some(1) : nil) : .some(shape[axis])
        }
        return [PartialShape(sizes)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "data_format": .string(dataFormat.rawValue), "keepdims": .bool(keepDims),
        ]) { $1 }
    }
}
