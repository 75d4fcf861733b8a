import MartletCore

/// What layers share that change the colours of images at random.
public class ColorLayer: RandomImageLayer {
    /// The least and the greatest value of a pixel.
    public private(set) var valueRange: ClosedRange<Double>

    init(valueRange: ClosedRange<Double>, seed: Int?, dataFormat: DataFormat, name: String?, dtype: (any DTypeConvertible)?) {
        self.valueRange = valueRange
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func colorTable<L: ColorLayer>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void
    ) -> Arguments<L> {
        table(value()) {
            $0("value_range", \.valueRange, as: .valueRange)
            describe(&$0)
        }
    }

    /// The images with what is beyond the range of values cut.
    func cut(_ images: Tensor) -> Tensor { images.clipped(min: valueRange.lowerBound, max: valueRange.upperBound) }

    /// One number for each image, from a range.
    func number(for images: Tensor, in range: Range<Double>, _ random: RandomGenerator) -> Tensor {
        draw([images.shape[0], 1, 1, 1], in: range, random)
    }
}

extension Tensor {
    /// The same numbers for another range of values.
    func rescaled(from source: ClosedRange<Double>, to target: ClosedRange<Double>) -> Tensor {
        if source == target { return self }
        let unit = (self - source.lowerBound) / (source.upperBound - source.lowerBound)
        return unit * (target.upperBound - target.lowerBound) + target.lowerBound
    }

    /// A number for each image, over its pixels.
    func overImages(_ type: DType) -> Tensor { reshaped([-1, 1, 1, 1]).cast(to: type) }
}
