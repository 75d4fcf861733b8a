import MartletCore
import MartletFormats

/// In training, covers a random rectangle of images.
///
/// Source: [`keras.layers.RandomErasing`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/); Z. Zhong et
/// al., *Random erasing data augmentation*, 2017.
public final class RandomErasing: ColorLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed: a number, or a range from which each image's is drawn.
    public private(set) var factor: RandomFactor
    /// The size of the rectangle: the square root of a number of this range is its part of the height, and of another one of the
    /// width; a single number is the upper end.
    public private(set) var scale: RandomFactor
    /// What the rectangle holds: one number, or one for each channel; nil for noise.
    public private(set) var fillValue: [Double]?

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor = 1, scale: RandomFactor = [0.02, 0.33], fillValue: [Double]? = nil,
        valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil, dataFormat: DataFormat = .channelsLast,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        self.scale = scale
        self.fillValue = fillValue
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomErasing()) {
        $0("factor", \.factor, RandomFactor.requirement(0, 1))
        $0("scale", \.scale, RandomFactor.requirement(0, 1))
        $0(
            "fill_value", \.fillValue, as: ArgumentForm<[Double]>.oneOrMore,
            Requirement("a number, or one for each channel") { !$0.isEmpty })
    }

    override var channelCounts: [Int]? { fillValue.flatMap { $0.count > 1 ? [$0.count] : nil } }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let sides = draw([images.shape[0], 2], in: scale.range(from: 0), random).squareRoot()
        let noise = fillValue == nil
            ? random.normal(images.shape, dtype: images.dtype == .float64 ? .float64 : .float32) * valueRange.upperBound
            : Tensor(fillValue!)
        return [
            "batch_masks": ImageRectangles.draw(images.shape, sides: sides) { draw([images.shape[0]], in: 0..<1, random) }.mask,
            "apply_erasing": chance(images.shape[0], of: factor.range(from: 0), random), "fill_value": cut(noise),
        ]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let filling = transformation["fill_value"]!.cast(to: images.dtype)
        let erased = `where`(transformation["batch_masks"]!, filling, images)
        return Self.choose(transformation["apply_erasing"]!, erased, images)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "noise", RandomErasing(0.9, valueRange: -3...3, seed: 1, dtype: .float64), [[4, 3, 2]], bad: [[[nil, 3]]]),
            LayerSample(
                "colour", RandomErasing(scale: 0.8, fillValue: [1, 2, 3], seed: 2, dtype: .float64), [[4, 5, 3]],
                bad: [[[nil, 3, 3, 2]]]),
        ]
    }
}

/// Random rectangles in images.
enum ImageRectangles {
    /// - Parameters:
    ///   - images: the shape of the images, channels last.
    ///   - sides: the parts of width and height, [batch, 2].
    ///   - draw: draws numbers of 0..<1, [batch].
    /// - Returns: where the rectangles are, `bool` [batch, height, width, 1], and the part of each image that they cover,
    ///   [batch].
    static func draw(_ images: Shape, sides: Tensor, _ draw: () -> Tensor) -> (mask: Tensor, part: Tensor) {
        let parts = sides.split(count: 2, axis: 1).map { $0.flattened() }
        func bounds(_ part: Tensor, _ size: Int) -> (Tensor, Tensor) {
            let length = part * Double(size)
            let start = draw() * (Double(size) - length)
            return (start.reshaped([-1, 1, 1, 1]), (start + length).reshaped([-1, 1, 1, 1]))
        }
        let (left, right) = bounds(parts[0], images[2])
        let (top, bottom) = bounds(parts[1], images[1])
        let x = Tensor.range(0..<images[2]).cast(to: sides.dtype).reshaped([1, 1, images[2], 1])
        let y = Tensor.range(0..<images[1]).cast(to: sides.dtype).reshaped([1, images[1], 1, 1])
        let columns = (x .>= left).logicalAnd(x .< right)
        return (columns.logicalAnd(y .>= top).logicalAnd(y .< bottom), parts[0] * parts[1])
    }
}
