import MartletCore
import MartletFormats

extension OlderKeras {
    /// The classes of layers that call a function of TensorFlow (`x + y`, `tf.concat`, `x[:, 0]` in a functional model).
    static let functionLayers: Set<JSONValue> = ["TFOpLambda", "SlicingOpLambda"]

    /// The call of a function of TensorFlow as Keras 3 writes its own operations.
    /// - Throws: `MartletError` for a function that is not known, or arguments that are not.
    static func operation(_ layer: JSONObject) throws -> JSONObject {
        let json = JSONValue.object(layer)
        let called = try json.string("config", "function")
        guard let function = TensorFlowFunction.named(called) else {
            throw MartletError(
                "Expected a function of TensorFlow that Keras 3 has as an operation. Received: \(called). Replace it by a layer "
                    + "in Keras 2, and save the model again.", at: "TFOpLambda.function")
        }
        var config: JSONObject = ["name": try json.value(at: ["config", "name"])]
        var name = function.name
        // Each call has its own arguments. Those that become the operation's are the same in all calls of one layer.
        let nodes = try json.array("inbound_nodes").map { node -> JSONValue in
            var call = try FunctionCall(node, of: function, called)
            name = try call.finish(name: function.name)
            for (key, value) in call.attributes { config[key] = value }
            return ["args": .array(call.arguments), "kwargs": .object(call.named)]
        }
        // Keras 3 adds more than two with its layer, and has no operation that does nothing.
        let isLayer = name == "Add" && function.takesList || name == "Identity"
        return [
            "module": .string(isLayer ? "keras.layers" : Operation.module(of: name)), "class_name": .string(name),
            "config": .object(config), "registered_name": isLayer ? .null : .string(name), "name": layer["name"] ?? config["name"]!,
            "inbound_nodes": .array(nodes),
        ]
    }

    /// The layers of a functional graph without those that only ask for a tensor's shape. A size that is not known when the graph
    /// is made follows from the other ones where a tensor gets its new shape: it is -1 there.
    static func withoutShapes(_ layers: [JSONValue]) -> [JSONValue] {
        var (shapes, sizes) = (Set<JSONValue>(), Set<JSONValue>())
        for layer in layers where functionLayers.contains(layer["class_name"] ?? .null) {
            guard let name = layer["name"], let node = layer["inbound_nodes"]?[0] else { continue }
            switch layer["config"]?["function"] {
            case "compat.v1.shape", "shape": shapes.insert(name)
            case "__operators__.getitem" where node[0].map(shapes.contains) == true:
                if case .int? = node[3]?["slice_spec"] { sizes.insert(name) }
            default: break
            }
        }
        guard !sizes.isEmpty else { return layers }
        return layers.compactMap { layer in
            guard let name = layer["name"], !shapes.contains(name), !sizes.contains(name) else { return nil }
            guard case .object(var object) = layer, layer["config"]?["function"] == "reshape",
                case .array(let nodes)? = layer["inbound_nodes"]
            else { return layer }
            object["inbound_nodes"] = .array(
                nodes.map { node in
                    guard case .array(var parts) = node, parts.count > 3, case .object(var named) = parts[3],
                        case .array(let shape)? = named["shape"]
                    else { return node }
                    named["shape"] = .array(shape.map { $0[0].map(sizes.contains) == true ? -1 : $0 })
                    parts[3] = .object(named)
                    return .array(parts)
                })
            return .object(object)
        }
    }
}

/// One call of a function of TensorFlow in a graph of Keras 2, in the words of Keras 3.
private struct FunctionCall {
    /// The operation's attributes under Keras's names.
    var attributes: JSONObject = [:]
    var arguments: [JSONValue] = []
    var named: JSONObject = [:]

    /// - Parameters:
    ///   - node: `[layer, call, output, arguments]`, a list of such, or for a constant `["_CONSTANT_VALUE", -1, value, arguments]`.
    ///   - called: the function's name in the file.
    init(_ node: JSONValue, of function: TensorFlowFunction, _ called: String) throws {
        // A call of one tensor is not in a list of its own.
        let tensors: [JSONValue]
        if case .string? = node[0] { tensors = [node] } else { tensors = try node.array() }
        guard let first = tensors.first, function.takesList || tensors.count == 1 else {
            throw MartletError("Expected a call with one tensor. Received: \(tensors.count).", at: called)
        }
        let positional = try tensors.map(FunctionCall.operand)
        var operands: [JSONValue?] = [function.takesList ? .array(positional) : positional[0]]
        operands += [JSONValue?](repeating: nil, count: function.operands.count - 1)
        for (key, value) in try first.valueIfPresent(at: [3], as: JSONObject.self) ?? [:] where value != .null && key != "name" {
            if let place = function.operands.firstIndex(of: key) {
                operands[place] = try FunctionCall.operand(value)
            } else if let attribute = function.attributes.first(where: { $0.name == key }) {
                attributes[attribute.key] = value
            } else if function.neutral[key] != value {
                let expected = function.neutral[key].map { "\(key): \($0.serialized())" } ?? "no argument \"\(key)\""
                throw MartletError("Expected \(expected). Received: \(value.serialized()).", at: called)
            }
        }
        for attribute in function.attributes where attributes[attribute.key] == nil {
            guard let fallback = attribute.fallback else {
                throw MartletError("Expected an argument \"\(attribute.name)\".", at: called)
            }
            attributes[attribute.key] = fallback
        }
        for (place, operand) in operands.enumerated() where operand == nil {
            throw MartletError("Expected a tensor \"\(function.operands[place])\".", at: called)
        }
        arguments = operands.compactMap { $0 }
    }

    /// A tensor, `[layer, node, output]`, or a constant.
    private static func operand(_ json: JSONValue) throws -> JSONValue {
        if case .string(let layer)? = json[0] {
            if layer == "_CONSTANT_VALUE" { return try constant(json.value(at: [2])) }
            let reference = try CallArguments.reference(json)
            return ["class_name": "__keras_tensor__", "config": ["keras_history": reference.json]]
        }
        return try constant(json)
    }

    /// A number, or nested lists of numbers as Keras 3 writes an array.
    private static func constant(_ json: JSONValue) throws -> JSONValue {
        guard case .array = json else { return json }
        func isInteger(_ json: JSONValue) -> Bool {
            switch json {
            case .array(let values): values.allSatisfy(isInteger)
            case .double: false
            default: true
            }
        }
        let type = isInteger(json) ? "int32" : "float32"
        return ["class_name": "__numpy__", "config": ["value": json, "dtype": .string(type)]]
    }

    private mutating func taken(_ key: String) -> JSONValue? {
        defer { attributes[key] = nil }
        return attributes[key]
    }

    /// Brings what Keras 3 says in another form into that form.
    /// - Returns: the class of the operation.
    mutating func finish(name: String) throws -> String {
        switch name {
        case "Matmul":
            let (a, b) = (taken("transpose_a"), taken("transpose_b"))
            guard a == true || b == true else { return name }
            attributes["subscripts"] = .string("...\(a == true ? "ki" : "ik"),...\(b == true ? "jk" : "kj")->...ij")
            return "Einsum"
        case "Split":
            guard case .array? = attributes["indices_or_sections"] else { return name }
            let sizes: [Int] = try JSONValue.object(attributes).value(at: ["indices_or_sections"])
            guard sizes.allSatisfy({ (0..<1 << 31).contains($0) }) else {
                throw MartletError("Expected the sizes of all parts. Received: \(sizes).", at: "split.num_or_size_splits")
            }
            let ends = sizes.dropLast().reduce(into: [Int]()) { $0.append(($0.last ?? 0) + $1) }
            attributes["indices_or_sections"] = .array(ends.map { .int($0) })
        case "Pad":
            if case .string(let mode)? = attributes["mode"] { attributes["mode"] = .string(mode.lowercased()) }
            // It is an argument of the call.
            let value = taken("constant_values")
            if attributes["mode"] == "constant", let value, Double(json: value) != 0 { named["constant_values"] = value }
        case "Flip":
            if case .array(let axes)? = attributes["axis"], axes.count == 1 { attributes["axis"] = axes[0] }
        case "GetItem": try addIndices()
        default: break
        }
        return name
    }

    /// What stands between the brackets, for any of the three functions that take a part of a tensor.
    private mutating func addIndices() throws {
        func slice(_ start: JSONValue, _ stop: JSONValue, _ step: JSONValue) -> JSONValue {
            ["class_name": "__slice__", "config": ["start": start, "stop": stop, "step": step]]
        }
        let json = JSONValue.object(attributes)
        attributes = [:]
        if let key = json["slice_spec"] {
            var items = [key]
            if case .array(let list) = key { items = list }
            arguments.append(
                .array(
                    items.map { item in
                        guard case .object = item, item["class_name"] == nil else {
                            return item["class_name"] == "__ellipsis__" ? ["class_name": "__ellipsis__", "config": [:]] : item
                        }
                        return slice(item["start"] ?? .null, item["stop"] ?? .null, item["step"] ?? .null)
                    }))
            return
        }
        let begins: [Int] = try json.value(at: ["begin"])
        let ends: [Int?]
        var steps = [Int](repeating: 1, count: begins.count)
        if json["size"] != nil {
            let sizes: [Int] = try json.value(at: ["size"])
            ends = zip(begins, sizes).map { begin, size in size == -1 ? nil : begin.addingReportingOverflow(size).partialValue }
        } else {
            ends = try json.value(at: ["end"], as: [Int].self)
            if json["strides"] != .null { steps = try json.value(at: ["strides"]) }
        }
        guard ends.count == begins.count, steps.count == begins.count else {
            throw MartletError("Expected \(begins.count) ends and steps. Received: \(ends.count), \(steps.count).", at: "slice")
        }
        arguments.append(
            .array(
                begins.indices.map { slice(.int(begins[$0]), .optional(ends[$0]), .int(steps[$0])) }))
    }
}
