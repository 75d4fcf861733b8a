import MartletCore
import MartletFormats

/// A row of a table for each integer of its input.
///
/// Shapes: any shape gives [..., outputDim]. Weights: `embeddings` [inputDim, outputDim]. An input that is not in
/// `0..<inputDim` stops the program.
///
/// Source: [`keras.layers.Embedding`](https://keras.io/api/layers/core_layers/embedding/).
public final class Embedding: Layer, ConfigurableLayer {
    /// The number of rows: the inputs are below it.
    public let inputDim: Int
    /// The size of a row.
    public let outputDim: Int
    /// Whether 0 is padding, which layers that take masks leave out.
    public let maskZero: Bool
    /// [inputDim, outputDim]; nil until the layer is built.
    public private(set) var embeddings: Variable!

    private let embeddingsInitializer: any Initializer
    private let embeddingsRegularizer: (any Regularizer)?
    private let embeddingsConstraint: (any Constraint)?

    /// Makes a layer.
    /// - Parameters:
    ///   - inputDim: the number of rows, at least 1.
    ///   - outputDim: the size of a row, at least 1.
    ///   - maskZero: whether 0 is padding, which layers that take masks leave out.
    public init(
        _ inputDim: Int, _ outputDim: Int, embeddingsInitializer: any Initializer = .randomUniform(),
        embeddingsRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        embeddingsConstraint: (any Constraint)? = nil, maskZero: Bool = false, name: String? = nil,
        trainable: Bool = true, dtype: DType? = nil
    ) {
        Argument.check(inputDim >= 1, "Embedding", "inputDim", expected: "a positive integer", received: inputDim)
        Argument.check(outputDim >= 1, "Embedding", "outputDim", expected: "a positive integer", received: outputDim)
        self.inputDim = inputDim
        self.outputDim = outputDim
        self.maskZero = maskZero
        self.embeddingsInitializer = embeddingsInitializer
        self.embeddingsRegularizer = embeddingsRegularizer
        self.embeddingsConstraint = embeddingsConstraint
        super.init(name: name, trainable: trainable, dtype: dtype)
        self.activityRegularizer = activityRegularizer
    }

    public convenience init(config: Configuration) throws {
        try self.init(
            config.required("input_dim"), config.required("output_dim"),
            embeddingsInitializer: config.initializer("embeddings_initializer", default: .randomUniform()),
            embeddingsRegularizer: config.regularizer("embeddings_regularizer"),
            activityRegularizer: config.regularizer("activity_regularizer"),
            embeddingsConstraint: config.constraint("embeddings_constraint"),
            maskZero: config.value("mask_zero", default: false), name: config.name, trainable: config.trainable,
            dtype: config.dtype)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        embeddings = addWeight(
            "embeddings", shape: [inputDim, outputDim], initializer: embeddingsInitializer,
            regularizer: embeddingsRegularizer, constraint: embeddingsConstraint)
    }

    /// Floating-point numbers may stand for integers, and must not be rounded to the layer's dtype first.
    override var castsInputs: Bool { false }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        embeddings.value.gathered(at: Self.indices(x).checkedIndices(below: inputDim))
    }

    public override func computeMasks(_ inputs: [Tensor], masks: [Tensor?]) -> [Tensor?] {
        maskZero ? [inputs[0] .!= 0] : []
    }

    public override func validate(values: Tensor) throws {
        if let bad = outOfRange(Self.indices(values)) {
            throw MartletError("Expected integers in 0..<\(inputDim). Received: \(bad).")
        }
    }

    private static func indices(_ x: Tensor) -> Tensor { x.dtype.isInteger ? x : x.cast(to: .int64) }

    /// An index that has no row, nil when all have one.
    private func outOfRange(_ indices: Tensor) -> Int? {
        guard indices.elementCount > 0 else { return nil }
        let (least, greatest) = (indices.min().item(as: Int.self), indices.max().item(as: Int.self))
        return least < 0 ? least : greatest >= inputDim ? greatest : nil
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        [PartialShape(try Self.onlyInput(inputShapes).dimensions + [outputDim])]
    }

    public override var config: [String: JSONValue] {
        super.config.merging([
            "input_dim": .int(inputDim), "output_dim": .int(outputDim),
            "embeddings_initializer": JSONValue(embeddingsInitializer),
            "embeddings_regularizer": JSONValue(embeddingsRegularizer),
            "activity_regularizer": JSONValue(activityRegularizer),
            "embeddings_constraint": JSONValue(embeddingsConstraint), "mask_zero": .bool(maskZero),
        ]) { $1 }
    }

    package static var samples: [LayerSample] {
        [
            LayerSample("sequence", Embedding(5, 3, dtype: .float64), [.init([4], classCount: 5)]),
            LayerSample("one for each sample", Embedding(7, 2, dtype: .float64), [.init([], classCount: 7)]),
        ]
    }
}
