import MartletCore

/// The first layer of a model: says the shape and dtype of its data.
///
/// Source: [`keras.layers.InputLayer`](https://keras.io/api/layers/core_layers/input/).
public final class InputLayer: Layer, ConfigurableLayer, Described {
    /// The shape with the batch axis in front.
    public var batchShape: PartialShape {
        var result = shape.batched()
        result.holdsStrings = dtype == .string
        return result
    }
    private var shape: PartialShape

    /// The number of samples in a batch, which Keras must know where a recurrent layer keeps its states; nil for any.
    /// Batches of another size are taken too.
    public private(set) var batchSize: Int?

    /// Makes an input for samples of `shape`; nil stands for any size. With the dtype `string` the samples are strings.
    public init(_ shape: PartialShape, batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil) {
        self.shape = shape
        self.batchSize = batchSize
        // As in Keras, data keeps its precision whatever the policy says.
        super.init(name: name, dtype: dtype ?? Settings.defaultFloatType)
    }

    public static let arguments = Arguments(default: InputLayer([])) {
        $0("batch_shape", \.kerasShape, as: .shape, required: true)
    }

    /// The shape with the batch's size in front.
    private var kerasShape: PartialShape {
        get { PartialShape([batchSize] + batchShape.dimensions.dropFirst()) }
        set {
            shape = PartialShape(Array(newValue.dimensions.dropFirst()))
            batchSize = newValue.dimensions.first ?? nil
        }
    }

    public override var takesStrings: Bool { true }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { x }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        // In a compiled step the model may have turned strings into numbers before.
        if dtype == .string, !shape.holdsStrings, Context.current.trace != nil { return [shape] }
        guard batchShape.accepts(shape) else {
            let kind = shape.holdsStrings ? "strings of shape " : batchShape.holdsStrings ? "numbers of shape " : ""
            throw MartletError("Expected \(batchShape.kind) \(batchShape). Received: \(kind)\(shape).")
        }
        return [shape]
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("sizes known", InputLayer([3, 2], dtype: .float64), [[3, 2]], bad: [[[nil, 3]], [[nil, 2, 2]]]),
            LayerSample("any size", InputLayer([nil], dtype: .float64), [[4]], bad: [[[nil, 3, 2]]]),
        ]
    }
}
