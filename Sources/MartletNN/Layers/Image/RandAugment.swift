import MartletCore

/// In training, does some changes to each batch, drawn from eleven: shear, translation, rotation, brightness, less colour,
/// contrast, sharpness, posterization, solarization, auto-contrast and equalization.
///
/// Source: [`keras.layers.RandAugment`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/); E. Cubuk et al.,
/// *RandAugment: practical automated data augmentation with a reduced search space*, 2019.
public final class RandAugment: ColorLayer, ConfigurableLayer, Described {
    /// How many changes follow each other.
    public private(set) var opCount: Int
    /// The strength of the changes, of 0...1: a number, for up to it, or a range.
    public private(set) var factor: RandomFactor
    /// How values between pixels are made: `.bilinear` or `.nearest`.
    public private(set) var interpolation: Interpolation
    private var parts: ImageLayerList!

    /// Makes a layer. The other parameters are described at ``ColorLayer`` and ``RandomImageLayer``.
    public init(
        valueRange: ClosedRange<Double> = 0...255, opCount: Int = 2, factor: RandomFactor = 0.5,
        interpolation: Interpolation = .bilinear, seed: Int? = nil, dataFormat: DataFormat = .channelsLast,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.opCount = opCount
        self.factor = factor
        self.interpolation = interpolation
        super.init(valueRange: valueRange, seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
        if Context.current.hasFailed { return }
        parts = .augmentations(
            self.factor, interpolation: self.interpolation, valueRange: self.valueRange, hasColors: true, dtype: policySource)
    }

    public static let arguments = colorTable(RandAugment()) {
        $0("num_ops", \.opCount, name: "opCount", Requirement("an integer in 0...100") { (0...100).contains($0) })
        $0("factor", \.factor, RandomFactor.strictRequirement(0, 1))
        $0("interpolation", \.interpolation, .oneOf([.nearest, .bilinear]))
    }

    override var channelCounts: [Int]? { [1, 3] }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let numbers = random.integers([opCount], in: 0..<parts.layers.count)
        return parts.draw(for: images, from: random).merging(["layer_idxes": numbers]) { $1 }
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        (0..<opCount).reduce(images) { images, number in
            parts.transform(images, choosing: transformation["layer_idxes"]![number], by: transformation)
        }
    }

    package override func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {
        for number in 0..<opCount {
            parts.move(&boxes, images: images, choosing: transformation["layer_idxes"]![number], by: transformation)
        }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "two", RandAugment(valueRange: -9...9, factor: 0.3, seed: 1, dtype: .float64), [[4, 3, 3]],
                bad: [[[nil, 3]], [[nil, 2, 2, 2]]])
        ]
    }
}
