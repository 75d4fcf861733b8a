import MartletCore
import MartletFormats

/// In training, adds a random amount to the values of each image, and inverts those above a random threshold.
///
/// Source: [`keras.layers.Solarization`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class Solarization: ColorLayer, ConfigurableLayer, Described {
    /// What is added, as a part of 255 where values are of 0...255; a single number is the upper end of a range from 0.
    public private(set) var additionFactor: RandomFactor
    /// The threshold, as such a part.
    public private(set) var thresholdFactor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        additionFactor: RandomFactor = 0, thresholdFactor: RandomFactor = 0, valueRange: ClosedRange<Double> = 0...255,
        seed: Int? = nil, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.additionFactor = additionFactor
        self.thresholdFactor = thresholdFactor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(Solarization()) {
        $0("addition_factor", \.additionFactor, RandomFactor.strictRequirement(0, 1))
        $0("threshold_factor", \.thresholdFactor, RandomFactor.strictRequirement(0, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        // As in Keras, only the upper end is a part of 255.
        func number(_ factor: RandomFactor) -> Tensor {
            let range = factor.range(from: 0)
            return self.number(for: images, in: range.lowerBound..<max(range.lowerBound, range.upperBound * 255), random)
        }
        return ["additions": number(additionFactor), "thresholds": number(thresholdFactor)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let bytes = images.rescaled(from: valueRange, to: 0...255)
        let brighter = (bytes + transformation["additions"]!.cast(to: images.dtype)).clipped(min: 0.0, max: 255.0)
        let isDark = brighter .< transformation["thresholds"]!.cast(to: images.dtype)
        return `where`(isDark, brighter, 255 - brighter).rescaled(from: 0...255, to: valueRange)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "both",
                Solarization(additionFactor: 0.3, thresholdFactor: [0.2, 0.8], valueRange: -9...9, seed: 1, dtype: .float64),
                [[2, 3, 2]], bad: [[[nil, 3]]])
        ]
    }
}

/// Spreads the values of each channel of each image over the whole range; in inference too.
///
/// Source: [`keras.layers.AutoContrast`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class AutoContrast: ImageLayer, ConfigurableLayer, Described {
    /// The least and the greatest value of a pixel.
    public private(set) var valueRange: ClosedRange<Double>

    /// Makes a layer. The properties describe the arguments.
    public init(
        valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.valueRange = valueRange
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(AutoContrast()) { $0("value_range", \.valueRange, as: .valueRange) }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor {
        let bytes = images.rescaled(from: valueRange, to: 0...255)
        let low = bytes.min(axes: [1, 2], keepDims: true)
        let width = bytes.max(axes: [1, 2], keepDims: true) - low
        let isFlat = width .== 0
        let scale = 255 / `where`(isFlat, 1, width)
        let spread = (bytes * scale - low * scale).clipped(min: 0.0, max: 255.0)
        return `where`(isFlat, images, spread.rescaled(from: 0...255, to: valueRange))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("unit values", AutoContrast(valueRange: 0...1, dtype: .float64), [[2, 3, 2]], bad: [[[nil, 3]]]),
            LayerSample("one pixel", AutoContrast(dataFormat: .channelsFirst, dtype: .float64), [[2, 1, 1]]),
        ]
    }
}

/// In training, makes all values of a channel about as frequent as each other. As in Keras, those of all images of a batch
/// are counted together.
///
/// Source: [`keras.layers.Equalization`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class Equalization: ImageLayer, ConfigurableLayer, Described {
    /// The least and the greatest value of a pixel.
    public private(set) var valueRange: ClosedRange<Double>
    /// Into how many parts the range is cut to count values.
    public private(set) var bins: Int

    /// Makes a layer. The properties describe the arguments.
    public init(
        valueRange: ClosedRange<Double> = 0...255, bins: Int = 256, dataFormat: DataFormat = .channelsLast,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.valueRange = valueRange
        self.bins = bins
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(Equalization()) {
        $0("value_range", \.valueRange, as: .valueRange)
        $0("bins", \.bins, Requirement("an integer in 1...65536") { (1...65536).contains($0) })
    }

    override var trainsByDefault: Bool { true }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor {
        context.training ? equalized(images) : images
    }

    func equalized(_ images: Tensor) -> Tensor {
        let channels = images.shape[3]
        let bytes = images.rescaled(from: valueRange, to: 0...255)
        // The place of each value in its channel's part of one table.
        let offsets = Tensor.range(0..<channels) * bins
        let scaled = (bytes / 255.0 * Double(bins - 1)).clipped(min: 0.0, max: Double(bins - 1))
        let places = scaled.stopGradient().cast(to: .int64) + offsets
        let counts = Tensor.zeros([channels * bins], dtype: .float64)
            .scatteringAdd(at: places.flattened(), .ones([places.elementCount], dtype: .float64))
            .reshaped([channels, bins])
        let sums = counts.cumulativeSum(axis: 1)
        let first = `where`(sums .> 0, sums, Double.infinity).min(axis: 1, keepDims: true)
        let rest = sums[.all, (bins - 1)..<bins] - first
        let table = ((sums - first) * 255 / `where`(rest .== 0, 1, rest)).round().clipped(min: 0.0, max: 255.0)
        let found = table.flattened().cast(to: images.dtype).gathered(at: places)
        let isFlat = (counts .> 0).cast(to: .int64).sum(axis: 1) .<= 1
        return `where`(isFlat, bytes, found).rescaled(from: 0...255, to: valueRange)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "bytes", Equalization(dtype: .float64), [.init([3, 4, 2], classCount: 256)], bad: [[[nil, 3]]]),
            LayerSample(
                "few bins", Equalization(valueRange: 0...511, bins: 8, dtype: .float64), [.init([3, 4, 1], classCount: 500)]),
        ]
    }
}

/// In training, changes brightness, contrast, saturation and hue of each image, in this order; those that are not nil.
///
/// Source: [`keras.layers.RandomColorJitter`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomColorJitter: ColorLayer, ConfigurableLayer, Described {
    /// As that of ``RandomBrightness``.
    public private(set) var brightnessFactor: RandomFactor?
    /// As that of ``RandomContrast``.
    public private(set) var contrastFactor: RandomFactor?
    /// As that of ``RandomSaturation``.
    public private(set) var saturationFactor: RandomFactor?
    /// As that of ``RandomHue``.
    public private(set) var hueFactor: RandomFactor?
    private var parts: ImageLayerList!

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        valueRange: ClosedRange<Double> = 0...255, brightnessFactor: RandomFactor? = nil,
        contrastFactor: RandomFactor? = nil, saturationFactor: RandomFactor? = nil, hueFactor: RandomFactor? = nil,
        seed: Int? = nil, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.brightnessFactor = brightnessFactor
        self.contrastFactor = contrastFactor
        self.saturationFactor = saturationFactor
        self.hueFactor = hueFactor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
        let (range, seed, type) = (self.valueRange, self.seed, policySource)
        var parts: [(String, RandomImageLayer)] = []
        func add(_ factor: RandomFactor?, _ name: String, _ make: (RandomFactor) -> RandomImageLayer) {
            if let factor { parts.append((name, make(factor))) }
        }
        // Their names count in no sequence of automatic ones.
        add(self.brightnessFactor, "random_brightness") {
            RandomBrightness($0, valueRange: range, seed: seed, name: "random_brightness", dtype: type)
        }
        add(self.contrastFactor, "random_contrast") {
            RandomContrast($0, valueRange: range, seed: seed, name: "random_contrast", dtype: type)
        }
        add(self.saturationFactor, "random_saturation") {
            RandomSaturation($0, valueRange: range, seed: seed, name: "random_saturation", dtype: type)
        }
        add(self.hueFactor, "random_hue") {
            RandomHue($0, valueRange: range, seed: seed, name: "random_hue", dtype: type)
        }
        self.parts = ImageLayerList(parts)
    }

    public static let arguments = colorTable(RandomColorJitter()) {
        $0("brightness_factor", \.brightnessFactor, RandomFactor.requirement(-1, 1))
        $0("contrast_factor", \.contrastFactor, RandomFactor.requirement(0, 1))
        $0("saturation_factor", \.saturationFactor, RandomFactor.requirement(-1, 1))
        $0("hue_factor", \.hueFactor, RandomFactor.requirement(0, 1))
    }

    override func changedShape(_ images: PartialShape) throws -> PartialShape {
        if saturationFactor != nil || hueFactor != nil { try Self.checkColors(images) }
        return images
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        parts.draw(for: images, from: random)
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        parts.layers.indices.reduce(images) { parts.transform($0, at: $1, by: transformation) }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "all",
                RandomColorJitter(
                    valueRange: -9...9, brightnessFactor: 0.2, contrastFactor: [0.1, 0.2], saturationFactor: [0.4, 0.6],
                    hueFactor: 0.3, seed: 1, dtype: .float64), [[2, 3, 3]], bad: [[[nil, 3]], [[nil, 2, 2, 2]]]),
            LayerSample(
                "brightness", RandomColorJitter(valueRange: -9...9, brightnessFactor: 0.1, seed: 2, dtype: .float64),
                [[2, 3, 1]]),
        ]
    }
}
