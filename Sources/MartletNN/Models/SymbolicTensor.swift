import MartletCore

/// An output of a layer in a functional graph. Only its shape and dtype are known.
///
/// Source: [the functional API](https://keras.io/guides/functional_api/).
public struct SymbolicTensor: Sendable {
    /// The sizes, the batch axis first and unknown.
    public let shape: PartialShape
    /// The type of the elements.
    public let dtype: DType
    /// The call that computes it.
    package let node: GraphNode
    /// The number of this output among the node's outputs.
    package let index: Int
}

/// One call of a layer in a functional graph. Immutable once made.
package final class GraphNode: @unchecked Sendable {
    package let layer: Layer
    /// Every tensor that the call takes, masks included.
    package private(set) var inputs: [SymbolicTensor]
    /// The call, with places in `inputs` instead of tensors.
    let call: LayerCall<Int>
    /// The arguments of the call in a file, nil for calls in code.
    let arguments: CallArguments?
    private let outputShapes: [PartialShape]
    private let outputType: DType

    private init(
        layer: Layer, inputs: [SymbolicTensor], call: LayerCall<Int>, arguments: CallArguments?,
        outputShapes: [PartialShape], outputType: DType
    ) {
        self.layer = layer
        self.inputs = inputs
        self.call = call
        self.arguments = arguments
        self.outputShapes = outputShapes
        self.outputType = outputType
    }

    /// The calls before it that nobody else holds go one by one: a call that took them along would need stack for each.
    deinit {
        var rest = inputs.map(\.node)
        inputs = []
        while var node = rest.popLast() {
            guard isKnownUniquelyReferenced(&node) else { continue }
            rest += node.inputs.map(\.node)
            node.inputs = []
        }
    }

    /// What the call gives. Made when asked for: an output holds its node, so a node that held its outputs would never go.
    package var outputs: [SymbolicTensor] {
        outputShapes.indices.map(output)
    }

    /// The output of a number below `outputCount`.
    func output(_ index: Int) -> SymbolicTensor {
        SymbolicTensor(shape: outputShapes[index], dtype: outputType, node: self, index: index)
    }

    /// The number of outputs.
    var outputCount: Int { outputShapes.count }

    /// Builds the layer for its inputs and adds a call.
    static func make(layer: Layer, _ call: LayerCall<SymbolicTensor>) throws -> GraphNode {
        var tensors: [SymbolicTensor] = []
        let places = call.map { tensor in
            tensors.append(tensor)
            return tensors.count - 1
        }
        return try make(layer: layer, tensors, places, arguments: nil)
    }

    /// Adds a call that a file describes.
    static func make(layer: Layer, _ tensors: [SymbolicTensor], arguments: CallArguments) throws -> GraphNode {
        let call = try arguments.call(of: layer)
        guard !call.inputs.isEmpty else { throw MartletError("Expected a tensor to call the layer with.") }
        for (input, mask) in zip(call.inputs, call.masks) {
            guard let shape = mask.map({ tensors[$0].shape }) else { continue }
            let places = PartialShape(Array(tensors[input].shape.dimensions.prefix(shape.rank)))
            guard shape.accepts(places) else {
                throw MartletError("Expected a mask of the input's first sizes, \(places). Received: shape \(shape).")
            }
        }
        return try make(layer: layer, tensors, call, arguments: arguments)
    }

    private static func make(
        layer: Layer, _ tensors: [SymbolicTensor], _ call: LayerCall<Int>, arguments: CallArguments?
    ) throws -> GraphNode {
        let shapes = call.map { tensors[$0].shape }
        try layer.ensureBuilt(for: shapes.inputs)
        let outputShapes = try layer.checkedOutputShapes(of: shapes)
        return GraphNode(
            layer: layer, inputs: tensors, call: call, arguments: arguments, outputShapes: outputShapes,
            outputType: layer.outputType(for: call.inputs.map { tensors[$0].dtype }))
    }

    /// An input of the graph.
    static func input(_ layer: InputLayer) -> GraphNode {
        GraphNode(
            layer: layer, inputs: [], call: LayerCall([]), arguments: nil, outputShapes: [layer.batchShape],
            outputType: layer.dtype)
    }
}

/// Starts a functional graph with a symbolic input. The shape has no batch axis; nil stands for any size. Keras needs
/// `batchSize` for a stateful recurrent layer.
///
/// ```swift
/// let x = Input([28, 28, 1])
/// let y = Dense(10, activation: .softmax)(Flatten()(x))
/// let model = Model(inputs: [x], outputs: [y])
/// ```
public func Input(
    _ shape: PartialShape, batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil
) -> SymbolicTensor {
    GraphNode.input(InputLayer(shape, batchSize: batchSize, dtype: dtype, name: name)).outputs[0]
}

/// The same with Keras's label.
public func Input(
    shape: PartialShape, batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil
) -> SymbolicTensor { Input(shape, batchSize: batchSize, dtype: dtype, name: name) }

/// The layer with which a stack begins, as in `Sequential([Input([28, 28]), Flatten(), Dense(10)])`.
@_disfavoredOverload
public func Input(
    _ shape: PartialShape, batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil
) -> InputLayer { InputLayer(shape, batchSize: batchSize, dtype: dtype, name: name) }

/// The layer with which a stack begins, with Keras's label.
@_disfavoredOverload
public func Input(
    shape: PartialShape, batchSize: Int? = nil, dtype: DType? = nil, name: String? = nil
) -> InputLayer { InputLayer(shape, batchSize: batchSize, dtype: dtype, name: name) }
