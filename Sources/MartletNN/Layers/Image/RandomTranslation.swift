import MartletCore

/// In training, shifts each image by a random part of its size.
///
/// Source: [`keras.layers.RandomTranslation`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomTranslation: GeometricImageLayer, ConfigurableLayer, Described {
    /// By how much of its height an image is shifted down, or up where negative; a single number is for both.
    public private(set) var heightFactor: RandomFactor
    /// By how much of its width an image is shifted to the right, or to the left where negative.
    public private(set) var widthFactor: RandomFactor

    /// Makes a layer. The other parameters are described at ``GeometricImageLayer`` and ``RandomImageLayer``.
    public init(
        _ heightFactor: RandomFactor, _ widthFactor: RandomFactor, fillMode: FillMode = .reflect,
        interpolation: Interpolation = .bilinear, seed: Int? = nil, fillValue: Double = 0,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.heightFactor = heightFactor
        self.widthFactor = widthFactor
        super.init(
            interpolation: interpolation, fillMode: fillMode, fillValue: fillValue, seed: seed, dataFormat: dataFormat,
            name: name, dtype: dtype)
    }

    public static let arguments = geometryTable(RandomTranslation(0, 0)) {
        $0("height_factor", \.heightFactor, required: true, RandomFactor.strictRequirement(-1, 1))
        $0("width_factor", \.widthFactor, required: true, RandomFactor.strictRequirement(-1, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        func shift(_ factor: RandomFactor, of size: Int) -> Tensor {
            draw([images.shape[0], 1], in: factor.range(), random) * Double(size)
        }
        let down = shift(heightFactor, of: images.shape[1])
        return ["translations": .concatenate([shift(widthFactor, of: images.shape[2]), down], axis: 1)]
    }

    override func transforms(for images: Shape, _ transformation: ImageTransformation) -> Tensor {
        let shifts = transformation["translations"]!.split(count: 2, axis: 1).map { $0.flattened() }
        let (ones, zeros) = (Tensor.ones(like: shifts[0]), Tensor.zeros(like: shifts[0]))
        return Self.rows([ones, zeros, -shifts[0], zeros, ones, -shifts[1]])
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("reflect", RandomTranslation(0.4, 0.3, seed: 1, dtype: .float64), [[4, 5, 2]], bad: [[[nil, 3]]]),
            LayerSample(
                "nearest pixel outside",
                RandomTranslation([-0.5, 0.9], 0.2, fillMode: .nearest, seed: 2, dtype: .float64), [[3, 4, 1]]),
        ]
    }
}
