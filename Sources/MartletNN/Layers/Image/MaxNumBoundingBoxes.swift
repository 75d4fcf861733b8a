import MartletCore

/// As many bounding boxes for each image. Images stay as they are.
///
/// Source: [`keras.layers.MaxNumBoundingBoxes`](https://keras.io/api/layers/preprocessing_layers/image_augmentation/).
public final class MaxNumBoundingBoxes: ImageLayer, ConfigurableLayer, Described {
    /// How many boxes an image has.
    public private(set) var maxNumber: Int
    /// What stands in place of missing boxes and of their labels.
    public private(set) var fillValue: Int

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ maxNumber: Int, fillValue: Int = -1, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.maxNumber = maxNumber
        self.fillValue = fillValue
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(MaxNumBoundingBoxes(1)) {
        $0("max_number", \.maxNumber, required: true, .atLeast(1))
        $0("fill_value", \.fillValue)
    }

    override func change(_ images: Tensor, in context: CallContext) -> Tensor { images }

    /// The first boxes, [batch, boxes, 4], and their labels, [batch, boxes]; missing ones are filled.
    public func callAsFunction(boxes: Tensor, labels: Tensor) -> (boxes: Tensor, labels: Tensor) {
        func fitted(_ x: Tensor) -> Tensor {
            let (count, missing) = (min(x.shape[1], maxNumber), max(0, maxNumber - x.shape[1]))
            var pads = [(before: Int, after: Int)](repeating: (0, 0), count: x.rank)
            pads[1].after = missing
            return x.split(sizes: [count, x.shape[1] - count], axis: 1)[0].padded(pads, mode: .constant(Double(fillValue)))
        }
        let fits = require(
            boxes.rank == 3 && labels.rank == 2 && boxes.shape[0] == labels.shape[0] && boxes.shape[1] == labels.shape[1], name,
            "Expected boxes (batch, boxes, 4) and labels (batch, boxes). Received: \(boxes.spec), \(labels.spec).")
        return fits ? (fitted(boxes), fitted(labels)) : (boxes, labels)
    }

    package static var samples: [LayerSample] {
        [LayerSample("images", MaxNumBoundingBoxes(3, dtype: .float64), [[2, 3, 1]], bad: [[[nil, 3]]])]
    }
}
