import MartletCore

/// In training, moves the corners of images at random, as if they were seen from another side.
///
/// Source: [`keras.layers.RandomPerspective`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class RandomPerspective: GeometricImageLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed: a number, or a range from which each image's is drawn.
    public private(set) var factor: RandomFactor
    /// How far a corner may move, of 0...1: up to half of it times the corner's own place, either way.
    public private(set) var scale: Double

    /// Makes a layer. The other parameters are described at ``GeometricImageLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor = 1, scale: Double = 1, interpolation: Interpolation = .bilinear, fillValue: Double = 0,
        seed: Int? = nil, dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        self.scale = scale
        super.init(
            interpolation: interpolation, fillMode: .constant, fillValue: fillValue, seed: seed, dataFormat: dataFormat,
            name: name, dtype: dtype)
    }

    public static let arguments = geometryTable(RandomPerspective(), hasFillMode: false) {
        $0("factor", \.factor, RandomFactor.requirement(0, 1))
        $0("scale", \.scale, .in(0...1))
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let count = images.shape[0]
        let applies = chance(count, of: factor.range(from: 0), random)
        let (right, bottom) = (Double(images.shape[2] - 1), Double(images.shape[1] - 1))
        let shift = draw([count, 4, 2], in: -scale / 2..<scale / 2, random)
        let start = Tensor([0, 0, right, 0, 0, bottom, right, bottom], shape: [1, 4, 2]).cast(to: shift.dtype)
        return [
            "apply_perspective": applies, "start_points": start.broadcast(to: shift.shape),
            "end_points": start + start * shift,
        ]
    }

    override func transforms(for images: Shape, _ transformation: ImageTransformation) -> Tensor {
        perspectiveTransforms(from: transformation["start_points"]!, to: transformation["end_points"]!)
    }

    /// No image of one pixel across has four corners.
    private func isFlat(_ images: Shape) -> Bool { images[1] < 2 || images[2] < 2 }

    override func move(_ images: Tensor, by transformation: ImageTransformation, _ interpolation: Interpolation) -> Tensor {
        if isFlat(images.shape) { return images }
        let moved = super.move(images, by: transformation, interpolation)
        return Self.choose(transformation["apply_perspective"]!, moved, images)
    }

    package override func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {
        if isFlat(images) { return }
        let (before, applies) = (boxes.corners, transformation["apply_perspective"]!.reshaped([-1, 1, 1]))
        super.move(&boxes, images: images, by: transformation)
        boxes.corners = zip(boxes.corners, before).map { `where`(applies, $0, $1) }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("all", RandomPerspective(scale: 0.5, seed: 1, dtype: .float64), [[4, 5, 2]], bad: [[[nil, 3]]]),
            LayerSample(
                "some, nearest",
                RandomPerspective(0.5, interpolation: .nearest, fillValue: 2, seed: 2, dtype: .float64), [[5, 3, 1]]),
        ]
    }
}
