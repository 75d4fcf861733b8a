import MartletCore
import MartletFormats

/// In training, blurs images at random.
///
/// Source: [`keras.layers.RandomGaussianBlur`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomGaussianBlur: ColorLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed: a number, or a range from which each image's is drawn.
    public private(set) var factor: RandomFactor
    /// The size of the window by rows and columns, odd numbers.
    public private(set) var kernelSize: [Int]
    /// The standard deviation of the bell curve in pixels, of 0...1: a number, for up to it, or a range.
    public private(set) var sigma: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor = 1, kernelSize: any PerAxis = 3, sigma: RandomFactor = 1,
        valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast, seed: Int? = nil,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        self.kernelSize = kernelSize.numbers(axes: 2)
        self.sigma = sigma
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomGaussianBlur()) {
        $0("factor", \.factor, RandomFactor.requirement(0, 1))
        $0(
            "kernel_size", \.kernelSize, as: .perAxis(2),
            Requirement("an odd positive integer below 1024, or two of them") {
                $0.count == 2 && $0.allSatisfy { $0 % 2 == 1 && (1..<1 << 10).contains($0) }
            })
        $0("sigma", \.sigma, RandomFactor.requirement(0, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        [
            "should_apply_blur": chance(images.shape[0], of: factor.range(from: 0), random),
            "blur_factor": draw([2], in: sigma.range(from: 0), random) + 1e-6,
        ]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let blurred = gaussianBlur(images, kernelSize: kernelSize, sigma: transformation["blur_factor"]!)
        return cut(Self.choose(transformation["should_apply_blur"]!, blurred, images))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "some", RandomGaussianBlur(0.8, kernelSize: [3, 5], valueRange: -9...9, seed: 1, dtype: .float64),
                [[4, 5, 2]], bad: [[[nil, 3]]])
        ]
    }
}

/// In training, sharpens or smoothes each image.
///
/// Source: [`keras.layers.RandomSharpness`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomSharpness: ColorLayer, ConfigurableLayer, Described {
    /// 0 smoothes, 0.5 leaves an image as it is, 1 sharpens; a number is for a range from 0.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast,
        seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomSharpness(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(0, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        ["factor": draw([images.shape[0]], in: factor.range(from: 0), random)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let weights = [1.0, 1, 1, 1, 5, 1, 1, 1, 1].map { $0 / 13 }
        let window = Tensor(weights, shape: [3, 3, 1, 1]).cast(to: images.dtype).tiled([1, 1, images.shape[3], 1])
        let smooth = depthwiseConv(images, window, padding: .same)
        let factor = transformation["factor"]!.reshaped([-1, 1, 1, 1]).cast(to: images.dtype) * 2
        return cut(images + (1 - factor) * (smooth - images))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "pair", RandomSharpness([0.2, 0.9], valueRange: -9...9, seed: 1, dtype: .float64), [[4, 3, 2]],
                bad: [[[nil, 3]]])
        ]
    }
}

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

    override func changedShape(_ images: PartialShape) throws -> PartialShape {
        guard let fillValue, fillValue.count > 1, let channels = images[3], channels != fillValue.count else { return images }
        throw MartletError("Expected images of \(fillValue.count) channels. Received: \(channels) channels.")
    }

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
