import MartletCore

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
