import MartletCore

/// In training, stretches each image by random factors: a positive one zooms out, a negative one in.
///
/// Source: [`keras.layers.RandomZoom`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomZoom: GeometricImageLayer, ConfigurableLayer, Described {
    /// By how much of its height an image shows more, or less where negative; a single number is for both.
    public private(set) var heightFactor: RandomFactor
    /// The same of the width; nil keeps the proportions.
    public private(set) var widthFactor: RandomFactor?

    /// Makes a layer. The other parameters are described at ``GeometricImageLayer`` and ``RandomImageLayer``.
    public init(
        _ heightFactor: RandomFactor, _ widthFactor: RandomFactor? = nil, fillMode: FillMode = .reflect,
        interpolation: Interpolation = .bilinear, seed: Int? = nil, fillValue: Double = 0,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.heightFactor = heightFactor
        self.widthFactor = widthFactor
        super.init(
            interpolation: interpolation, fillMode: fillMode, fillValue: fillValue, seed: seed, dataFormat: dataFormat,
            name: name, dtype: dtype)
    }

    public static let arguments = geometryTable(RandomZoom(0)) {
        let isGood = Requirement<RandomFactor>("a number above -1 and at most 1, or two of them", received: \.numbers) {
            (1...2).contains($0.numbers.count) && $0.numbers.allSatisfy { $0 > -1 && $0 <= 1 }
        }
        $0("height_factor", \.heightFactor, required: true, isGood)
        $0("width_factor", \.widthFactor, isGood)
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        func zoom(_ factor: RandomFactor) -> Tensor {
            let range = factor.range()
            return draw([images.shape[0], 1], in: 1 + range.lowerBound..<1 + range.upperBound, random)
        }
        let height = zoom(heightFactor)
        return ["height_zoom": height, "width_zoom": widthFactor.map(zoom) ?? height]
    }

    override func transforms(for images: Shape, _ transformation: ImageTransformation) -> Tensor {
        let (x, y) = (transformation["width_zoom"]!.flattened(), transformation["height_zoom"]!.flattened())
        let zeros = Tensor.zeros(like: x)
        return Self.rows([
            x, zeros, (1 - x) * (Double(images[2] - 1) / 2), zeros, y, (1 - y) * (Double(images[1] - 1) / 2),
        ])
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("reflect", RandomZoom(0.4, seed: 1, dtype: .float64), [[4, 5, 2]], bad: [[[nil, 3]]]),
            LayerSample(
                "wrap", RandomZoom([0.1, 0.3], 0.5, fillMode: .wrap, seed: 2, dtype: .float64), [[3, 4, 1]]),
        ]
    }
}
