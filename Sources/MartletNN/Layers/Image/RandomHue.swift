import MartletCore

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

    override var channelCounts: [Int]? { [3] }

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
