import MartletCore

/// Where the channels of images lie.
public enum DataFormat: String, Sendable, CaseIterable {
    /// (batch, spatial axes, channels): Martlet's own order, the fastest.
    case channelsLast = "channels_last"
    /// (batch, channels, spatial axes): is brought into the other order and back.
    case channelsFirst = "channels_first"

    /// What `function` gives for images with channels last, of images in this order.
    func apply(to x: Tensor, _ function: (Tensor) -> Tensor) -> Tensor {
        guard self == .channelsFirst, x.rank > 2 else { return function(x) }
        let y = function(x.movingAxis(1, to: -1))
        return y.rank > 2 ? y.movingAxis(-1, to: 1) : y
    }

    /// The shape with channels last.
    func channelsLast(_ shape: PartialShape) -> PartialShape {
        guard self == .channelsFirst, shape.rank > 2 else { return shape }
        var sizes = shape.dimensions
        sizes.append(sizes.remove(at: 1))
        return PartialShape(sizes)
    }

    /// The shape in this order, of one with channels last.
    func fromChannelsLast(_ shape: PartialShape) -> PartialShape {
        guard self == .channelsFirst, shape.rank > 2 else { return shape }
        var sizes = shape.dimensions
        sizes.insert(sizes.removeLast(), at: 1)
        return PartialShape(sizes)
    }
}

extension DataFormat: ArgumentValue {}

extension Configuration {
    /// The argument `data_format`.
    func dataFormat() throws -> DataFormat { try option("data_format", default: .channelsLast) }
}
