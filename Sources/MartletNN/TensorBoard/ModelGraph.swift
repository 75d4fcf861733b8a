import MartletCore
import MartletFormats

/// A model as a `tensorflow.GraphDef`: a node for each call of a layer, under the names of the models inside this one, and one
/// for each weight. TensorBoard folds what has the same beginning of its name into one box.
///
/// Source: TensorFlow, `graph.proto`, `node_def.proto`, `attr_value.proto`.
struct ModelGraph {
    /// The serialized graph.
    private(set) var message: [UInt8]
    private var graph = ProtobufWriter()
    private var names = UniqueNames()

    init(_ model: Model) {
        message = []
        add(model, in: nil, inputs: nil)
        graph.write(4) { $0.write(1, integer: 1) }
        message = graph.bytes
    }

    /// Adds the calls of a model.
    /// - Parameters:
    ///   - scope: what the names of the nodes begin with, nil for nothing.
    ///   - inputs: the nodes of its inputs; nil when it is the outermost.
    /// - Returns: the nodes of its outputs.
    @discardableResult
    private mutating func add(_ model: Model, in scope: String?, inputs: [String]?) -> [String] {
        guard let graph = model.graph else {
            let name = (model.sublayers.first as? InputLayer)?.name ?? "input"
            let place = ModelGraph.place(name, in: scope)
            let given = inputs ?? [node(place, "Placeholder", [], model.builtInputShapes?.first)]
            guard model is Sequential else {
                // How the layers of a subclass are connected only `call` knows.
                for layer in model.layers { _ = add(layer, in: scope, inputs: [], nil) }
                return given
            }
            var (current, shapes) = (given, model.builtInputShapes)
            for layer in model.layers {
                shapes = shapes.flatMap { try? layer.checkedOutputShapes(of: LayerCall($0)) }
                current = add(layer, in: scope, inputs: current, shapes?.first)
            }
            return current
        }
        var outputs: [ObjectIdentifier: [String]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            let given = node.inputs.compactMap { input in
                outputs[ObjectIdentifier(input.node)].map { $0[min(input.index, $0.count - 1)] }
            }
            let shape = node.outputCount > 0 ? node.output(0).shape : nil
            if index < graph.inputs.count {
                let place = ModelGraph.place(node.layer.name, in: scope)
                outputs[ObjectIdentifier(node)] = inputs.map { [$0[min(index, $0.count - 1)]] }
                    ?? [self.node(place, "Placeholder", [], shape)]
            } else {
                outputs[ObjectIdentifier(node)] = add(node.layer, in: scope, inputs: given, shape)
            }
        }
        return graph.outputs.map { outputs[ObjectIdentifier($0.node)]![0] }
    }

    /// Adds a call of a layer.
    private mutating func add(_ layer: Layer, in scope: String?, inputs: [String], _ shape: PartialShape?) -> [String] {
        let place = names.next(ModelGraph.place(layer.name, in: scope))
        if let model = layer as? Model, !inputs.isEmpty { return add(model, in: place, inputs: inputs) }
        let weights = layer.namedWeights.map { name, variable in
            node("\(place)/\(ModelGraph.escaped(name))", "Variable", [], PartialShape(variable.shape))
        }
        return [node("\(place)/\(layer.className)", layer.className, inputs + weights, shape)]
    }

    private mutating func node(_ name: String, _ op: String, _ inputs: [String], _ shape: PartialShape?) -> String {
        let name = names.next(name)
        graph.write(1) { node in
            node.write(1, text: name)
            node.write(2, text: op)
            for input in inputs { node.write(3, text: input) }
            guard let shape else { return }
            node.write(5) { entry in
                entry.write(1, text: "_output_shapes")
                entry.write(2) { attribute in
                    attribute.write(1) { list in
                        list.write(7) { SummaryTensor.write(shape.dimensions.map { $0 ?? -1 }, to: &$0) }
                    }
                }
            }
        }
        return name
    }

    private static func place(_ name: String, in scope: String?) -> String {
        (scope.map { $0 + "/" } ?? "") + escaped(name)
    }

    /// The characters that TensorFlow takes in names.
    private static func escaped(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-/\\>".contains($0)) ? $0 : "_" })
    }
}
