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
