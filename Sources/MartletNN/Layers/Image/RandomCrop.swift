import MartletCore

/// In training, a random part of images of a given size, the same one for all images of a batch. An image that is not larger
/// is cropped in the middle where it is longer, and stretched. In inference, images stay as they are, of any size, as in Keras:
/// `CenterCrop` or `Resizing` makes them fit.
///
/// Source: [`keras.layers.RandomCrop`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_crop/).
public final class RandomCrop: RandomImageLayer, ConfigurableLayer, Described {
    /// The height of the output.
    public private(set) var height: Int
    /// The width of the output.
    public private(set) var width: Int

    /// Makes a layer. The other parameters are described at ``RandomImageLayer``.
    public init(
        _ height: Int, _ width: Int, seed: Int? = nil, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.height = height
        self.width = width
        super.init(seed: seed, dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = table(RandomCrop(1, 1)) {
        $0("height", \.height, required: true, .atLeast(1))
        $0("width", \.width, required: true, .atLeast(1))
    }

    override func changedShape(_ images: PartialShape) throws -> PartialShape { [images[0], height, width, images[3]] }

    /// Whether images are larger in both directions, so that a part is drawn.
    private func isLarger(_ images: Shape) -> Bool { images[1] > height && images[2] > width }

    /// The rows and columns of images that are not larger, which are stretched. As in Keras: the place of the largest part of
    /// the same proportions, and from there what is asked for.
    private func fittingPart(of images: Shape) -> [Range<Int>] {
        let (rows, columns) = (images[1], images[2])
        let fitting = [
            min(max(Int(Double(columns * height) / Double(width)), 1), rows),
            min(max(Int(Double(rows * width) / Double(height)), 1), columns),
        ]
        return zip(fitting, [(rows, height), (columns, width)]).map { fitting, axis in
            let start = (axis.0 - fitting) / 2
            return start..<start + min(axis.1, axis.0 - start)
        }
    }

    package override func draw(for images: Tensor, from random: RandomGenerator) -> ImageTransformation {
        guard isLarger(images.shape) else { return [:] }
        func start(_ rest: Int) -> Tensor { random.integers([], in: 0..<rest + 1) }
        return ["h_start": start(images.shape[1] - height), "w_start": start(images.shape[2] - width)]
    }

    package override func transform(_ images: Tensor, by transformation: ImageTransformation) -> Tensor {
        guard isLarger(images.shape) else {
            let part = fittingPart(of: images.shape).enumerated().reduce(images) { images, axis in
                let (place, size) = (axis.element, images.shape[axis.offset + 1])
                return images.split(
                    sizes: [place.lowerBound, place.count, size - place.upperBound], axis: axis.offset + 1)[1]
            }
            return resize(part, to: [height, width])
        }
        func places(_ start: String, _ count: Int) -> Tensor { transformation[start]! + Tensor.range(0..<count) }
        return images.gathered(at: places("h_start", height), axis: 1).gathered(at: places("w_start", width), axis: 2)
    }

    package override func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor {
        transform(masks, by: transformation)
    }

    package override func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {
        if isLarger(images) {
            boxes.move(x: transformation["w_start"]!)
            boxes.move(y: transformation["h_start"]!)
        } else {
            let part = fittingPart(of: images).map { ($0.lowerBound, $0.count) }
            boxes.stretch(part, to: (height, width))
        }
    }

    package static var samples: [LayerSample] {
        // In inference larger images would stay as they are.
        [LayerSample("of the same size", RandomCrop(3, 4, seed: 1, dtype: .float64), [[3, 4, 2]], bad: [[[nil, 3]]])]
    }
}
