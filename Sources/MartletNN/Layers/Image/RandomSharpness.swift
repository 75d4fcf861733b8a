import MartletCore
import MartletFormats

/// In training, sharpens or smoothes each image.
///
/// Source: [`keras.layers.RandomSharpness`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomSharpness: ColorLayer, ConfigurableLayer, Described {
    /// 0 smoothes, 0.5 leaves an image as it is, 1 sharpens; a number is for a range from 0.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast,
        seed: Int? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomSharpness(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(0, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        ["factor": draw([images.shape[0]], in: factor.range(from: 0), random)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let weights = [1.0, 1, 1, 1, 5, 1, 1, 1, 1].map { $0 / 13 }
        let window = Tensor(weights, shape: [3, 3, 1, 1]).cast(to: images.dtype).tiled([1, 1, images.shape[3], 1])
        let smooth = depthwiseConv(images, window, padding: .same)
        let factor = transformation["factor"]!.reshaped([-1, 1, 1, 1]).cast(to: images.dtype) * 2
        return cut(images + (1 - factor) * (smooth - images))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "pair", RandomSharpness([0.2, 0.9], valueRange: -9...9, seed: 1, dtype: .float64), [[4, 3, 2]],
                bad: [[[nil, 3]]])
        ]
    }
}
