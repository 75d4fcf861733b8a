import MartletCore

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
