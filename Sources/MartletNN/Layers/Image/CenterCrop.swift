import MartletCore

/// The middle of images. Of an image that is smaller than that, the largest part of the same proportions is stretched.
///
/// Source: [`keras.layers.CenterCrop`](https://keras.io/api/layers/preprocessing_layers/image_preprocessing/center_crop/).
public final class CenterCrop: ImageLayer, ConfigurableLayer, Described {
    /// The height of the output.
    public private(set) var height: Int
    /// The width of the output.
    public private(set) var width: Int

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ height: Int, _ width: Int, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.height = height
        self.width = width
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(CenterCrop(1, 1)) {
        $0("height", \.height, required: true, .atLeast(1))
        $0("width", \.width, required: true, .atLeast(1))
    }

    override func changedShape(_ images: PartialShape) throws -> PartialShape { [images[0], height, width, images[3]] }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor {
        let (rows, columns) = (images.shape[1] - height, images.shape[2] - width)
        guard rows >= 0, columns >= 0 else {
            return resize(Resizing.withProportions(images, height: height, width: width, .crop), to: [height, width])
        }
        return images.split(sizes: [rows / 2, height, rows - rows / 2], axis: 1)[1]
            .split(sizes: [columns / 2, width, columns - columns / 2], axis: 2)[1]
    }

    package override func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor {
        change(masks, by: transformation)
    }

    package override func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {
        let (rows, columns) = (images[1] - height, images[2] - width)
        let part = rows >= 0 && columns >= 0
            ? [(rows / 2, height), (columns / 2, width)]
            : Resizing.part(of: images, height: height, width: width, .crop)
        boxes.stretch(part, to: (height, width))
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("smaller", CenterCrop(2, 3, dtype: .float64), [[5, 4, 2]], bad: [[[nil, 3]], [[nil, 0, 3, 1]]]),
            LayerSample("larger", CenterCrop(6, 3, dataFormat: .channelsFirst, dtype: .float64), [[1, 5, 4]]),
        ]
    }
}
