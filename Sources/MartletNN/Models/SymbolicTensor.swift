import MartletCore

/// A place in a functional graph: what a layer will compute, known by shape and dtype only.
///
/// Source: [the functional API](https://keras.io/guides/functional_api/).
public struct SymbolicTensor: Sendable {
    /// The sizes, the batch axis first and unknown.
    public let shape: PartialShape
    /// The type of the elements.
    public let dtype: DType
    /// What computes it.
    let node: GraphNode
    /// Which of the node's outputs it is.
    let index: Int
}

/// One call of a layer in a functional graph. Immutable once made.
final class GraphNode: @unchecked Sendable {
    let layer: Layer
    let inputs: [SymbolicTensor]
    /// How a file says that the layer was called, nil for calls in code.
    let arguments: CallArguments?
    private(set) var outputs: [SymbolicTensor] = []

    private init(layer: Layer, inputs: [SymbolicTensor], arguments: CallArguments? = nil) {
        self.layer = layer
        self.inputs = inputs
        self.arguments = arguments
    }

    /// Builds the layer for its inputs and adds a call of it.
    static func make(
        layer: Layer, inputs: [SymbolicTensor], arguments: CallArguments? = nil
    ) throws -> GraphNode {
        let shapes = inputs.map(\.shape)
        try layer.ensureBuilt(for: shapes)
        let outputShapes = try Context.current.inLayer(layer.name) {
            try layer.locatingErrors { try layer.outputShapes(for: shapes) }
        }
        let node = GraphNode(layer: layer, inputs: inputs, arguments: arguments)
        let dtype = layer.outputType(for: inputs.map(\.dtype))
        node.outputs = outputShapes.enumerated().map {
            SymbolicTensor(shape: $1, dtype: dtype, node: node, index: $0)
        }
        return node
    }

    /// The place where data enters.
    static func input(_ layer: InputLayer) -> GraphNode {
        let node = GraphNode(layer: layer, inputs: [])
        node.outputs = [SymbolicTensor(shape: layer.batchShape, dtype: layer.dtype, node: node, index: 0)]
        return node
    }
}

/// Starts a functional graph: a symbolic input of the given shape, without the batch axis; nil stands for any size.
///
/// ```swift
/// let x = Input([28, 28, 1])
/// let y = Dense(10, activation: .softmax)(Flatten()(x))
/// let model = Model(inputs: [x], outputs: [y])
/// ```
public func Input(_ shape: PartialShape, dtype: DType? = nil, name: String? = nil) -> SymbolicTensor {
    GraphNode.input(InputLayer(shape, dtype: dtype, name: name)).outputs[0]
}
