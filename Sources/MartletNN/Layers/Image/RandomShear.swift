import MartletCore

/// In training, slants each image by random amounts: `x + sx y` and `y + sy x` take the place of x and y.
///
/// Source: [`keras.layers.RandomShear`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomShear: GeometricImageLayer, ConfigurableLayer, Described {
    /// How far along the width, for each pixel down: numbers of 0...1, with either sign for an image; a single number is a
    /// range from its negative.
    public private(set) var xFactor: RandomFactor
    /// How far along the height, for each pixel to the right.
    public private(set) var yFactor: RandomFactor

    /// Makes a layer. The other parameters are described at ``GeometricImageLayer`` and ``RandomImageLayer``.
    public init(
        xFactor: RandomFactor = 0, yFactor: RandomFactor = 0, interpolation: Interpolation = .bilinear,
        fillMode: FillMode = .reflect, fillValue: Double = 0, dataFormat: DataFormat = .channelsLast, seed: Int? = nil,
        name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.xFactor = xFactor
        self.yFactor = yFactor
        super.init(
            interpolation: interpolation, fillMode: fillMode, fillValue: fillValue, seed: seed, dataFormat: dataFormat,
            name: name, dtype: dtype)
    }

    // Keras writes the range of a single number, which begins below 0, and does not read it; so no sign is asked for here.
    public static let arguments = geometryTable(RandomShear()) {
        $0("x_factor", \.xFactor, RandomFactor.strictRequirement(-1, 1))
        $0("y_factor", \.yFactor, RandomFactor.strictRequirement(-1, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let count = images.shape[0]
        let sign = `where`(draw([count, 1], in: 0..<1, random) .> 0.5, -1.0, 1.0).cast(to: dtype)
        let (x, y) = (draw([count, 1], in: xFactor.range(), random), draw([count, 1], in: yFactor.range(), random))
        return ["shear_factor": .concatenate([x, y], axis: 1) * sign]
    }

    override func transforms(for images: Shape, _ transformation: ImageTransformation) -> Tensor {
        let factors = transformation["shear_factor"]!.split(count: 2, axis: 1).map { $0.flattened() }
        let (ones, zeros) = (Tensor.ones(like: factors[0]), Tensor.zeros(like: factors[0]))
        return Self.rows([ones, factors[0], zeros, factors[1], ones, zeros])
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "both", RandomShear(xFactor: 0.4, yFactor: [0.1, 0.3], seed: 1, dtype: .float64), [[4, 5, 2]],
                bad: [[[nil, 3]]])
        ]
    }
}
