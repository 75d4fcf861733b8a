import MartletCore
import MartletFormats

/// `x * scale + offset`, in the layer's dtype: `Rescaling(1.0 / 255)` for images of bytes, `Rescaling([2, 3], offset: [0, 1])`
/// for channels of their own.
///
/// Source: [`keras.layers.Rescaling`](https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/).
public final class Rescaling: Layer, ConfigurableLayer {
    /// The factor: one, or one for each element of the last axis.
    public let scale: [Double]
    /// Added after: one number, or one for each element of the last axis.
    public let offset: [Double]

    /// Makes a layer.
    public convenience init(_ scale: Double, offset: Double = 0, name: String? = nil, dtype: DType? = nil) {
        self.init([scale], offset: [offset], name: name, dtype: dtype)
    }

    /// Makes a layer with a factor and an offset for each element of the last axis; a single one is for all.
    public init(_ scale: [Double], offset: [Double] = [0], name: String? = nil, dtype: DType? = nil) {
        for (name, values) in [("scale", scale), ("offset", offset)] {
            Argument.check(!values.isEmpty, "Rescaling", name, expected: "a number or several", received: values)
        }
        self.scale = scale
        self.offset = offset
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        guard let scale = try config.numbers("scale") else {
            throw MartletError("Expected a number or several.", at: "Rescaling.scale")
        }
        try self.init(scale, offset: config.numbers("offset") ?? [0], name: config.name, dtype: config.dtype)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: dtype)
        if scale.count == 1, offset.count == 1 { return x * scale[0] + offset[0] }
        return x * Tensor(scale).cast(to: x.dtype) + Tensor(offset).cast(to: x.dtype)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        for count in [scale.count, offset.count] where count > 1 {
            guard shape.rank > 0, shape[-1] ?? count == count else {
                throw MartletError("Expected an input whose last axis has size \(count). Received: shape \(shape).")
            }
        }
        return [shape]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["scale": Self.json(scale), "offset": Self.json(offset)]) { $1 }
    }

    private static func json(_ values: [Double]) -> JSONValue { values.count == 1 ? .double(values[0]) : .numbers(values) }

    package static var samples: [LayerSample] {
        [
            LayerSample("numbers", Rescaling(0.5, offset: -1, dtype: .float64), [[3]]),
            LayerSample(
                "channels", Rescaling([0.5, 2], offset: [1, -1], dtype: .float64), [[3, 2]], bad: [[[nil, 3, 3]]]),
            LayerSample("bytes", Rescaling(1.0 / 255, dtype: .float64), [.init([2, 2], classCount: 256)]),
        ]
    }
}
