import MartletCore

/// In training, turns images grey at random; the number of channels stays.
///
/// Source: [`keras.layers.RandomGrayscale`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomGrayscale: RandomImageLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed.
    public private(set) var factor: Double

    /// Makes a layer. The other parameters are described at ``RandomImageLayer``.
    public init(
        _ factor: Double = 0.5, dataFormat: DataFormat = .channelsLast, seed: Int? = nil, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = table(RandomGrayscale()) { $0("factor", \.factor, .in(0...1)) }

    override var channelCounts: [Int]? { [1, 3] }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        ["should_apply": chance(images.shape[0], of: factor..<factor, random)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        Self.choose(transformation["should_apply"]!, rgbToGrayscale(images).broadcast(to: images.shape), images)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "some", RandomGrayscale(0.6, seed: 1, dtype: .float64), [[2, 3, 3]], bad: [[[nil, 3]], [[nil, 2, 2, 2]]])
        ]
    }
}
