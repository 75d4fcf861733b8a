import MartletCore

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

    override var channelCounts: [Int]? { [3] }

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
