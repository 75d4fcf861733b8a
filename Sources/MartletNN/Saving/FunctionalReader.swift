import MartletCore
import MartletFormats

/// Builds the graph of a functional model from the calls in its configuration.
struct FunctionalReader {
    private struct Call {
        let arguments: CallArguments
        let inputs: [CallArguments.Input]
        /// The call of a function of TensorFlow in a file of Keras 2, nil for other calls.
        var function: JSONValue?
    }

    private let config: JSONValue
    private let inputs: ModelStructure
    private let outputs: ModelStructure
    private let names: [String]
    private let descriptions: [String: JSONValue]
    private let calls: [String: [Call]]
    private let make: (JSONValue) throws -> Layer
    private var layers: [String: Layer] = [:]
    /// The results of the calls of each layer.
    private var results: [String: [[GraphValue]]] = [:]
    private let builder: GraphBuilder
    /// A call of a layer that others wait for.
    private struct Place: Hashable {
        let layer: String
        let call: Int
    }
    private var waiting: [Place: [String]] = [:]
    /// The inputs that the next call of a waiting layer has so far.
    private var arrived: [String: [GraphValue]] = [:]
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
            let className = description["class_name"]
            calls[name] = try inbound.map { json in
                if TensorFlowCall.layers.contains(className ?? .null) {
                    let inputs = GraphValue.references(in: json).map { CallArguments.Input.tensor($0) }
                    return Call(arguments: CallArguments(positional: []), inputs: inputs, function: json)
                }
                let (arguments, inputs) = try CallArguments.read(
                    json, of: className, isOperation: FunctionalReader.isOperation(description))
                return Call(arguments: arguments, inputs: inputs)
            }
        }
        builder = GraphBuilder(names: Set(names))
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
        let starts = inputReferences.compactMap { value($0, [:])?.tensor }
        builder.anchor = starts.first { $0.dtype != .string }
        let called = names.filter { needed.contains($0) && !(layers[$0] is InputLayer) }
        // Last first. A layer whose call has to wait comes back when the call that it waits for is made.
        var stack = Array(called.reversed())
        while let name = stack.popLast() { stack += try addCalls(of: name, offsets) }
        if let name = called.first(where: { (results[$0]?.count ?? 0) < (calls[$0]?.count ?? 0) }) {
            throw MartletError(
                "The calls of \"\(name)\" need tensors that no layer of the model computes.", at: "inbound_nodes")
        }
        func tensors(_ references: [CallArguments.Reference], _ place: String) throws -> [SymbolicTensor] {
            try references.map { reference in
                guard let value = end(reference) else {
                    throw MartletError("\"\(reference.layer)\" has no such output.", at: place)
                }
                builder.begin(reference.layer)
                return try builder.tensor(value)
            }
        }
        let graph = try FunctionalGraph(
            inputs: tensors(inputReferences, "input_layers"), outputs: tensors(outputReferences, "output_layers"))
        let model = Model(
            graph: graph, name: try config.valueIfPresent(at: ["name"]),
            trainable: try config.valueIfPresent(at: ["trainable"]) ?? true)
        graph.layersOfFile = layersOfFile(inputReferences, outputReferences, offsets)
        model.structures = (inputs, outputs)
        warnOfAdditions()
        try model.ensureBuilt(for: graph.inputs.map(\.shape))
        return model
    }

    /// The layers as Keras 2 orders them, by the calls in the file; nil where the graph has the same calls.
    private func layersOfFile(
        _ inputs: [CallArguments.Reference], _ outputs: [CallArguments.Reference], _ offsets: [String: Int]
    ) -> [Layer]? {
        guard calls.values.contains(where: { $0.contains { $0.function != nil } }) else { return nil }
        func place(_ reference: CallArguments.Reference) -> Place {
            let last = max(0, (calls[reference.layer]?.count ?? 0) - 1)
            return Place(layer: reference.layer, call: min(last, max(0, reference.node &- offsets[reference.layer, default: 0])))
        }
        let ranked = FunctionalGraph.ranked(inputs: inputs.map(place), outputs: outputs.map(place)) {
            $0.layer
        } sources: { node in
            let calls = calls[node.layer] ?? []
            guard calls.indices.contains(node.call) else { return [] }
            return calls[node.call].inputs.compactMap(\.reference).map(place)
        }
        return ranked.compactMap { layers[$0] }
    }

    /// Keras 2 writes what `add_loss` and `add_metric` add as layers that lead to no output.
    private func warnOfAdditions() {
        let added = names.filter { name in
            ["AddLoss", "AddMetric"].contains { (className: JSONValue) in descriptions[name]?["class_name"] == className }
        }
        guard !added.isEmpty else { return }
        Settings.warn(
            "The model adds \(added.count) losses or metrics of its own (add_loss, add_metric). They are left out: its losses are "
                + "others than in Keras, and so is what it learns.")
    }

    /// Whether a layer is an operation. Legacy files have no module names; the configuration of a layer has more than a name.
    private static func isOperation(_ description: JSONValue) -> Bool {
        if case .string(let module)? = description["module"] { return module.contains("keras.src.ops") }
        return OperationLayer.knows(description["class_name"]) && description["config"]?["trainable"] == nil
    }

    private mutating func makeLayer(_ name: String) throws {
        guard let description = descriptions[name] else { return }
        do {
            // The operations that a function is made of follow from the tensors that it is called with.
            if TensorFlowCall.layers.contains(description["class_name"] ?? .null) { return }
            let layer: Layer
            if FunctionalReader.isOperation(description) {
                try ModelReader.checkSizes(description)
                layer = try OperationLayer(description, calls[name]?.first?.arguments)
            } else {
                layer = try make(description)
            }
            layers[name] = layer
            if let input = layer as? InputLayer { results[name] = [[.tensor(GraphNode.input(input).output(0))]] }
        } catch let error as MartletError {
            throw MartletError(error.message, at: "layer \(name)" + (error.location.map { ", \($0)" } ?? ""))
        }
    }

    /// Makes the calls of a layer, up to one whose inputs do not exist yet.
    /// - Returns: the layers that have waited for these calls.
    private mutating func addCalls(of name: String, _ offsets: [String: Int]) throws -> [String] {
        guard let calls = calls[name] else { return [] }
        var ready: [String] = []
        for number in (results[name]?.count ?? 0)..<calls.count {
            let call = calls[number]
            var inputs = arrived.removeValue(forKey: name) ?? []
            for input in call.inputs.dropFirst(inputs.count) {
                switch input {
                case .constant(let json, let type):
                    builder.begin("\(name)_constant")
                    inputs.append(.tensor(try builder.tensor(.constant(json), type)))
                case .tensor(let reference):
                    guard let value = value(reference, offsets) else {
                        arrived[name] = inputs
                        let node = reference.node &- offsets[reference.layer, default: 0]
                        waiting[Place(layer: reference.layer, call: node), default: []].append(name)
                        return ready
                    }
                    inputs.append(value)
                }
            }
            do {
                let made = try Argument.throwing { try add(call, of: name, number, inputs, offsets) }
                results[name, default: []].append(made)
            } catch let error as MartletError {
                guard call.function != nil || error.location == nil else { throw error }
                throw MartletError(error.message, at: "layer \(name)" + (error.location.map { ", \($0)" } ?? ""))
            }
            ready += waiting.removeValue(forKey: Place(layer: name, call: number)) ?? []
        }
        return ready
    }

    /// Adds a call whose inputs exist.
    private mutating func add(
        _ call: Call, of name: String, _ number: Int, _ inputs: [GraphValue], _ offsets: [String: Int]
    ) throws -> [GraphValue] {
        if let function = call.function, let description = descriptions[name] {
            let made = try TensorFlowCall.run(
                description, name: number == 0 ? name : "\(name)_\(number)", function, builder
            ) { reference in
                guard let value = value(reference, offsets) else {
                    throw MartletError("\"\(reference.layer)\" has no such output.", at: "inbound_nodes")
                }
                return value
            }
            callCount += max(1, builder.made.count)
            try ModelReader.check(callCount: callCount, at: name)
            return made
        }
        guard let layer = layers[name] else { return [] }
        callCount += layer.callCount
        try ModelReader.check(callCount: callCount, at: name)
        builder.begin("\(name)_size")
        let tensors = try inputs.map { try builder.tensor($0) }
        var arguments = call.arguments.withStatesApart(of: layer)
        if layer is OperationLayer, layer.className == "GetItem", let first = tensors.first {
            arguments = arguments.withoutEllipsis(rank: first.shape.rank)
        }
        return try GraphNode.make(layer: layer, tensors, arguments: arguments).outputs.map { .tensor($0) }
    }

    private func value(_ reference: CallArguments.Reference, _ offsets: [String: Int]) -> GraphValue? {
        let index = reference.node &- offsets[reference.layer, default: 0]
        guard let made = results[reference.layer], made.indices.contains(index),
            made[index].indices.contains(reference.output)
        else { return nil }
        return made[index][reference.output]
    }

    /// The layers that the outputs need.
    private func neededLayers(from references: [CallArguments.Reference]) -> Set<String> {
        var needed: Set<String> = []
        var stack = references.map(\.layer)
        while let name = stack.popLast() {
            if needed.insert(name).inserted {
                stack += (calls[name] ?? []).flatMap { $0.inputs.compactMap { $0.reference?.layer } }
            }
        }
        return needed
    }

    /// An input or an output of the model. Here a model's own graph counts as its first call.
    private func end(_ reference: CallArguments.Reference) -> GraphValue? {
        let isGraph = (layers[reference.layer] as? Model)?.graph != nil
        let call = isGraph ? max(0, reference.node &- 1) : reference.node
        return value(CallArguments.Reference(layer: reference.layer, node: call, output: reference.output), [:])
    }

    /// The number of a layer's first call in the inputs of other layers. It is 1 for a model in files of Keras 2, which
    /// counts the model's own graph as the first call there too. A number past the last call shows this; where the last call is
    /// only an output of the whole, that no call has the number 0 does.
    private var nodeOffsets: [String: Int] {
        var numbers: [String: ClosedRange<Int>] = [:]
        for reference in calls.values.flatMap({ $0.flatMap { $0.inputs.compactMap(\.reference) } }) {
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
