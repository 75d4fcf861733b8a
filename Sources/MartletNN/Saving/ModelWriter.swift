import MartletCore
import MartletFormats

/// Writes Keras's description of layers and models, which `ModelReader` reads.
enum ModelWriter {
    /// `{"module": ..., "class_name": ..., "config": ..., "registered_name": ...}`.
    static func describe(_ layer: Layer) -> JSONObject {
        if let operation = layer as? OperationLayer { return operation.fileDescription }
        let registered = CustomObjects.registeredName(of: layer)
        let isGraph = (layer as? Model)?.graph != nil
        let module =
            if registered != nil { "builtins" } else if isGraph { "keras.src.models.functional" } else {
                layer is Model ? "keras" : layer.kerasModule
            }
        return [
            "module": .string(module), "class_name": .string(isGraph ? "Functional" : layer.className),
            "config": .object(layer.config), "registered_name": registered.map { .string($0) } ?? .null,
        ]
    }

    /// The `config` of a functional model.
    static func config(of graph: FunctionalGraph, _ structures: (inputs: ModelStructure, outputs: ModelStructure)?)
        -> [String: JSONValue]
    {
        // The calls of each layer in the order in which they run.
        var numbers: [ObjectIdentifier: Int] = [:]
        var calls: [ObjectIdentifier: [GraphNode]] = [:]
        for node in graph.nodes {
            let layer = ObjectIdentifier(node.layer)
            numbers[ObjectIdentifier(node)] = calls[layer, default: []].count
            calls[layer, default: []].append(node)
        }
        func reference(_ tensor: SymbolicTensor) -> CallArguments.Reference {
            .init(layer: tensor.node.layer.name, node: numbers[ObjectIdentifier(tensor.node)]!, output: tensor.index)
        }
        let layers = graph.layers.map { layer in
            var json = describe(layer)
            json["name"] = .string(layer.name)
            json["inbound_nodes"] = .array(
                calls[ObjectIdentifier(layer), default: []].filter { !$0.inputs.isEmpty }.map { node in
                    let arguments = node.arguments ?? CallArguments(node.call, of: layer)
                    return arguments.json(inputs: node.inputs.map { ($0, reference($0)) })
                })
            return JSONValue.object(json)
        }
        func structure(_ tensors: [SymbolicTensor], _ given: ModelStructure?) -> JSONValue {
            // Here Keras counts a model's own graph as its first call.
            let references = tensors.map { tensor in
                var reference = reference(tensor)
                if (tensor.node.layer as? Model)?.graph != nil { reference.node += 1 }
                return reference
            }
            if let given { return given.replacing(references) }
            return references.count == 1 ? references[0].json : .array(references.map(\.json))
        }
        return [
            "layers": .array(layers), "input_layers": structure(graph.inputs, structures?.inputs),
            "output_layers": structure(graph.outputs, structures?.outputs),
        ]
    }
}

extension Layer {
    /// The first layer inside this one whose class files cannot name, such as a layer of closures.
    var firstUnknownLayer: Layer? {
        let isKnown = self is Model || self is OperationLayer || self is any ConfigurableLayer
        // Its arguments are those of the layer that holds it.
        let isPart = className == ConvLSTMCell<Spatial1D>.typeName
        if !isKnown, !isPart, CustomObjects.registeredName(of: self) == nil { return self }
        return sublayers.lazy.compactMap(\.firstUnknownLayer).first
    }
}
