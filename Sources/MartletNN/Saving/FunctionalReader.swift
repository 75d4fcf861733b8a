import MartletCore
import MartletFormats

/// Builds the graph of a functional model from the calls in its configuration.
struct FunctionalReader {
    private struct Call {
        let arguments: CallArguments
        let inputs: [CallArguments.Reference]
    }

    private let config: JSONValue
    private let inputs: ModelStructure
    private let outputs: ModelStructure
    private let names: [String]
    private let descriptions: [String: JSONValue]
    private let calls: [String: [Call]]
    private let make: (JSONValue) throws -> Layer
    private var layers: [String: Layer] = [:]
    private var nodes: [String: [GraphNode]] = [:]

    /// - Parameter make: makes a layer from its description.
    init(_ config: JSONValue, make: @escaping (JSONValue) throws -> Layer) throws {
        self.config = config
        self.make = make
        inputs = ModelStructure(json: try config.value(at: ["input_layers"]))
        outputs = ModelStructure(json: try config.value(at: ["output_layers"]))
        var names: [String] = []
        var descriptions: [String: JSONValue] = [:]
        var calls: [String: [Call]] = [:]
        for description in try config.array("layers") {
            let name = try description.valueIfPresent(at: ["name"]) ?? description.string("config", "name")
            guard descriptions.updateValue(description, forKey: name) == nil else {
                throw MartletError("Expected layers of different names. Received \"\(name)\" twice.", at: "layers")
            }
            names.append(name)
            let inbound: [JSONValue] = try description.valueIfPresent(at: ["inbound_nodes"]) ?? []
            calls[name] = try inbound.map { json in
                let (arguments, references) = try CallArguments.read(json)
                return Call(arguments: arguments, inputs: references)
            }
        }
        self.names = names
        self.descriptions = descriptions
        self.calls = calls
    }

    /// The model.
    mutating func model() throws -> Model {
        let (inputReferences, outputReferences) = (try inputs.references(), try outputs.references())
        let needed = neededLayers(from: outputReferences + inputReferences)
        let offsets = nodeOffsets
        for name in names where needed.contains(name) { try makeLayer(name) }
        var waiting = names.filter { needed.contains($0) && !(layers[$0] is InputLayer) }
        while !waiting.isEmpty {
            let count = waiting.count
            var rest: [String] = []
            var progress = false
            for name in waiting {
                let before = nodes[name]?.count ?? 0
                if try !addCalls(of: name, offsets) { rest.append(name) }
                progress = progress || (nodes[name]?.count ?? 0) > before
            }
            waiting = rest
            guard progress || waiting.count < count else {
                throw MartletError(
                    "The calls of \"\(waiting[0])\" need tensors that no layer of the model computes.", at: "inbound_nodes")
            }
        }
        func tensors(_ references: [CallArguments.Reference], _ place: String) throws -> [SymbolicTensor] {
            try references.map { reference in
                guard let tensor = end(reference) else {
                    throw MartletError("\"\(reference.layer)\" has no such output.", at: place)
                }
                return tensor
            }
        }
        let graph = try FunctionalGraph(
            inputs: tensors(inputReferences, "input_layers"), outputs: tensors(outputReferences, "output_layers"))
        let model = Model(
            graph: graph, name: try config.valueIfPresent(at: ["name"]),
            trainable: try config.valueIfPresent(at: ["trainable"]) ?? true)
        model.structures = (inputs, outputs)
        try model.ensureBuilt(for: graph.inputs.map(\.shape))
        return model
    }

    private mutating func makeLayer(_ name: String) throws {
        guard let description = descriptions[name] else { return }
        do {
            // Legacy files have no module names. The configuration of a layer has more than a name.
            let module: String? = try description.valueIfPresent(at: ["module"])
            let isOperation =
                module?.contains("keras.src.ops")
                ?? (OperationLayer.knows(description["class_name"]) && description["config"]?["trainable"] == nil)
            let layer: Layer
            if isOperation {
                try ModelReader.checkSizes(description)
                layer = try OperationLayer(description, calls[name]?.first?.arguments)
            } else {
                layer = try make(description)
            }
            layers[name] = layer
            if let input = layer as? InputLayer { nodes[name] = [GraphNode.input(input)] }
        } catch let error as MartletError {
            throw MartletError(error.message, at: "layer \(name)" + (error.location.map { ", \($0)" } ?? ""))
        }
    }

    /// Makes the calls of a layer whose inputs exist. Returns whether these are all calls.
    private mutating func addCalls(of name: String, _ offsets: [String: Int]) throws -> Bool {
        guard let layer = layers[name], let calls = calls[name] else { return true }
        var made = nodes[name] ?? []
        defer { nodes[name] = made }
        for call in calls.dropFirst(made.count) {
            let inputs = call.inputs.compactMap { tensor($0, offsets) }
            guard inputs.count == call.inputs.count else { return false }
            do {
                made.append(
                    try Argument.throwing {
                        try GraphNode.make(layer: layer, inputs, arguments: call.arguments)
                    })
            } catch let error as MartletError where error.location == nil {
                throw MartletError(error.message, at: "layer \(name)")
            }
        }
        return true
    }

    private func tensor(_ reference: CallArguments.Reference, _ offsets: [String: Int]) -> SymbolicTensor? {
        let index = reference.node - offsets[reference.layer, default: 0]
        guard let made = nodes[reference.layer], made.indices.contains(index),
            made[index].outputs.indices.contains(reference.output)
        else { return nil }
        return made[index].outputs[reference.output]
    }

    /// The layers that the outputs need.
    private func neededLayers(from references: [CallArguments.Reference]) -> Set<String> {
        var needed: Set<String> = []
        var stack = references.map(\.layer)
        while let name = stack.popLast() {
            if needed.insert(name).inserted { stack += (calls[name] ?? []).flatMap { $0.inputs.map(\.layer) } }
        }
        return needed
    }

    /// An input or an output of the model. Here a model's own graph counts as its first call.
    private func end(_ reference: CallArguments.Reference) -> SymbolicTensor? {
        let isGraph = (layers[reference.layer] as? Model)?.graph != nil
        let call = isGraph ? max(0, reference.node - 1) : reference.node
        return tensor(CallArguments.Reference(layer: reference.layer, node: call, output: reference.output), [:])
    }

    /// The number of a layer's first call in the inputs of other layers. It is 1 for a model in files of Keras 2, which
    /// counts the model's own graph as the first call there too. A number past the last call shows this.
    private var nodeOffsets: [String: Int] {
        var largest: [String: Int] = [:]
        for reference in calls.values.flatMap({ $0.flatMap(\.inputs) }) {
            largest[reference.layer] = max(largest[reference.layer, default: 0], reference.node)
        }
        return largest.filter { name, index in index >= max(1, calls[name]?.count ?? 0) }.mapValues { _ in 1 }
    }
}
