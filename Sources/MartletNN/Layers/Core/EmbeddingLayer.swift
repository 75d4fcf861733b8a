import MartletCore

/// What `Embedding` and `ReversibleEmbedding` share: a table, and the row of it for each integer.
public class EmbeddingLayer: Layer, AdaptableLayer, AdapterHost, QuantizableLayer {
    /// The number of rows, at least 1: the inputs are below it.
    public private(set) var inputDim: Int
    /// The size of a row, at least 1.
    public private(set) var outputDim: Int
    /// Whether 0 is padding, which layers that take masks leave out.
    public private(set) var maskZero: Bool
    /// [inputDim, outputDim]; nil until the layer is built.
    public private(set) var embeddings: Variable!
    /// What the rows of a quantized table are divided by, [inputDim]; nil for tables of real numbers.
    public private(set) var embeddingsScale: Variable?

    private(set) var embeddingsOptions: WeightOptions
    var quantization: Int8Quantization?
    var adapterOptions: AdapterOptions
    var adapted: (weight: Variable?, options: WeightOptions) { (quantization == nil ? embeddings : nil, embeddingsOptions) }

    init(
        _ inputDim: Int, _ outputDim: Int, _ embeddingsOptions: WeightOptions, activityRegularizer: (any Regularizer)?,
        maskZero: Bool, name: String?, trainable: Bool, dtype: (any DTypeConvertible)?, _ adapterOptions: AdapterOptions
    ) {
        self.inputDim = inputDim
        self.outputDim = outputDim
        self.maskZero = maskZero
        self.embeddingsOptions = embeddingsOptions
        self.adapterOptions = adapterOptions
        // Floating-point numbers may stand for integers, and must not be rounded to the layer's dtype first.
        super.init(
            name: name, trainable: trainable, dtype: dtype, activityRegularizer: activityRegularizer, autocast: false)
    }

    /// The arguments of such a layer, with those that `describe` names.
    static func table<L: EmbeddingLayer>(
        _ value: @escaping @Sendable @autoclosure () -> L, _ describe: (inout Arguments<L>) -> Void = { _ in }
    ) -> Arguments<L> {
        Arguments(default: value()) {
            $0("input_dim", \.inputDim, required: true, .atLeast(1))
            $0("output_dim", \.outputDim, required: true, .atLeast(1))
            $0.weight("embeddings", \.embeddingsOptions)
            $0.include(\.adapterOptions, AdapterOptions.arguments)
            $0("mask_zero", \.maskZero)
            $0("activity_regularizer", \.activityRegularizer)
            $0.quantization()
            describe(&$0)
        }
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try Self.onlyInput(inputShapes)
        if quantization != nil {
            embeddings = addWeight("embeddings", shape: [inputDim, outputDim], initializer: .zeros, trainable: false)
            embeddingsScale = addWeight("embeddings_scale", shape: [inputDim], initializer: .ones, trainable: false)
        } else {
            embeddings = addWeight("embeddings", shape: [inputDim, outputDim], embeddingsOptions)
        }
    }

    override var savesInOrder: Bool { quantization != nil || super.savesInOrder }

    func quantizeWeights() {
        let scale = quantize(embeddings, axes: [1], scale: "embeddings_scale") { $0.reshaped(to: [inputDim]) }
        moveWeight(scale, behind: embeddings)
        embeddingsScale = scale
    }

    /// The table, with what adapters add; of a quantized one the whole numbers.
    var table: Tensor { adapters?.value ?? embeddings.value }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        let places = Self.indices(x).checkedIndices(below: inputDim)
        let rows = table.gathered(at: places)
        guard let embeddingsScale else { return cast(rows) }
        return cast(rows / embeddingsScale.value.gathered(at: places).expandingDims(at: -1))
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
}
