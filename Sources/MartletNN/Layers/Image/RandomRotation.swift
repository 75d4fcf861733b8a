import Foundation
import MartletCore

/// In training, turns each image round its middle by a random angle.
///
/// Source: [`keras.layers.RandomRotation`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomRotation: GeometricImageLayer, ConfigurableLayer, Described {
    /// The angles, as parts of a turn, counter-clockwise: a single number is for both directions.
    public private(set) var factor: RandomFactor

    /// Makes a layer. The other parameters are described at ``GeometricImageLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor, fillMode: FillMode = .reflect, interpolation: Interpolation = .bilinear, seed: Int? = nil,
        fillValue: Double = 0, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        super.init(
            interpolation: interpolation, fillMode: fillMode, fillValue: fillValue, seed: seed, dataFormat: dataFormat,
            name: name, dtype: dtype)
    }

    public static let arguments = geometryTable(RandomRotation(0)) {
        $0("factor", \.factor, required: true, RandomFactor.requirement(-1, 1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let range = factor.range()
        return ["angle": draw([images.shape[0]], in: range.lowerBound * 360..<range.upperBound * 360, random)]
    }

    override func transforms(for images: Shape, _ transformation: ImageTransformation) -> Tensor {
        let angle = transformation["angle"]! * (Double.pi / 180)
        let (cosine, sine) = (angle.cos(), angle.sin())
        let (x, y) = (Double(images[2] - 1) / 2, Double(images[1] - 1) / 2)
        return Self.rows([
            cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine,
        ])
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("reflect", RandomRotation(0.3, seed: 1, dtype: .float64), [[4, 5, 2]], bad: [[[nil, 3]]]),
            LayerSample(
                "constant, nearest",
                RandomRotation(
                    [0.1, 0.4], fillMode: .constant, interpolation: .nearest, seed: 2, fillValue: 0.5,
                    dataFormat: .channelsFirst, dtype: .float64), [[1, 3, 4]]),
        ]
    }
}
