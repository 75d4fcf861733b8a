import MartletCore

/// In training, bends images at random: each pixel is read some way off, neighbours a similar one.
///
/// Source: [`keras.layers.RandomElasticTransform`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/);
/// P. Simard, D. Steinkraus and J. Platt, *Best practices for convolutional neural networks applied to visual document
/// analysis*, 2003.
public final class RandomElasticTransform: GeometricImageLayer, ConfigurableLayer, Described {
    /// The probability that an image is changed: a number, or a range from which each image's is drawn.
    public private(set) var factor: RandomFactor
    /// How strong and how wide the bends are, of 0...1: a number, for up to it, or a range.
    public private(set) var scale: RandomFactor
    /// The least and the greatest value of a pixel; what is beyond is cut.
    public private(set) var valueRange: ClosedRange<Double>

    /// Makes a layer. The other parameters are described at ``GeometricImageLayer`` and ``RandomImageLayer``.
    public init(
        _ factor: RandomFactor = 1, scale: RandomFactor = 1, interpolation: Interpolation = .bilinear,
        fillMode: FillMode = .reflect, fillValue: Double = 0, valueRange: ClosedRange<Double> = 0...255, seed: Int? = nil,
        dataFormat: DataFormat = .channelsLast, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.factor = factor
        self.scale = scale
        self.valueRange = valueRange
        super.init(
            interpolation: interpolation, fillMode: fillMode, fillValue: fillValue, seed: seed, dataFormat: dataFormat,
            name: name, dtype: dtype)
    }

    public static let arguments = geometryTable(RandomElasticTransform()) {
        $0("factor", \.factor, RandomFactor.requirement(0, 1))
        $0("scale", \.scale, RandomFactor.requirement(0, 1))
        $0("value_range", \.valueRange, as: .valueRange)
    }

    /// The greatest standard deviation of the blur for images of a shape.
    private func greatestDeviation(_ images: Shape) -> Double {
        Double(min(images[1], images[2])) * 0.05 * scale.range(from: 0).upperBound
    }

    override var movesBoxes: Bool { false }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        let shape = Shape(images.shape.dimensions.dropLast() + [2])
        return [
            "apply_transform": chance(images.shape[0], of: factor.range(from: 0), random),
            "distortion_factor": draw([], in: scale.range(from: 0), random),
            "noise": random.normal(shape, dtype: images.dtype == .float64 ? .float64 : .float32),
        ]
    }

    override func move(_ images: Tensor, by transformation: ImageTransformation, _ interpolation: Interpolation) -> Tensor {
        if scale.range(from: 0).upperBound == 0 || factor.range(from: 0).upperBound == 0 { return images }
        let (height, width) = (images.shape[1], images.shape[2])
        let strength = transformation["distortion_factor"]!
        let deviation = strength * (Double(min(height, width)) * 0.05)
        // How far the window reaches depends on the drawn deviation: a window of the greatest size, with zeros.
        let reach = 3 * Int(greatestDeviation(images.shape))
        let place = Tensor.range(-reach..<reach + 1).cast(to: strength.dtype)
        let isInside = place.abs() .<= deviation.floor() * 3
        let curve = `where`(isInside, ((place / (deviation + 1e-12)).square() * -0.5).exp(), 0)
        let window = (curve / curve.sum()).reshaped([2 * reach + 1, 1, 1, 1]).tiled([1, 1, 2, 1])
        let noise = transformation["noise"]! * deviation
        let blurred = depthwiseConv(
            depthwiseConv(noise, window, padding: .same), window.transposed(0, 1), padding: .same)
        let y = Tensor.range(0..<height).reshaped([1, height, 1]).broadcast(to: [1, height, width])
        let x = Tensor.range(0..<width).reshaped([1, 1, width]).broadcast(to: [1, height, width])
        let grid = Tensor.stack([y, x], axis: -1).cast(to: blurred.dtype)
        let places = grid + blurred * (strength * (Double(max(height, width)) * 0.1))
        let bent = mapCoordinates(
            images, places, interpolation: interpolation, fillMode: fillMode, fillValue: fillValue)
        return Self.choose(transformation["apply_transform"]!, bent, images)
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        move(images, by: transformation, interpolation)
            .clipped(min: valueRange.lowerBound, max: valueRange.upperBound)
    }

    package static var samples: [LayerSample] {
        [
            LayerSample(
                "all", RandomElasticTransform(valueRange: -9...9, seed: 1, dtype: .float64), [[6, 5, 2]],
                bad: [[[nil, 3]]]),
            LayerSample(
                "some, constant",
                RandomElasticTransform(
                    0.5, scale: [0.5, 1], interpolation: .nearest, fillMode: .constant, fillValue: 2, valueRange: -9...9,
                    seed: 2, dtype: .float64), [[5, 3, 1]]),
        ]
    }
}
