import MartletCore

/// Images of another size.
///
/// Shapes: [batch, height, width, channels], or a single image, gives one with the height and width asked for. Integers stay
/// integers: they are rounded, bytes also cut to 0...255.
///
/// Source: [`keras.layers.Resizing`](https://keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing/).
public final class Resizing: ImageLayer, ConfigurableLayer, Described {
    /// The height of the output.
    public private(set) var height: Int
    /// The width of the output.
    public private(set) var width: Int
    /// How values between pixels are made.
    public private(set) var interpolation: Interpolation
    /// How the images keep their proportions, Keras's `crop_to_aspect_ratio` and `pad_to_aspect_ratio`; nil when they do not.
    public private(set) var aspectRatio: AspectRatio?
    /// What is put around them.
    public private(set) var fillValue: Double
    /// Whether the kernel widens where an axis gets shorter.
    public private(set) var antialias: Bool

    /// How images keep their proportions.
    public enum AspectRatio: Sendable {
        /// The middle of what is too long is taken.
        case crop
        /// The fill value is put on both sides of what is too short.
        case pad
    }

    /// Makes a layer. The properties describe the arguments.
    public init(
        height: Int, width: Int, interpolation: Interpolation = .bilinear, aspectRatio: AspectRatio? = nil,
        fillValue: Double = 0, antialias: Bool = false, dataFormat: DataFormat = .channelsLast, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil
    ) {
        self.height = height
        self.width = width
        self.interpolation = interpolation
        self.aspectRatio = aspectRatio
        self.fillValue = fillValue
        self.antialias = antialias
        super.init(dataFormat: dataFormat, name: name, dtype: dtype)
    }

    public static let arguments = imageTable(Resizing(height: 1, width: 1)) {
        // Keras's two flags are one setting here.
        $0.custom("crop_to_aspect_ratio", read: { layer, config in
            if try config.value("crop_to_aspect_ratio", default: false) { layer.aspectRatio = .crop }
        }, write: { .bool($0.aspectRatio == .crop) })
        $0.custom("pad_to_aspect_ratio", read: { layer, config in
            guard try config.value("pad_to_aspect_ratio", default: false) else { return }
            Argument.check(
                layer.aspectRatio == nil, "Resizing", "pad_to_aspect_ratio", expected: "false where images are cropped",
                received: true)
            layer.aspectRatio = .pad
        }, write: { .bool($0.aspectRatio == .pad) })
        $0.custom("fill_mode", read: { _, config in
            let mode = try config.value("fill_mode", default: "constant")
            Argument.check(
                mode == "constant", "Resizing", "fill_mode", expected: "\"constant\", which is all Keras has",
                received: "\"\(mode)\"")
        }, write: { _ in "constant" })
        $0("height", \.height, required: true, .atLeast(1))
        $0("width", \.width, required: true, .atLeast(1))
        $0("interpolation", \.interpolation)
        $0("fill_value", \.fillValue)
        $0("antialias", \.antialias)
    }

    override var keepsType: Bool { true }

    override func changedShape(_ images: PartialShape) throws -> PartialShape { [images[0], height, width, images[3]] }

    override func change(_ x: Tensor, in context: CallContext) -> Tensor { resized(x, interpolation, antialias: antialias) }

    package override func transform(masks: Tensor, by transformation: ImageTransformation) -> Tensor {
        resized(masks, .nearest, antialias: false)
    }

    private func resized(_ x: Tensor, _ interpolation: Interpolation, antialias: Bool) -> Tensor {
        let images = Self.withProportions(x, height: height, width: width, aspectRatio, fillValue: fillValue)
        let y = resize(images, to: [height, width], interpolation: interpolation, antialias: antialias)
        if y.dtype == x.dtype { return y }
        let whole = y.round()
        return (x.dtype == .uint8 ? whole.clipped(min: 0.0, max: 255.0) : whole).cast(to: x.dtype)
    }

    package override func move(_ boxes: inout MovingBoxes, images: Shape, by transformation: ImageTransformation) {
        boxes.stretch(Self.part(of: images, height: height, width: width, aspectRatio), to: (height, width))
    }

    /// Where the rows and the columns begin that are stretched to `height` and `width`, and how many there are: less than 0 and
    /// more than all where the images are padded.
    static func part(of images: Shape, height: Int, width: Int, _ aspectRatio: AspectRatio?) -> [(start: Int, count: Int)] {
        let (rows, columns) = (images[1], images[2])
        // The sizes, were the other one kept; TensorFlow computes them in float32.
        let fitting = [Int(Float(columns * height) / Float(width)), Int(Float(rows * width) / Float(height))]
        return zip(fitting, [rows, columns]).map { fitting, size in
            switch aspectRatio {
            case nil: return (0, size)
            case .crop:
                let kept = min(max(fitting, 1), size)
                return ((size - kept) / 2, kept)
            case .pad:
                let edge = max(fitting - size, 0) / 2
                return (-edge, size + 2 * edge)
            }
        }
    }

    /// The images cropped or padded to the proportions of `height` and `width`.
    static func withProportions(
        _ x: Tensor, height: Int, width: Int, _ aspectRatio: AspectRatio?, fillValue: Double = 0
    ) -> Tensor {
        let part = part(of: x.shape, height: height, width: width, aspectRatio)
        switch aspectRatio {
        case nil: return x
        case .crop:
            return part.enumerated().reduce(x) { x, axis in
                let ((start, count), size) = (axis.element, x.shape[axis.offset + 1])
                return x.split(sizes: [start, count, size - count - start], axis: axis.offset + 1)[1]
            }
        case .pad:
            let edges = part.map { ($0.start.magnitude, $0.start.magnitude) }.map { (before: Int($0), after: Int($1)) }
            return x.padded([(0, 0), edges[0], edges[1], (0, 0)], mode: .constant(fillValue))
        }
    }

    public override func outputType(for inputTypes: [DType]) -> DType { castType(inputTypes[0]) }

    package static var samples: [LayerSample] {
        let bad: [[PartialShape]] = [[[nil, 2]], [[nil, 0, 2, 1]]]
        return [
            LayerSample("bilinear", Resizing(height: 4, width: 2, dtype: .float64), [[3, 5, 2]], bad: bad),
            LayerSample(
                "nearest, channels first",
                Resizing(height: 2, width: 5, interpolation: .nearest, dataFormat: .channelsFirst, dtype: .float64),
                [[2, 3, 4]]),
            LayerSample(
                "cropped", Resizing(height: 2, width: 3, aspectRatio: .crop, antialias: true, dtype: .float64),
                [[5, 4, 1]]),
            LayerSample(
                "padded",
                Resizing(
                    height: 4, width: 4, interpolation: .bicubic, aspectRatio: .pad, fillValue: 0.5, dtype: .float64),
                [[5, 2, 1]]),
            LayerSample(
                "bytes", Resizing(height: 3, width: 3, interpolation: .lanczos3, dtype: .float64),
                [.init([2, 2, 1], classCount: 256)]),
        ]
    }
}
