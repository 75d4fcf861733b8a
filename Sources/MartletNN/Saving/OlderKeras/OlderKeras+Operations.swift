import MartletCore
import MartletFormats

extension OlderKeras {
    /// The call of an operation of TensorFlow (`x + y` in a functional model) as Keras 3 writes its own operations.
    /// - Throws: `MartletError` for a function that is not known, or arguments that are not.
    static func operation(_ layer: JSONObject) throws -> JSONObject {
        let json = JSONValue.object(layer)
        let function = try json.string("config", "function")
        guard let name = operations[function] else {
            throw MartletError(
                "Expected one of the operations \(operations.keys.sorted().joined(separator: ", ")). Received: \(function). "
                    + "Replace it by a layer in Keras 2, and save the model again.", at: "TFOpLambda.function")
        }
        var config: JSONObject = ["name": try json.value(at: ["config", "name"])]
        let nodes = try json.array("inbound_nodes").map { node -> JSONValue in
            // A call of one tensor is not in a list of its own.
            let call = node[0]?[0] == nil ? node : node[0] ?? node
            var arguments = [try operand(call)]
            for (key, value) in try call.valueIfPresent(at: [3], as: JSONObject.self) ?? [:] where value != .null {
                switch key {
                case "name": break
                case "y": arguments.append(try operand(value))
                case "axis", "keepdims": config[key] = value
                default:
                    throw MartletError(
                        "Expected \(function) without an argument \"\(key)\". Received: \(value.serialized()).",
                        at: "TFOpLambda")
                }
            }
            return ["args": .array(arguments), "kwargs": [:]]
        }
        if name == "Mean" || name == "Sum" || name == "Max" || name == "Min" {
            config["axis"] = config["axis"] ?? .null
            config["keepdims"] = config["keepdims"] ?? false
        }
        return [
            "module": .string(Operation.module(of: name)), "class_name": .string(name), "config": .object(config),
            "registered_name": .string(name), "name": layer["name"] ?? config["name"]!, "inbound_nodes": .array(nodes),
        ]
    }

    /// A tensor, `[layer, node, output]`, or a constant.
    private static func operand(_ json: JSONValue) throws -> JSONValue {
        guard case .string(let layer)? = json[0] else { return json }
        if layer == "_CONSTANT_VALUE" { return try json.value(at: [2]) }
        let reference = try CallArguments.reference(json)
        return ["class_name": "__keras_tensor__", "config": ["keras_history": reference.json]]
    }

    /// The class in Keras 3.
    private static let operations: [String: String] = {
        var table: [String: String] = [:]
        for (name, functions) in [
            ("Add", ["__operators__.add", "math.add"]), ("Subtract", ["math.subtract"]), ("Multiply", ["math.multiply"]),
            ("TrueDivide", ["math.truediv", "math.divide"]), ("Power", ["math.pow"]), ("Maximum", ["math.maximum"]),
            ("Minimum", ["math.minimum"]), ("Negative", ["math.negative"]), ("Absolute", ["math.abs"]), ("Exp", ["math.exp"]),
            ("Log", ["math.log"]), ("Sqrt", ["math.sqrt"]), ("Square", ["math.square"]), ("Sin", ["math.sin"]),
            ("Cos", ["math.cos"]), ("Tanh", ["math.tanh", "nn.tanh"]), ("Mean", ["math.reduce_mean"]),
            ("Sum", ["math.reduce_sum"]), ("Max", ["math.reduce_max"]), ("Min", ["math.reduce_min"]),
            ("Relu", ["nn.relu"]), ("Relu6", ["nn.relu6"]), ("Sigmoid", ["math.sigmoid", "nn.sigmoid"]),
            ("Softplus", ["math.softplus", "nn.softplus"]), ("Silu", ["nn.silu", "nn.swish"]),
        ] {
            for function in functions { table[function] = name }
        }
        return table
    }()
}
