import MartletCore
import MartletFormats

/// `x * scale + offset`, in the layer's dtype: `Rescaling(1.0 / 255)` for images of bytes.
///
/// Source: [`keras.layers.Rescaling`](https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/).
public final class Rescaling: Layer, ConfigurableLayer {
    /// The factor.
    public let scale: Double
    /// Added after.
    public let offset: Double

    /// Makes a layer.
    public init(_ scale: Double, offset: Double = 0, name: String? = nil, dtype: DType? = nil) {
        self.scale = scale
        self.offset = offset
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.required("scale"), offset: config.value("offset", default: 0), name: config.name, dtype: config.dtype
        )
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        (x.dtype.isFloatingPoint ? x : x.cast(to: dtype)) * scale + offset
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [try Self.onlyInput(inputShapes)]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["scale": .double(scale), "offset": .double(offset)]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("numbers", Rescaling(0.5, offset: -1, dtype: .float64), [[3]]),
            LayerSample("bytes", Rescaling(1.0 / 255, dtype: .float64), [.init([2, 2], classCount: 256)]),
        ]
    }
}
