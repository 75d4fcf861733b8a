import Martlet
import MartletCore
import MartletFormats

/// Writes a graph that ``ExportGraph/preparedForKeras()`` made as a functional model: what has weights becomes Keras's layers,
/// the rest operations of `keras.ops`, which `.keras` files hold beside them.
struct KerasGraph {
    /// A layer that is written: its description without its calls, and the calls.
    private struct Entry {
        let name: String
        var description: JSONObject
        var calls: [JSONValue]
    }

    /// A tensor that the model computes.
    struct Reference {
        let layer: String
        let call: Int
        var output = 0
    }

    let graph: ExportGraph
    private var entries: [Entry] = []
    private var places: [String: Int] = [:]
    private var names = UniqueNames()
    private var references: [Int: Reference] = [:]
    /// Layers by what they are and the bytes of their weights: what a file applies twice is one layer.
    private var known: [String: String] = [:]
    /// The weights of each layer.
    private(set) var weights: [(layer: String, values: [Tensor])] = []

    /// - Throws: `MartletError` for an operation that Keras does not have.
    init(_ graph: ExportGraph) throws {
        self.graph = graph
        for (index, input) in graph.inputs.enumerated() {
            let value = graph.values[input]
            let name = unique(graph.inputNames[index])
            add(name, "keras.layers", "InputLayer", ["batch_shape": sizes(value.shape), "dtype": .string(value.dtype.name)])
            references[input] = Reference(layer: name, call: 0)
        }
        for node in graph.nodes { try emit(node) }
    }

    /// The configuration of the model.
    func config() throws -> JSONValue {
        func ends(_ values: [Int]) throws -> JSONValue {
            let list = try values.map { value -> JSONValue in
                guard let end = references[value] else {
                    throw MartletError("Expected outputs that are computed. \"\(graph.values[value].name)\" is a constant.")
                }
                return [.string(end.layer), .int(end.call), .int(end.output)]
            }
            return list.count == 1 ? list[0] : .array(list)
        }
        let layers = entries.map { entry in
            var description = entry.description
            description["name"] = .string(entry.name)
            description["inbound_nodes"] = .array(entry.calls)
            return JSONValue.object(description)
        }
        return [
            "module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
            "config": [
                "name": .string(plain(graph.name)), "trainable": true, "layers": .array(layers),
                "input_layers": try ends(graph.inputs), "output_layers": try ends(graph.outputs),
            ],
        ]
    }

    // MARK: - Names and tensors

    /// A name that Keras takes.
    private func plain(_ name: String) -> String {
        let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) ? $0 : "_" })
        return plain.isEmpty ? "layer" : plain
    }

    private mutating func unique(_ name: String) -> String { names.next(plain(name)) }

    func sizes(_ shape: [ExportGraph.Dimension]) -> JSONValue {
        .array(shape.map { $0.size.map { .int($0) } ?? .null })
    }

    /// A tensor as an argument of a call.
    func argument(_ reference: Reference, _ dtype: DType, _ shape: [ExportGraph.Dimension]) -> JSONValue {
        [
            "class_name": "__keras_tensor__",
            "config": [
                "shape": sizes(shape), "dtype": .string(dtype.name),
                "keras_history": [.string(reference.layer), .int(reference.call), .int(reference.output)],
            ],
        ]
    }

    /// A value as an argument: a tensor of the model, or an array.
    func argument(_ value: Int) throws -> JSONValue {
        let own = graph.values[value]
        if let reference = references[value] { return argument(reference, own.dtype, own.shape) }
        guard let constant = own.constant else { throw MartletError("Expected \(own.name) to be computed before it is read.") }
        return try array(constant)
    }

    /// The most elements that a configuration gets as text.
    private static let mostElements = 1 << 22

    func array(_ tensor: Tensor) throws -> JSONValue {
        guard tensor.elementCount <= Self.mostElements else {
            throw MartletError(
                "Expected constants of at most \(Self.mostElements) elements where no layer has them as weights. "
                    + "Received: \(tensor.spec).")
        }
        let numbers: [JSONValue] = tensor.dtype.isFloatingPoint
            ? tensor.scalars(as: Float.self).map { .double(Double($0)) } : tensor.scalars(as: Int.self).map { .int($0) }
        var rest = numbers[...]
        func nested(_ shape: ArraySlice<Int>) -> JSONValue {
            guard let size = shape.first else { return rest.removeFirst() }
            return .array((0..<size).map { _ in nested(shape.dropFirst()) })
        }
        let value = nested(tensor.shape.dimensions[...])
        return ["class_name": "__numpy__", "config": ["value": value, "dtype": .string(tensor.dtype.name)]]
    }

    // MARK: - Layers and operations

    @discardableResult
    private mutating func add(
        _ name: String, _ module: String, _ className: String, _ config: JSONObject, call: JSONValue? = nil
    ) -> Reference {
        if let place = places[name] {
            entries[place].calls.append(call!)
            return Reference(layer: name, call: entries[place].calls.count - 1)
        }
        var config = config
        config["name"] = .string(name)
        places[name] = entries.count
        entries.append(
            Entry(
                name: name, description: ["module": .string(module), "class_name": .string(className), "config": .object(config)],
                calls: call.map { [$0] } ?? []))
        return Reference(layer: name, call: 0)
    }

    private func name(of node: ExportGraph.Node, _ kind: String) -> String {
        let path = node.layer.split(separator: "/").last.map(String.init) ?? ""
        return path.isEmpty ? kind : path
    }

    /// Adds a layer that is called with `arguments`.
    mutating func layer(
        _ className: String, _ config: JSONObject, _ arguments: [JSONValue], _ node: ExportGraph.Node, weights: [Tensor] = []
    ) -> Reference {
        var key = ""
        if !weights.isEmpty {
            let hash = SHA256()
            for weight in weights { weight.withUnsafeBytes { hash.write($0) } }
            key = "\(node.layer) \(className) \(JSONValue.object(config).serialized()) \(hash.hexDigest())"
        }
        let call: JSONValue = ["args": .array(arguments), "kwargs": [:]]
        if let name = known[key] { return add(name, "", "", [:], call: call) }
        let name = unique(self.name(of: node, className.lowercased()))
        if !weights.isEmpty {
            known[key] = name
            self.weights.append((name, weights))
        }
        return add(name, "keras.layers", className, config, call: call)
    }

    /// Adds an operation of `keras.ops`.
    mutating func operation(
        _ className: String, _ config: JSONObject = [:], _ arguments: [JSONValue], keywords: JSONObject = [:],
        _ node: ExportGraph.Node
    ) -> Reference {
        let name = unique(self.name(of: node, className.lowercased()))
        let call: JSONValue = ["args": .array(arguments), "kwargs": .object(keywords)]
        let module = "keras.src.ops.\(Self.modules[className] ?? "numpy")"
        let reference = add(name, module, className, config, call: call)
        entries[places[name]!].description["registered_name"] = .string(className)
        return reference
    }

    /// Where Keras keeps operations that are not NumPy's.
    private static let modules = [
        "Cast": "core", "Erf": "math", "Erfinv": "math", "Rsqrt": "math", "TopK": "math", "OneHot": "nn", "LogSoftmax": "nn",
        "Gelu": "nn", "Relu": "nn", "Relu6": "nn", "Sigmoid": "nn", "Softplus": "nn",
    ]

    /// Sets what an output of a node is.
    mutating func set(_ node: ExportGraph.Node, _ reference: Reference, output: Int = 0) {
        references[node.outputs[output]] = reference
    }

    /// A result of the shape and dtype of a value, as an argument.
    func argument(_ reference: Reference, like value: Int) -> JSONValue {
        argument(reference, graph.values[value].dtype, graph.values[value].shape)
    }
}
