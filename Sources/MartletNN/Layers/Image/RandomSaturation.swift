import MartletCore

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

    override var channelCounts: [Int]? { [3] }

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
