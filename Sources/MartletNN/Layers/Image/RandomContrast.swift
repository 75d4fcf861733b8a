import MartletCore

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
