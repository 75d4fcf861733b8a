import MartletCore

/// The calls of layers between symbolic inputs and outputs, in an order in which they can run.
package final class FunctionalGraph {
    package let inputs: [SymbolicTensor]
    package let outputs: [SymbolicTensor]
    /// Input nodes first, then the calls, each after those that it needs.
    package let nodes: [GraphNode]
    /// How many layers run when the graph does, those of models inside it included.
    let callCount: Int
    /// The layers in Keras's order: those farthest from the outputs first, and equally distant ones in the order in which
    /// a search from the outputs meets them. A shared layer appears once.
    let layers: [Layer]
    /// The layers in the order of the file that the graph is of, where that is another: of a function of TensorFlow there are
    /// other operations here than there. The file's weights come in it.
    var layersOfFile: [Layer]?
    /// Whether the weights of a file are being read, so that layers come in its order.
    @TaskLocal static var isReadingFile = false
    /// For each node, the places of its inputs in the list of all values, and the place of its first output.
    private let inputPlaces: [[Int]]
    private let firstOutputPlace: [Int]
    private let outputPlaces: [Int]
    private let placeCount: Int

    /// - Throws: `MartletError` when an output needs an input that is not among `inputs`, or an input is given twice.
    init(inputs: [SymbolicTensor], outputs: [SymbolicTensor]) throws {
        self.inputs = inputs
        self.outputs = outputs
        for input in inputs where !(input.node.layer is InputLayer) {
            throw MartletError(
                "Expected the inputs of a model to come from Input(...). "
                    + "Received: an output of layer \(input.node.layer.name).")
        }
        guard Set(inputs.map { ObjectIdentifier($0.node) }).count == inputs.count else {
            throw MartletError("Expected different inputs. Received: the same input twice.")
        }
        var order: [GraphNode] = inputs.map(\.node)
        var seen = Set(order.map(ObjectIdentifier.init))
        // An explicit stack: a model of a thousand layers must not exhaust the thread's stack.
        var stack = outputs.reversed().map { (node: $0.node, isExpanded: false) }
        while let (node, isExpanded) = stack.popLast() {
            if seen.contains(ObjectIdentifier(node)) { continue }
            if node.inputs.isEmpty {
                throw MartletError(
                    "The outputs need the input \"\(node.layer.name)\", which is not among the model's inputs.")
            }
            if isExpanded {
                seen.insert(ObjectIdentifier(node))
                order.append(node)
            } else {
                stack.append((node, true))
                for input in node.inputs.reversed() where !seen.contains(ObjectIdentifier(input.node)) {
                    stack.append((input.node, false))
                }
            }
        }
        nodes = order
        callCount = order.reduce(0) { $0 + $1.layer.callCount }
        layers = FunctionalGraph.layers(of: order, inputs: inputs, outputs: outputs)

        var first: [ObjectIdentifier: Int] = [:]
        var count = 0
        for node in order {
            first[ObjectIdentifier(node)] = count
            count += node.outputCount
        }
        func place(_ tensor: SymbolicTensor) -> Int { first[ObjectIdentifier(tensor.node)]! + tensor.index }
        inputPlaces = order.map { $0.inputs.map(place) }
        firstOutputPlace = order.map { first[ObjectIdentifier($0)]! }
        outputPlaces = outputs.map(place)
        placeCount = count
    }

    /// - Parameter order: the nodes, each after those that it needs.
    private static func layers(of order: [GraphNode], inputs: [SymbolicTensor], outputs: [SymbolicTensor]) -> [Layer] {
        var (nodes, layers) = ([ObjectIdentifier: GraphNode](), [ObjectIdentifier: Layer]())
        for node in order {
            nodes[ObjectIdentifier(node)] = node
            layers[ObjectIdentifier(node.layer)] = node.layer
        }
        let ranked = ranked(inputs: inputs.map { ObjectIdentifier($0.node) }, outputs: outputs.map { ObjectIdentifier($0.node) }) {
            ObjectIdentifier(nodes[$0]!.layer)
        } sources: {
            nodes[$0]!.inputs.map { ObjectIdentifier($0.node) }
        }
        return ranked.map { layers[$0]! }
    }

    /// Layers in Keras's order, of a graph whose nodes and layers are known by their keys.
    /// - Parameters:
    ///   - layer: the layer of a node.
    ///   - sources: the nodes that a node needs.
    static func ranked<Node: Hashable, ID: Hashable>(
        inputs: [Node], outputs: [Node], layer: (Node) -> ID, sources: (Node) -> [Node]
    ) -> [ID] {
        // The order in which a search from the outputs meets the layers and finishes the nodes.
        var met: [ID: Int] = [:]
        var found: [ID] = []
        var ended: [Node] = []
        var seen: Set<Node> = []
        var stack = outputs.reversed().map { (node: $0, isExpanded: false) }
        while let (node, isExpanded) = stack.popLast() {
            if isExpanded {
                ended.append(node)
                continue
            }
            guard seen.insert(node).inserted else { continue }
            let id = layer(node)
            if met.updateValue(met[id] ?? met.count, forKey: id) == nil { found.append(id) }
            stack.append((node, true))
            stack += sources(node).reversed().map { ($0, false) }
        }
        // The distance from the outputs. All calls of a layer take the largest distance so far.
        var nodeDepths: [Node: Int] = [:]
        var depths: [ID: Int] = [:]
        for node in ended.reversed() {
            let depth = max(nodeDepths[node, default: 0], depths[layer(node), default: 0])
            depths[layer(node)] = depth
            for source in sources(node) { nodeDepths[source, default: 0] = max(nodeDepths[source, default: 0], depth + 1) }
        }
        for input in inputs where met[layer(input)] == nil {
            met[layer(input)] = -1
            found.append(layer(input))
        }
        func rank(_ id: ID) -> (Int, Int) { (-depths[id, default: 0], met[id]!) }
        return found.sorted { rank($0) < rank($1) }
    }

    /// Runs every call, in the training mode of the current context.
    func run(_ values: [Tensor]) -> [Tensor] {
        walk(values, default: .nothing) { node, inputs in
            let outputs = node.layer.run(node.call.map { inputs[$0] })
            // After a failure there may be any number.
            return Context.current.hasFailed ? node.outputs.map { _ in .nothing } : outputs
        }
    }

    /// The shapes of the outputs for inputs of the given shapes.
    func outputShapes(for shapes: [PartialShape]) throws -> [PartialShape] {
        // A model that is inside others is mostly asked for the shapes that it was made for, once for each level.
        if shapes == inputs.map(\.shape) { return outputs.map(\.shape) }
        return try walk(shapes, default: []) { node, inputs in
            try node.layer.checkedOutputShapes(of: node.call.map { inputs[$0] })
        }
    }

    private func walk<Value>(
        _ values: [Value], default: Value, _ visit: (GraphNode, [Value]) throws -> [Value]
    ) rethrows -> [Value] {
        var places = [Value](repeating: `default`, count: placeCount)
        for (index, node) in nodes.enumerated() {
            let results =
                index < inputs.count
                ? [values[index]] : try visit(node, inputPlaces[index].map { places[$0] })
            for (offset, result) in results.enumerated() { places[firstOutputPlace[index] + offset] = result }
        }
        return outputPlaces.map { places[$0] }
    }
}
