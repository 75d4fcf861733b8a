import MartletCore

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
