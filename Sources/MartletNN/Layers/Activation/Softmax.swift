import MartletCore
import MartletFormats

/// e^x / sum(e^x) along an axis.
///
/// Source: [`keras.layers.Softmax`](https://keras.io/api/layers/activation_layers/softmax/).
public final class Softmax: Layer, ConfigurableLayer {
    /// The axis along which the output adds to 1.
    public let axis: Int

    /// Makes a layer.
    public init(axis: Int = -1, name: String? = nil, dtype: DType? = nil) {
        self.axis = axis
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            axis: config.value("axis", default: -1),
            name: config.name, dtype: config.dtype)
    }

    public override var supportsMasking: Bool { true }

    /// With a mask, which broadcasts to the input, elements where it is false are left out and their output is 0.
    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let softmax = ActivationFunction.softmax(axis: axis)
        guard let mask = context.mask?.cast(to: .bool) else { return softmax(x) }
        // Keras's stand-in for minus infinity, with which a row that is left out whole stays finite.
        let low = x.dtype == .float16 ? -3e4 : -1e9
        return `where`(mask, softmax(`where`(mask, x, low)), 0)
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard shape.normalizedAxis(axis) != nil else {
            throw MartletError("Expected an input with an axis \(axis). Received: shape \(shape).")
        }
        return [shape]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["axis": .int(axis)]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("last axis", Softmax(dtype: .float64), [[3]], bad: [[[]]]),
            LayerSample("axis 1", Softmax(axis: 1, dtype: .float64), [[2, 3]], bad: [[[nil]]]),
        ]
    }
}
