import MartletCore
import MartletFormats

/// What poolings to a given size share, of one, two and three spatial axes.
public class AdaptivePoolingLayer: Layer {
    /// The number of parts of each spatial axis. Part i of n elements in `count` parts is
    /// `floor(i n / count) ..< ceil((i + 1) n / count)`.
    public let outputSize: [Int]
    /// Where the channels lie.
    public let dataFormat: DataFormat

    init(rank: Int, outputSize: any PerAxis, dataFormat: DataFormat, name: String?, dtype: DType?) {
        self.outputSize = Windows.numbers(outputSize, axes: rank, of: "\(Self.self)", "outputSize")
        self.dataFormat = dataFormat
        super.init(name: name, dtype: dtype)
    }

    init(rank: Int, config: Configuration) throws {
        outputSize = try Windows.numbers(
            config.perAxis("output_size", default: 0), axes: rank, of: config.className, "output_size")
        dataFormat = try config.dataFormat()
        try super.init(name: config.name, dtype: config.dtype)
    }

    /// Pools images with channels last.
    func pool(_ x: Tensor) -> Tensor { stop(className, "The layer pools nothing: override pool(_:).") }

    public final override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        dataFormat.apply(to: x.dtype.isFloatingPoint ? x : x.cast(to: dtype), pool)
    }

    public final override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let rank = outputSize.count
        var shape = try dataFormat.channelsLast(
            Self.onlyInput(inputShapes, axes: "(batch, \(rank) spatial axes and the channels)", rank: rank + 2))
        for (axis, size) in outputSize.enumerated() {
            guard shape[axis + 1] != 0 else {
                throw MartletError("Expected spatial axes of at least one element. Received: shape \(inputShapes[0]).")
            }
            shape[axis + 1] = size
        }
        return [dataFormat.fromChannelsLast(shape)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "output_size": .integers(outputSize), "data_format": .string(dataFormat.rawValue),
        ]) { $1 }
    }
}
