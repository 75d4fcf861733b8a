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
    fileprivate func overImages(_ type: DType) -> Tensor { reshaped([-1, 1, 1, 1]).cast(to: type) }
}

/// In training, changes the brightness of each image by a random amount.
///
/// Source: [`keras.layers.RandomBrightness`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomBrightness: ColorLayer, ConfigurableLayer, Described {
    /// What is added, as a part of the range of values, of -1...1; a single number is for both directions.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomBrightness(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(-1, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let width = valueRange.upperBound - valueRange.lowerBound
        return ["rgb_delta": number(for: images, in: factor.range(), random) * width]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        cut(images + transformation["rgb_delta"]!.cast(to: images.dtype))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "either way", RandomBrightness(0.3, valueRange: -3...3, seed: 1, dtype: .float64), [[2, 3, 2]],
                bad: [[[nil, 3]]]),
            LayerSample("bytes", RandomBrightness([0.1, 0.2], seed: 2, dtype: .float64), [.init([2, 2, 1], classCount: 256)]),
        ]
    }
}

/// In training, moves the values of each image nearer to the mean of their channel, or further from it.
///
/// Source: [`keras.layers.RandomContrast`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomContrast: ColorLayer, ConfigurableLayer, Described {
    /// Distances from the mean are multiplied with 1 less the first number to 1 more the second; as in Keras, a single number is
    /// the second, and the first is 0.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomContrast(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(0, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let range = factor.range(from: 0)
        return ["contrast_factor": number(for: images, in: 1 - range.lowerBound..<1 + range.upperBound, random)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let mean = images.mean(axes: [1, 2], keepDims: true)
        return cut((images - mean) * transformation["contrast_factor"]!.cast(to: images.dtype) + mean)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "pair", RandomContrast([0.2, 0.4], valueRange: -9...9, seed: 1, dtype: .float64), [[2, 3, 2]],
                bad: [[[nil, 3]]])
        ]
    }
}

/// In training, turns the hue of each image by a random angle.
///
/// Source: [`keras.layers.RandomHue`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomHue: ColorLayer, ConfigurableLayer, Described {
    /// How far, of 0...1 for nothing to half a turn, either way; a single number is the upper end.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast,
        seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomHue(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(0, 1))
    }

    override func changedShape(_ images: PartialShape) throws -> PartialShape {
        try Self.checkColors(images)
        return images
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let count = images.shape[0]
        let sign = `where`(draw([count], in: 0..<1, random) .> 0.5, -1.0, 1.0)
        return ["factor": draw([count], in: factor.range(from: 0), random) * sign * 0.5]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let parts = rgbToHSV(images.rescaled(from: valueRange, to: 0...1)).split(count: 3, axis: -1)
        var hue = parts[0] + transformation["factor"]!.overImages(images.dtype)
        hue = `where`(hue .> 1, hue - 1, hue)
        hue = `where`(hue .< 0, hue + 1, hue)
        return hsvToRGB(.concatenate([hue, parts[1], parts[2]], axis: -1)).clipped(min: 0.0, max: 1.0)
            .rescaled(from: 0...1, to: valueRange)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "unit values", RandomHue(0.5, valueRange: -5...5, seed: 1, dtype: .float64), [[2, 3, 3]],
                bad: [[[nil, 3]], [[nil, 2, 2, 2]]])
        ]
    }
}

/// In training, multiplies the saturation of each image with a random number.
///
/// Source: [`keras.layers.RandomSaturation`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomSaturation: ColorLayer, ConfigurableLayer, Described {
    /// A number f of this range multiplies with f / (1 - f): nothing is grey, 0.5 leaves an image as it is, and from there to 1
    /// colours grow. As in Keras, a single number is a range from its negative.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast,
        seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomSaturation(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(-1, 1))
    }

    override func changedShape(_ images: PartialShape) throws -> PartialShape {
        try Self.checkColors(images)
        return images
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let factor = draw([images.shape[0]], in: factor.range(), random)
        return ["factor": factor / (1 - factor + 1e-7)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let parts = rgbToHSV(images).split(count: 3, axis: -1)
        let saturation = cut(parts[1] * transformation["factor"]!.overImages(images.dtype))
        return hsvToRGB(.concatenate([parts[0], saturation, parts[2]], axis: -1))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "pair", RandomSaturation([0.3, 0.6], valueRange: -9...9, seed: 1, dtype: .float64), [[2, 3, 3]],
                bad: [[[nil, 3]], [[nil, 2, 2, 4]]])
        ]
    }
}

/// In training, mixes each image with its grey version.
///
/// Source: [`keras.layers.RandomColorDegeneration`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomColorDegeneration: ColorLayer, ConfigurableLayer, Described {
    /// How much of the grey version: 0 for none, 1 for nothing else. As in Keras, a single number is a range from its negative.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast,
        seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomColorDegeneration(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(-1, 1))
    }

    override func changedShape(_ images: PartialShape) throws -> PartialShape {
        try Self.checkColors(images)
        return images
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        ["factor": number(for: images, in: factor.range(), random)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        cut(images + transformation["factor"]!.cast(to: images.dtype) * (rgbToGrayscale(images) - images))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "half", RandomColorDegeneration([0, 0.5], valueRange: -9...9, seed: 1, dtype: .float64), [[2, 3, 3]],
                bad: [[[nil, 3]], [[nil, 2, 2, 1]]])
        ]
    }
}

/// In training, leaves each image fewer different values: the highest of eight bits.
///
/// Source: [`keras.layers.RandomPosterization`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomPosterization: ColorLayer, ConfigurableLayer, Described {
    /// How many bits are left, of 1...8: a range without its end, and a single number is the end of one from 1.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast,
        seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomPosterization(8)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(1, 8))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let range = factor.range(from: 1)
        let bits = draw([images.shape[0]], in: range.lowerBound.rounded(.down)..<range.upperBound.rounded(.down), random)
        return ["shift_factor": 8 - bits.floor()]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let bytes = images.rescaled(from: valueRange, to: 0...255).clipped(min: 0.0, max: 255.0).floor()
        let step = Tensor(2.0).cast(to: images.dtype).pow(transformation["shift_factor"]!.overImages(images.dtype)).round()
        // Between the steps the values are constant: nothing is to be learned of them.
        return ((bytes / step).floor() * step).rescaled(from: 0...255, to: valueRange)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "bytes", RandomPosterization([2, 5], seed: 1, dtype: .float64), [.init([2, 3, 2], classCount: 256)],
                bad: [[[nil, 3]]])
        ]
    }
}

/// In training, turns images into their negatives at random.
///
/// Source: [`keras.layers.RandomInvert`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomInvert: ColorLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed: a number, or a range from which each image's is drawn.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor = 1, valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomInvert()) {
        $0("factor", \.factor, RandomFactor.requirement(0, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        ["apply_inversion": chance(images.shape[0], of: factor.range(from: 0), random)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        Self.choose(transformation["apply_inversion"]!, valueRange.upperBound - images, images)
    }

    package static var samples: [LayerSample] {
        [LayerSample("some", RandomInvert(0.9, valueRange: 0...1, seed: 1, dtype: .float64), [[2, 3, 2]], bad: [[[nil, 3]]])]
    }
}

/// In training, turns images grey at random; the number of channels stays.
///
/// Source: [`keras.layers.RandomGrayscale`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomGrayscale: RandomImageLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed.
    public private(set) var factor: Double

    /// Makes a layer. The other parameters are described at ``RandomImageLayer``.
    public init(
        _ factor: Double = 0.5, dataFormat: DataFormat = .channelsLast, seed: Int? = nil, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = table(RandomGrayscale()) { $0("factor", \.factor, .in(0...1)) }

    override func changedShape(_ images: PartialShape) throws -> PartialShape {
        try Self.checkColors(images, orGrey: true)
        return images
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        ["should_apply": chance(images.shape[0], of: factor..<factor, random)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        Self.choose(transformation["should_apply"]!, rgbToGrayscale(images).broadcast(to: images.shape), images)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "some", RandomGrayscale(0.6, seed: 1, dtype: .float64), [[2, 3, 3]], bad: [[[nil, 3]], [[nil, 2, 2, 2]]])
        ]
    }
}
