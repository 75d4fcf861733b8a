import MartletCore
import MartletFormats

/// A stack of layers. Each layer takes the output of the previous one.
///
/// If the first layer is an `InputLayer`, the weights are made at once, otherwise for the first data.
///
/// Source: [`keras.Sequential`](https://keras.io/api/models/sequential/).
public final class Sequential: Model {
    private var stack: [Layer]

    /// Makes a stack of `layers`. Stops when the layers do not fit each other and the input's shape is known.
    public init(_ layers: [Layer] = [], name: String? = nil) {
        stack = layers
        super.init(name: name)
        buildWhenPossible()
    }

    /// A stack that was read from a file.
    /// - Throws: `MartletError` when the layers do not fit each other and the input's shape is known.
    init(checking layers: [Layer], name: String?, trainable: Bool) throws {
        stack = layers
        super.init(name: name, trainable: trainable)
        if let input = stack.first as? InputLayer, stack.count > 1 { try ensureBuilt(for: [input.batchShape]) }
    }

    public override var config: [String: JSONValue] {
        var config = super.config
        config["layers"] = .array(stack.map { .object(ModelWriter.describe($0)) })
        if let shape = builtInputShapes?.first {
            config["build_input_shape"] = .array(shape.dimensions.map { .optional($0) })
        }
        return config
    }

    /// Adds a layer at the end. Stops when it does not fit, or when the stack is already built for data.
    public func add(_ layer: Layer) {
        require(
            !isBuilt || startsWithInput, name, "Layers cannot be added after the model was built for its data.")
        stack.append(layer)
        Trace.noteSettingsChange()
        buildWhenPossible()
    }

    override var ownTraceSettings: [AnyHashable] { super.ownTraceSettings + [stack.map { ObjectIdentifier($0) }] }

    private var startsWithInput: Bool { stack.first is InputLayer }

    private func buildWhenPossible() {
        guard let input = stack.first as? InputLayer, stack.count > 1 else { return }
        do {
            if isBuilt {
                try Context.current.inLayer(name) { try build(for: [input.batchShape]) }
            } else {
                try ensureBuilt(for: [input.batchShape])
            }
        } catch {
            Argument.note(error)
        }
    }

    /// The shape of the data, batch axis included, if the first layer is an `InputLayer`.
    public var inputShape: PartialShape? { (stack.first as? InputLayer)?.batchShape }

    package override var inputSpecs: [(name: String, shape: PartialShape, dtype: DType)] {
        guard let first = stack.first, let shape = inputShape ?? builtInputShapes?.first else { return [] }
        return [(first.name, shape, startsWithInput ? first.outputType(for: [.float32]) : .float32)]
    }

    public override var sublayers: [Layer] { stack }
    /// The layers in their order, without the `InputLayer` in front, as in Keras.
    public override var layers: [Layer] { startsWithInput ? Array(stack.dropFirst()) : stack }
    override var knowsOutputShapes: Bool { true }

    /// The stack as a graph, made when it is first asked for.
    private var chain: (layers: [Layer], graph: FunctionalGraph)?

    override var symbolicGraph: FunctionalGraph? {
        if let chain, chain.layers.elementsEqual(stack, by: ===) { return chain.graph }
        guard isBuilt, let spec = inputSpecs.first else { return nil }
        let first = stack.first as? InputLayer
            ?? InputLayer(PartialShape(Array(spec.shape.dimensions.dropFirst())), dtype: spec.dtype, name: nil)
        let input = GraphNode.input(first).outputs[0]
        var output = input
        for layer in layers { output = layer(output) }
        guard let graph = try? FunctionalGraph(inputs: [input], outputs: [output]) else { return nil }
        chain = (stack, graph)
        return graph
    }

    override func validate(inputs: [Tensor?]) throws {
        guard let first = stack.first(where: { !($0 is InputLayer) }) else { return }
        try validate(inputs, enteringAt: first)
    }

    public override func build(for inputShapes: [PartialShape]) throws {
        _ = try walk(inputShapes) { layer, shapes in try layer.ensureBuilt(for: shapes) }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        try walk(inputShapes) { _, _ in }
    }

    private func walk(
        _ inputShapes: [PartialShape], _ visit: (Layer, [PartialShape]) throws -> Void
    ) throws -> [PartialShape] {
        guard inputShapes.count == 1 else {
            throw MartletError("Expected one input for a sequential model. Received: \(inputShapes.count).")
        }
        var shapes = inputShapes
        for layer in stack {
            try visit(layer, shapes)
            shapes = try layer.checkedOutputShapes(of: LayerCall(shapes))
        }
        return shapes
    }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        stack.reduce(inputs.withMasks(context.masks)) { values, layer in layer.apply(values) }
    }
}
