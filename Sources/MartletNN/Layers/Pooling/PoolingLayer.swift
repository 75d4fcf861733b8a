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

    init(
        rank: Int, poolSize: any PerAxis, strides: (any PerAxis)?, padding: Padding, name: String?, dtype: DType?
    ) {
        let owner = "\(Self.self)"
        self.poolSize = Windows.numbers(poolSize, axes: rank, of: owner, "poolSize")
        self.strides = strides.map { Windows.numbers($0, axes: rank, of: owner, "strides") } ?? self.poolSize
        self.padding = padding
        Argument.check(
            padding == .valid || padding == .same, owner, "padding", expected: "valid or same", received: padding)
        super.init(name: name, dtype: dtype)
    }

    init(rank: Int, config: Configuration) throws {
        try config.requireChannelsLast()
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
        let shape = try Self.onlyInput(
            inputShapes, axes: "(batch, \(rank) spatial axes, channels)", rank: rank + 2)
        return [try Windows.outputShape(of: shape, window: poolSize, strides: strides, padding: padding)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "pool_size": .integers(poolSize), "strides": .integers(strides), "padding": .string("\(padding)"),
            "data_format": "channels_last",
        ]) { $1 }
    }
}

/// What poolings over whole images share.
public class GlobalPoolingLayer: Layer {
    /// Whether the spatial axes stay, with size 1.
    public let keepDims: Bool
    private let spatialRank: Int
    /// The axes that are pooled.
    var axes: [Int] { Array(1...spatialRank) }

    init(rank: Int, keepDims: Bool, name: String?, dtype: DType?) {
        spatialRank = rank
        self.keepDims = keepDims
        super.init(name: name, dtype: dtype)
    }

    init(rank: Int, config: Configuration) throws {
        try config.requireChannelsLast()
        spatialRank = rank
        keepDims = try config.value("keepdims", default: false)
        try super.init(name: config.name, dtype: config.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(
            inputShapes, axes: "(batch, \(spatialRank) spatial axes, channels)", rank: spatialRank + 2)
        if axes.contains(where: { shape[$0] == 0 }) {
            throw MartletError("Expected spatial axes of at least one element. Received: shape \(shape).")
        }
        return [PartialShape([shape[0]] + (keepDims ? axes.map { _ in 1 } : []) + [shape[-1]])]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["data_format": "channels_last", "keepdims": .bool(keepDims)]) { $1 }
    }
}
