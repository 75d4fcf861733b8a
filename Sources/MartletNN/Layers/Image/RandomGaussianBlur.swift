import MartletCore
import MartletFormats

/// In training, blurs images at random.
///
/// Source: [`keras.layers.RandomGaussianBlur`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomGaussianBlur: ColorLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed: a number, or a range from which each image's is drawn.
    public private(set) var factor: RandomFactor
    /// The size of the window by rows and columns, odd numbers.
    public private(set) var kernelSize: [Int]
    /// The standard deviation of the bell curve in pixels, of 0...1: a number, for up to it, or a range.
    public private(set) var sigma: RandomFactor

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor = 1, kernelSize: any PerAxis = 3, sigma: RandomFactor = 1,
        valueRange: ClosedRange<Double> = 0...255, dataFormat: DataFormat = .channelsLast, seed: Int? = nil,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        self.kernelSize = kernelSize.numbers(axes: 2)
        self.sigma = sigma
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = colorTable(RandomGaussianBlur()) {
        $0("factor", \.factor, RandomFactor.requirement(0, 1))
        $0(
            "kernel_size", \.kernelSize, as: .perAxis(2),
            Requirement("an odd positive integer below 1024, or two of them") {
                $0.count == 2 && $0.allSatisfy { $0 % 2 == 1 && (1..<1 << 10).contains($0) }
            })
        $0("sigma", \.sigma, RandomFactor.requirement(0, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        [
            "should_apply_blur": chance(images.shape[0], of: factor.range(from: 0), random),
            "blur_factor": draw([2], in: sigma.range(from: 0), random) + 1e-6,
        ]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        let blurred = gaussianBlur(images, kernelSize: kernelSize, sigma: transformation["blur_factor"]!)
        return cut(Self.choose(transformation["should_apply_blur"]!, blurred, images))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "some", RandomGaussianBlur(0.8, kernelSize: [3, 5], valueRange: -9...9, seed: 1, dtype: .float64),
                [[4, 5, 2]], bad: [[[nil, 3]]])
        ]
    }
}
