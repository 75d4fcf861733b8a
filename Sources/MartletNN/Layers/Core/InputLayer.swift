import MartletCore
import MartletFormats

/// The first layer of a model: says the shape and dtype of its data.
///
/// Source: [`keras.layers.InputLayer`](https://keras.io/api/layers/core_layers/input/).
public final class InputLayer: Layer, ConfigurableLayer {
    /// The shape with the batch axis in front.
    public let batchShape: PartialShape

    /// The number of samples in a batch, which Keras must know where a recurrent layer keeps its states; nil for any.
    /// Batches of another size are taken too.
    public let batchSize: Int?

    /// Makes an input for samples of `shape`; nil stands for any size.
    public init(_ shape: PartialShape, batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil) {
        batchShape = shape.batched()
        self.batchSize = batchSize
        super.init(name: name, dtype: dtype)
    }

    public convenience init(config: Configuration) throws {
        let sizes = try config.required("batch_shape", as: [JSONValue].self)
        let all = try config.located("batch_shape") { try PartialShape(sizes.map(PartialShape.size)).validated() }
        let (shape, batchSize) = (PartialShape(Array(all.dimensions.dropFirst())), all.dimensions.first ?? nil)
        try self.init(shape, batchSize: batchSize, dtype: config.dtype, name: config.name)
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        guard batchShape.accepts(shape) else {
            throw MartletError("Expected data of shape \(batchShape). Received: \(shape).")
        }
        return [shape]
    }

    public override var config: [String: JSONValue] {
        let sizes = [batchSize] + batchShape.dimensions.dropFirst()
        return super.config.merging(["batch_shape": .array(sizes.map { .optional($0) })]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("sizes known", InputLayer([3, 2], dtype: .float64), [[3, 2]], bad: [[[nil, 3]], [[nil, 2, 2]]]),
            LayerSample("any size", InputLayer([nil], dtype: .float64), [[4]], bad: [[[nil, 3, 2]]]),
        ]
    }
}
