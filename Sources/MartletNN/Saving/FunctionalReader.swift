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
    /// A call of a layer that others wait for.
    private struct Place: Hashable {
        let layer: String
        let call: Int
    }
    private var waiting: [Place: [String]] = [:]
    /// The inputs that the next call of a waiting layer has so far.
    private var arrived: [String: [SymbolicTensor]] = [:]
    private var callCount = 0

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
        let called = names.filter { needed.contains($0) && !(layers[$0] is InputLayer) }
        // Last first. A layer whose call has to wait comes back when the call that it waits for is made.
        var stack = Array(called.reversed())
        while let name = stack.popLast() { stack += try addCalls(of: name, offsets) }
        if let name = called.first(where: { (nodes[$0]?.count ?? 0) < (calls[$0]?.count ?? 0) }) {
            throw MartletError(
                "The calls of \"\(name)\" need tensors that no layer of the model computes.", at: "inbound_nodes")
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

    /// Makes the calls of a layer, up to one whose inputs do not exist yet.
    /// - Returns: the layers that have waited for these calls.
    private mutating func addCalls(of name: String, _ offsets: [String: Int]) throws -> [String] {
        guard let layer = layers[name], let calls = calls[name] else { return [] }
        var ready: [String] = []
        for number in (nodes[name]?.count ?? 0)..<calls.count {
            let call = calls[number]
            var inputs = arrived.removeValue(forKey: name) ?? []
            for reference in call.inputs.dropFirst(inputs.count) {
                guard let input = tensor(reference, offsets) else {
                    arrived[name] = inputs
                    let node = reference.node &- offsets[reference.layer, default: 0]
                    waiting[Place(layer: reference.layer, call: node), default: []].append(name)
                    return ready
                }
                inputs.append(input)
            }
            callCount += layer.callCount
            try ModelReader.check(callCount: callCount, at: name)
            do {
                let node = try Argument.throwing {
                    try GraphNode.make(layer: layer, inputs, arguments: call.arguments)
                }
                nodes[name, default: []].append(node)
            } catch let error as MartletError where error.location == nil {
                throw MartletError(error.message, at: "layer \(name)")
            }
            ready += waiting.removeValue(forKey: Place(layer: name, call: number)) ?? []
        }
        return ready
    }

    private func tensor(_ reference: CallArguments.Reference, _ offsets: [String: Int]) -> SymbolicTensor? {
        let index = reference.node &- offsets[reference.layer, default: 0]
        guard let made = nodes[reference.layer], made.indices.contains(index),
            (0..<made[index].outputCount).contains(reference.output)
        else { return nil }
        return made[index].output(reference.output)
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
        let call = isGraph ? max(0, reference.node &- 1) : reference.node
        return tensor(CallArguments.Reference(layer: reference.layer, node: call, output: reference.output), [:])
    }

    /// The number of a layer's first call in the inputs of other layers. It is 1 for a model in files of Keras 2, which
    /// counts the model's own graph as the first call there too. A number past the last call shows this; where the last call is
    /// only an output of the whole, that no call has the number 0 does.
    private var nodeOffsets: [String: Int] {
        var numbers: [String: ClosedRange<Int>] = [:]
        for reference in calls.values.flatMap({ $0.flatMap(\.inputs) }) {
            let known = numbers[reference.layer] ?? reference.node...reference.node
            numbers[reference.layer] = min(known.lowerBound, reference.node)...max(known.upperBound, reference.node)
        }
        return numbers.filter { name, found in
            if found.upperBound >= max(1, calls[name]?.count ?? 0) { return true }
            guard found.lowerBound >= 1, case .array? = descriptions[name]?["inbound_nodes"]?[0] else { return false }
            return descriptions[name]?["config"]?["layers"] != nil
        }.mapValues { _ in 1 }
    }
}
