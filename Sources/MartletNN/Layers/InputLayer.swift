import MartletCore
import MartletFormats

/// The first layer of a model: says the shape and dtype of its data.
///
/// Source: [`keras.layers.InputLayer`](https://keras.io/api/layers/core_layers/input/).
public final class InputLayer: Layer {
    /// The shape with the batch axis in front.
    public let batchShape: PartialShape

    /// Makes an input for samples of `shape`; nil stands for any size.
    public init(_ shape: PartialShape, dtype: DType? = nil, name: String? = nil) {
        batchShape = shape.batched()
        super.init(name: name, dtype: dtype)
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard batchShape.accepts(inputShapes[0]) else {
            throw MartletError("Expected data of shape \(batchShape). Received: \(inputShapes[0]).")
        }
        return [inputShapes[0]]
    }

    public override var config: [String: JSONValue] {
        super.config.merging(["batch_shape": .array(batchShape.dimensions.map { $0.map { .int($0) } ?? .null })]) { $1 }
    }
}
