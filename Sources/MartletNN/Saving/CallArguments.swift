import MartletCore
import MartletFormats

/// The arguments of a layer's call in a functional model, as Keras writes them: positional and named ones. Tensors among
/// them are the node's inputs, in order.
struct CallArguments: Sendable {
    /// A tensor as a layer, the number of its call, and the number of the output.
    struct Reference: Hashable {
        let layer: String
        var node: Int
        let output: Int
    }

    let args: JSONValue
    let kwargs: JSONValue
    /// Whether the file is of Keras 2, in which a call's own `training` is what counts. In Keras 3 it is the model's.
    private var isOfKeras2 = false

    /// The arguments of a call in code, under the names that Keras's `call` of the layer uses.
    init(_ call: LayerCall<Int>, of layer: Layer) {
        func optional(_ place: Int?) -> JSONValue { place.map(CallArguments.placeholder) ?? .null }
        let (names, inputs) = (layer.callParameters, call.inputs.map(CallArguments.placeholder))
        var (positional, named) = ([JSONValue](), JSONObject())
        if let list = layer.listParameter, let place = names.firstIndex(of: list) {
            positional = Array(inputs.prefix(place))
            let rest = JSONValue.array(Array(inputs.dropFirst(place)))
            if place == 0 { positional = [rest] } else if inputs.count > place { named[list] = rest }
        } else {
            positional = inputs
        }
        let masks = call.masks.contains { $0 != nil } ? call.masks : []
        if names.contains("query_mask") {
            for (name, mask) in zip(["query_mask", "value_mask", "key_mask"], masks) where mask != nil {
                named[name] = optional(mask)
            }
        } else if !masks.isEmpty {
            named["mask"] = layer.listParameter == names[0] ? .array(masks.map(optional)) : optional(masks[0])
        }
        if let mask = call.attentionMask { named["attention_mask"] = CallArguments.placeholder(mask) }
        if call.useCausalMask { named["use_causal_mask"] = true }
        if call.returnAttentionScores { named["return_attention_scores"] = true }
        if call.reverse { named["reverse"] = true }
        (args, kwargs) = (.array(positional), .object(named))
    }

    /// The layer call that these arguments describe, with places among the tensors. An argument that is neither a mask nor
    /// an option is an input. `training` is set by the call of the model, as in Keras.
    func call(of layer: Layer) throws -> LayerCall<Int> {
        let names = layer.callParameters
        var given: [(name: String, value: JSONValue)] = []
        if case .array(let positional) = args {
            given = positional.enumerated().map { ($0 < names.count ? names[$0] : "inputs", $1) }
        }
        if case .object(let named) = kwargs { given += named.map { ($0.key, $0.value) } }
        func rank(_ name: String) -> Int { names.firstIndex(of: name) ?? names.count }
        var call = LayerCall<Int>([])
        func setMask(_ place: Int?, of input: Int) {
            guard let place else { return }
            call.masks += [Int?](repeating: nil, count: max(0, input + 1 - call.masks.count))
            call.masks[input] = place
        }
        let order = given.indices.sorted { (rank(given[$0].name), $0) < (rank(given[$1].name), $1) }
        for (name, value) in order.map({ given[$0] }) {
            // Operations have the constants among their own arguments.
            if name != "training", !(layer is OperationLayer), let constant = CallArguments.constant(in: value) {
                throw MartletError(
                    "Expected tensors of the model as \"\(name)\" in the calls of \(layer.className). Received a constant: "
                        + "\(String(constant.serialized().prefix(100))). Give the model an input for it.", at: "inbound_nodes")
            }
            let place = CallArguments.place(value)
            switch name {
            case "mask":
                if case .array(let masks) = value {
                    for (input, mask) in masks.enumerated() { setMask(CallArguments.place(mask), of: input) }
                } else {
                    setMask(place, of: 0)
                }
            case "query_mask": setMask(place, of: 0)
            case "value_mask": setMask(place, of: 1)
            case "key_mask": setMask(place, of: 2)
            case "attention_mask": call.attentionMask = place
            case "use_causal_mask": call.useCausalMask = value == true
            case "return_attention_scores": call.returnAttentionScores = value == true
            case "reverse" where place == nil: call.reverse = value == true
            case "training":
                if isOfKeras2, case .bool(let flag) = value { call.training = flag }
            default: call.inputs += CallArguments.places(in: value)
            }
        }
        return call
    }

    /// The place of a placeholder.
    static func place(_ json: JSONValue) -> Int? {
        guard json["class_name"] == "__keras_tensor__", case .int(let place)? = json["index"] else { return nil }
        return place
    }

    /// The first number or array in nested arguments: these are tensors or options, which are no numbers.
    private static func constant(in json: JSONValue) -> JSONValue? {
        switch json {
        case .int, .double: return json
        case .array(let values): return values.lazy.compactMap(constant).first
        case .object(let object):
            if place(json) != nil { return nil }
            if json["class_name"] == "__numpy__" || json["class_name"] == "__tensor__" { return json }
            return object.lazy.compactMap { constant(in: $0.value) }.first
        default: return nil
        }
    }

    /// All places in nested arguments, in order. Dictionaries are in the order of their keys, as Keras flattens them.
    private static func places(in json: JSONValue) -> [Int] {
        switch json {
        case .array(let values): values.flatMap(places)
        case .object(let object): place(json).map { [$0] } ?? object.sorted { $0.key < $1.key }.flatMap { places(in: $0.value) }
        default: []
        }
    }

    /// Reads an inbound node of a layer and its tensors, in order.
    static func read(_ json: JSONValue) throws -> (arguments: CallArguments, references: [Reference]) {
        var references: [Reference] = []
        if case .array(let tensors) = json { return (try keras2(tensors, &references), references) }
        let args = try replacing(json.valueIfPresent(at: ["args"]) ?? [], &references)
        let kwargs = try replacing(json.valueIfPresent(at: ["kwargs"]) ?? [:], &references)
        return (CallArguments(args: args, kwargs: kwargs), references)
    }

    /// Reads the form of Keras 2: a list of `[layer, node, output, arguments]`, or only one of them. Tensors among the
    /// arguments are `[layer, node, output]`.
    private static func keras2(_ tensors: [JSONValue], _ references: inout [Reference]) throws -> CallArguments {
        var isSingle = false
        if case .string? = tensors.first { isSingle = true }
        let list = isSingle ? [.array(tensors)] : tensors
        references = try list.map(reference)
        let inputs = references.indices.map(placeholder)
        var named = JSONObject()
        for (key, value) in try list.first?.valueIfPresent(at: [3], as: JSONObject.self) ?? [:] {
            named[key] = try keras2Argument(value, &references)
        }
        var arguments = CallArguments(args: list.count > 1 ? [.array(inputs)] : .array(inputs), kwargs: .object(named))
        arguments.isOfKeras2 = true
        return arguments
    }

    private static func keras2Argument(_ json: JSONValue, _ references: inout [Reference]) throws -> JSONValue {
        guard case .array(let values) = json else { return json }
        if values.count >= 3, case .string = values[0], case .int = values[1], case .int = values[2] {
            references.append(try reference(json))
            return placeholder(references.count - 1)
        }
        return .array(try values.map { try keras2Argument($0, &references) })
    }

    /// Positional arguments, with placeholders for tensors.
    init(positional: [JSONValue]) { self.init(args: .array(positional), kwargs: [:]) }

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

    /// The layer, call and output in an array. Keras 2 adds the arguments of the call.
    static func reference(_ json: JSONValue) throws -> Reference {
        Reference(layer: try json.string(0), node: try json.int(1), output: try json.int(2))
    }

    static func placeholder(_ index: Int) -> JSONValue {
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
