import MartletCore
import MartletFormats

/// How a layer was called in a functional model, as Keras writes it: positional and named arguments, some of them
/// tensors, which stand for the node's inputs in their order.
struct CallArguments: Sendable {
    /// Which output of which call of which layer a tensor is.
    struct Reference: Hashable {
        let layer: String
        var node: Int
        let output: Int
    }

    let args: JSONValue
    let kwargs: JSONValue

    /// The arguments of a call with `count` inputs that no file says more of.
    /// - Parameter asList: whether they are passed as one list.
    init(inputs count: Int, asList: Bool) {
        let inputs = (0..<count).map { CallArguments.placeholder($0) }
        args = asList ? [.array(inputs)] : .array(inputs)
        kwargs = [:]
    }

    /// Reads an inbound node, and the tensors that it names, in order.
    ///
    /// Masks are left out: they follow the tensors by themselves.
    static func read(_ json: JSONValue) throws -> (arguments: CallArguments?, references: [Reference]) {
        if case .array(let tensors) = json {
            // Keras 2: a list of [layer, node, output, arguments], or one of them by itself.
            if case .string? = tensors.first { return (nil, [try reference(json)]) }
            return (nil, try tensors.map(reference))
        }
        var references: [Reference] = []
        let args = try replacing(json.valueIfPresent(at: ["args"]) ?? [], &references)
        var named = JSONObject()
        for (key, value) in try json.valueIfPresent(at: ["kwargs"], as: JSONObject.self) ?? [:] {
            if key != "mask" && key != "training" { named[key] = try replacing(value, &references) }
        }
        return (CallArguments(args: args, kwargs: .object(named)), references)
    }

    private init(args: JSONValue, kwargs: JSONValue) {
        self.args = args
        self.kwargs = kwargs
    }

    /// An inbound node as Keras writes it.
    func json(inputs: [(tensor: SymbolicTensor, reference: Reference)]) -> JSONValue {
        func filled(_ json: JSONValue) -> JSONValue {
            switch json {
            case .array(let values): return .array(values.map(filled))
            case .object(let object):
                if json["class_name"] == "__keras_tensor__", case .int(let index)? = json["index"] {
                    let (tensor, reference) = inputs[index]
                    return [
                        "class_name": "__keras_tensor__",
                        "config": [
                            "shape": .array(tensor.shape.dimensions.map { .optional($0) }),
                            "dtype": .string(tensor.dtype.name), "keras_history": reference.json,
                        ],
                    ]
                }
                return .object(object.reduce(into: JSONObject()) { $0[$1.key] = filled($1.value) })
            default: return json
            }
        }
        return ["args": filled(args), "kwargs": filled(kwargs)]
    }

    /// The layer, call and output that an array names; Keras 2 adds the call's arguments.
    static func reference(_ json: JSONValue) throws -> Reference {
        Reference(layer: try json.string(0), node: try json.int(1), output: try json.int(2))
    }

    private static func placeholder(_ index: Int) -> JSONValue {
        ["class_name": "__keras_tensor__", "index": .int(index)]
    }

    /// The arguments with placeholders for tensors.
    private static func replacing(_ json: JSONValue, _ references: inout [Reference]) throws -> JSONValue {
        switch json {
        case .array(let values): return .array(try values.map { try replacing($0, &references) })
        case .object(let object):
            if json["class_name"] == "__keras_tensor__" {
                guard let history = json["config"]?["keras_history"] else {
                    throw MartletError("Expected the keras_history of a tensor.")
                }
                references.append(try reference(history))
                return placeholder(references.count - 1)
            }
            var result = JSONObject()
            for (key, value) in object { result[key] = try replacing(value, &references) }
            return .object(result)
        default: return json
        }
    }
}

extension CallArguments.Reference {
    /// As Keras writes it.
    var json: JSONValue { [.string(layer), .int(node), .int(output)] }
}
