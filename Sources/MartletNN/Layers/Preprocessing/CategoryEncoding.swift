import MartletCore

/// Vectors of numbers of categories, which are known beforehand to be below `numTokens`.
///
/// ```swift
/// let encode = CategoryEncoding(numTokens: 4, outputMode: .multiHot)
/// print(encode(Tensor([[0, 1], [0, 0], [1, 2], [3, 1]])))
/// ```
///
/// Shapes: `oneHot` gives [..., numTokens] (a last axis of size 1 is replaced), the other modes [batch, ..., numTokens], where
/// the vectors go over axis 1; an input of one axis is a single sample. With `count` a second input may hold a weight for each
/// number. A negative number stops the program.
///
/// Source: [`keras.layers.CategoryEncoding`](https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/).
public final class CategoryEncoding: Layer, ConfigurableLayer, Described {
    /// The number of categories, at least 1.
    public private(set) var numTokens: Int
    /// `oneHot`, `multiHot` or `count`.
    public private(set) var outputMode: OutputMode

    /// Makes a layer. The properties describe the arguments.
    public init(numTokens: Int, outputMode: OutputMode = .multiHot, name: String? = nil, dtype: (any DTypeConvertible)? = nil) {
        self.numTokens = numTokens
        self.outputMode = outputMode
        super.init(name: name, dtype: dtype)
    }

    public static let arguments = Arguments(default: CategoryEncoding(numTokens: 1)) {
        $0("num_tokens", \.numTokens, required: true, .atLeast(1))
        $0("output_mode", \.outputMode, .oneOf([.oneHot, .multiHot, .count]))
    }

    override var castsInputs: Bool { false }
    override var callParameters: [String] { ["inputs", "count_weights"] }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let weights = inputs.count > 1 ? inputs[1] : nil
        guard
            require(
                weights == nil || outputMode == .count, className,
                "Expected weights with \(Caller.words("outputMode .count only. Received: outputMode .\(outputMode)."))")
        else { return [.nothing] }
        return [
            CategoryEncoder.encode(
                inputs[0].asCategories, outputMode, depth: numTokens, dtype: computeDType, weights: weights)
        ]
    }

    public override func validate(values: Tensor) throws {
        guard values.elementCount > 0, values.min().item() < 0 else { return }
        throw MartletError("Expected integers in 0..<\(numTokens). Received: \(Int(values.min().item())).")
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard (1...2).contains(inputShapes.count) else {
            throw MartletError("Expected one input, or one and weights. Received: \(inputShapes.count) inputs.")
        }
        return [CategoryEncoder.shape(of: inputShapes[0], outputMode, depth: numTokens)]
    }

    package static var samples: [LayerSample] {
        @Sendable func make(_ mode: OutputMode) -> CategoryEncoding {
            CategoryEncoding(numTokens: 4, outputMode: mode, dtype: .float64)
        }
        return [
            LayerSample("one hot", make(.oneHot), [.init([1], classCount: 4)]),
            LayerSample("one hot of several", make(.oneHot), [.init([3], classCount: 5)]),
            LayerSample("multi hot", make(.multiHot), [.init([3], classCount: 4)]),
            LayerSample("count", make(.count), [.init([3, 2], classCount: 4)]),
        ]
    }
}
