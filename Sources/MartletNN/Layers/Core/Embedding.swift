import MartletCore

/// A row of a table for each integer of its input.
///
/// Shapes: any shape gives [..., outputDim]. Weights: `embeddings` [inputDim, outputDim]. An input that is not in
/// `0..<inputDim` stops the program.
///
/// Source: [`keras.layers.Embedding`](https://keras.io/api/layers/core_layers/embedding/).
public final class Embedding: Layer, ConfigurableLayer, Described, AdaptableLayer, AdapterHost {
    /// The number of rows, at least 1: the inputs are below it.
    public private(set) var inputDim: Int
    /// The size of a row, at least 1.
    public private(set) var outputDim: Int
    /// Whether 0 is padding, which layers that take masks leave out.
    public private(set) var maskZero: Bool
    /// [inputDim, outputDim]; nil until the layer is built.
    public private(set) var embeddings: Variable!

    private var embeddingsOptions: WeightOptions
    var adapterOptions: AdapterOptions
    var adapted: (weight: Variable?, options: WeightOptions) { (embeddings, embeddingsOptions) }

    /// Makes a layer. The properties describe the arguments.
    public init(
        _ inputDim: Int, _ outputDim: Int, embeddingsInitializer: any Initializer = .randomUniform(),
        embeddingsRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
        embeddingsConstraint: (any Constraint)? = nil, maskZero: Bool = false, name: String? = nil,
        trainable: Bool = true, dtype: DType? = nil,
        loraRank: Int? = nil, loraAlpha: Double? = nil
    ) {
        self.inputDim = inputDim
        self.outputDim = outputDim
        self.maskZero = maskZero
        embeddingsOptions = WeightOptions(embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint)
        adapterOptions = AdapterOptions(rank: loraRank, alpha: loraAlpha)
        super.init(name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer)
    }

    public static let arguments = Arguments(default: Embedding(1, 1)) {
        $0("input_dim", \.inputDim, required: true, .atLeast(1))
        $0("output_dim", \.outputDim, required: true, .atLeast(1))
        $0.weight("embeddings", \.embeddingsOptions)
        $0.include(\.adapterOptions, AdapterOptions.arguments)
        $0("mask_zero", \.maskZero)
        $0("activity_regularizer", \.activityRegularizer)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try outputShapes(for: inputShapes)
        embeddings = addWeight("embeddings", shape: [inputDim, outputDim], embeddingsOptions)
    }

    /// Floating-point numbers may stand for integers, and must not be rounded to the layer's dtype first.
    override var castsInputs: Bool { false }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        (adapters?.value ?? embeddings.value).gathered(at: Self.indices(x).checkedIndices(below: inputDim))
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

    package static var samples: [LayerSample] {
        [
            LayerSample("sequence", Embedding(5, 3, dtype: .float64), [.init([4], classCount: 5)]),
            LayerSample("one for each sample", Embedding(7, 2, dtype: .float64), [.init([], classCount: 7)]),
        ]
    }
}
