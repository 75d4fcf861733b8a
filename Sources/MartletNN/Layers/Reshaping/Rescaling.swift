import MartletCore

/// `x * scale + offset`, in the layer's dtype: `Rescaling(1.0 / 255)` for images of bytes, `Rescaling([2, 3], offset: [0, 1])`
/// for channels of their own.
///
/// Source: [`keras.layers.Rescaling`](https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/).
public final class Rescaling: Layer, ConfigurableLayer, Described {
    /// The factor: one, or one for each element of the last axis.
    public private(set) var scale: [Double]
    /// Added after: one number, or one for each element of the last axis.
    public private(set) var offset: [Double]

    /// Makes a layer.
    public convenience init(_ scale: Double, offset: Double = 0, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.init([scale], offset: [offset], name: name, dtype: dtype)
    }

    /// Makes a layer with a factor and an offset for each element of the last axis; a single one is for all.
    public init(_ scale: [Double], offset: [Double] = [0], name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.scale = scale
        self.offset = offset
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: Rescaling(1)) {
        let isGood = Requirement<[Double]>("a number or several") { !$0.isEmpty }
        $0("scale", \.scale, as: .oneOrMore, required: true, isGood)
        $0("offset", \.offset, as: .oneOrMore, isGood)
    }

    public override var supportsMasking: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let x = x.dtype.isFloatingPoint ? x : x.cast(to: computeDType)
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

    package static var samples: [LayerSample] {
        [
            LayerSample("numbers", Rescaling(0.5, offset: -1, dtype: .float64), [[3]]),
            LayerSample(
                "channels", Rescaling([0.5, 2], offset: [1, -1], dtype: .float64), [[3, 2]], bad: [[[nil, 3, 3]]]),
            LayerSample("bytes", Rescaling(1.0 / 255, dtype: .float64), [.init([2, 2], classCount: 256)]),
        ]
    }
}
