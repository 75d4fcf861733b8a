import MartletCore
import MartletFormats

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

    override var channelCounts: [Int]? { saturationFactor != nil || hueFactor != nil ? [3] : nil }

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
