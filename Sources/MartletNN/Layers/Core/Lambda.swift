import MartletCore
import MartletFormats

/// A closure as a layer.
///
/// ```swift
/// Lambda { $0.square() }
/// Lambda(outputShape: [1]) { x, training in x.max(axis: -1, keepDims: true) }
/// ```
///
/// A closure cannot be written to a file: a model that is to be saved has a layer class of its own in place of this
/// one, made known by ``register(_:package:)``.
///
/// Source: [`keras.layers.Lambda`](https://keras.io/api/layers/core_layers/lambda/).
public final class Lambda: Layer {
    private let function: @Sendable (Tensor, Bool) -> Tensor
    private let outputShape: (@Sendable (PartialShape) throws -> PartialShape)?

    /// Makes a layer of a function of the input.
    /// - Parameter outputShape: the shape of a sample of the output; that of the input when nil.
    public convenience init(
        outputShape: [Int?]? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil,
        _ function: @escaping @Sendable (Tensor) -> Tensor
    ) {
        self.init(outputShape: outputShape, name: name, dtype: dtype) { x, _ in function(x) }
    }

    /// Makes a layer of a function of the input and of whether the call is part of training.
    /// - Parameter outputShape: the shape of a sample of the output; that of the input when nil.
    public convenience init(
        outputShape: [Int?]? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil,
        _ function: @escaping @Sendable (_ x: Tensor, _ training: Bool) -> Tensor
    ) {
        let shape = outputShape.map { sizes in
            { @Sendable (input: PartialShape) in PartialShape([input.rank > 0 ? input[0] : nil] + sizes) }
        }
        self.init(shape: shape, name: name, dtype: dtype, function)
    }

    /// Makes a layer of a function, with one that gives the output's shape, batch axis included, for the input's.
    public init(
        shape outputShape: (@Sendable (PartialShape) throws -> PartialShape)?, name: String? = nil,
        dtype: (any DTypeConvertible)? = nil, _ function: @escaping @Sendable (_ x: Tensor, _ training: Bool) -> Tensor
    ) {
        self.function = function
        self.outputShape = outputShape
        super.init(name: name, dtype: dtype)
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor { function(x, context.training) }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        let shape = try Self.onlyInput(inputShapes)
        return [try outputShape?(shape) ?? shape]
    }
}
