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

    private(set) var args: JSONValue
    private(set) var kwargs: JSONValue
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

    /// All places in nested arguments, in order. Dictionaries are in the order of their keys, as Keras flattens them.
    private static func places(in json: JSONValue) -> [Int] {
        switch json {
        case .array(let values): values.flatMap(places)
        case .object(let object): place(json).map { [$0] } ?? object.sorted { $0.key < $1.key }.flatMap { places(in: $0.value) }
        default: []
        }
    }

    /// What a call in a file takes in the place of a tensor.
    enum Input {
        case tensor(Reference)
        /// A number, or nested lists of numbers, and their dtype where it is said.
        case constant(JSONValue, DType?)

        /// The tensor, nil for a constant.
        var reference: Reference? {
            if case .tensor(let reference) = self { reference } else { nil }
        }
    }

    /// The layer that Keras 2 writes for a constant in the place of a tensor.
    static let constantMark: JSONValue = "_CONSTANT_VALUE"

    /// Reads an inbound node of a layer and what it takes, in order.
    /// - Parameter className: the layer's class. An operation has the constants among its own arguments.
    static func read(_ json: JSONValue, of className: JSONValue?, isOperation: Bool) throws -> (
        arguments: CallArguments, inputs: [Input]
    ) {
        var inputs: [Input] = []
        if case .array(let tensors) = json { return (try keras2(tensors, of: className, &inputs), inputs) }
        let args = try replacing(json.valueIfPresent(at: ["args"]) ?? [], isOperation, &inputs)
        var kwargs = JSONObject()
        for (key, value) in try json.valueIfPresent(at: ["kwargs"], as: JSONObject.self) ?? [:] {
            kwargs[key] = try replacing(value, isOperation || key == "training", &inputs)
        }
        return (CallArguments(args: args, kwargs: .object(kwargs)), inputs)
    }

    /// Reads the form of Keras 2: a list of `[layer, node, output, arguments]`, or only one of them. Tensors among the
    /// arguments are `[layer, node, output]`, constants among them are numbers and nested lists.
    private static func keras2(
        _ tensors: [JSONValue], of className: JSONValue?, _ inputs: inout [Input]
    ) throws -> CallArguments {
        var isSingle = false
        if case .string? = tensors.first { isSingle = true }
        let list = isSingle ? [.array(tensors)] : tensors
        inputs = try list.map { json in
            json[0] == constantMark ? .constant(json[2] ?? .null, nil) : .tensor(try reference(json))
        }
        let places = inputs.indices.map(placeholder)
        var named = JSONObject()
        for (key, value) in try list.first?.valueIfPresent(at: [3], as: JSONObject.self) ?? [:] {
            guard key != "training" else {
                named[key] = value
                continue
            }
            let depth = depth(of: value)
            // One array for several states or masks is not told apart from a list of them but by its axes.
            let isConvolution = className == "ConvLSTM1D" || className == "ConvLSTM2D" || className == "ConvLSTM3D"
            let isList =
                key == "initial_state" && depth >= (isConvolution ? 5 : 3) || key == "mask" && list.count > 1 && depth >= 3
            if isList, case .array(let parts) = value {
                named[key] = .array(try parts.map { try keras2Argument($0, &inputs) })
            } else {
                named[key] = try keras2Argument(value, &inputs)
            }
        }
        return CallArguments(keras2: list.count > 1 ? [.array(places)] : places, named: named)
    }

    /// The number of axes of nested lists of numbers, 0 for what is none.
    private static func depth(of json: JSONValue) -> Int {
        guard isArray(json), case .array(let values) = json else { return 0 }
        return 1 + depth(of: values[0])
    }

    /// Whether it is nested lists of numbers or truth values.
    private static func isArray(_ json: JSONValue) -> Bool {
        guard case .array(let values) = json, !values.isEmpty else { return false }
        return values.allSatisfy { value in
            switch value {
            case .int, .double, .bool: true
            default: isArray(value)
            }
        }
    }

    private static func keras2Argument(_ json: JSONValue, _ inputs: inout [Input]) throws -> JSONValue {
        switch json {
        case .int, .double: break
        case .array(let values) where !isArray(json):
            if values.count >= 3, case .string = values[0], case .int = values[1], case .int = values[2] {
                inputs.append(.tensor(try reference(json)))
                return placeholder(inputs.count - 1)
            }
            return .array(try values.map { try keras2Argument($0, &inputs) })
        case .array: break
        default: return json
        }
        inputs.append(.constant(json, nil))
        return placeholder(inputs.count - 1)
    }

    /// The same with the first states of a recurrent layer under their name: Keras 2 writes them into one list with the sequence,
    /// which Keras 3 does not take.
    func withStatesApart(of layer: Layer) -> CallArguments {
        guard layer.listParameter == "initial_state", case .array(let positional) = args, case .array(let list)? = positional.first,
            case .object(var named) = kwargs, let sequence = list.first, named["initial_state"] == nil
        else { return self }
        var arguments = self
        if list.count > 1 { named["initial_state"] = .array(Array(list.dropFirst())) }
        (arguments.args, arguments.kwargs) = (.array([sequence] + positional.dropFirst()), .object(named))
        return arguments
    }

    /// Arguments with placeholders for tensors.
    init(positional: [JSONValue], named: JSONObject = [:]) { self.init(args: .array(positional), kwargs: .object(named)) }

    /// Arguments of a call of Keras 2, in which `training` is what counts.
    init(keras2 positional: [JSONValue], named: JSONObject) {
        self.init(positional: positional, named: named)
        isOfKeras2 = true
    }

    /// The arguments of an operation's call with slices in the place of an ellipsis between brackets, which Keras 3 does not
    /// read in all kinds of files.
    /// - Parameter rank: the number of axes of what the brackets stand behind.
    func withoutEllipsis(rank: Int) -> CallArguments {
        func isEllipsis(_ json: JSONValue) -> Bool { json["class_name"] == "__ellipsis__" }
        func key(_ json: JSONValue) -> JSONValue {
            var items = [json]
            if case .array(let list) = json { items = list }
            guard let place = items.firstIndex(where: isEllipsis) else { return json }
            let own = items.filter { $0 != .null && !isEllipsis($0) }.count
            items.replaceSubrange(place...place, with: [JSONValue](repeating: GraphBuilder.all, count: max(0, rank - own)))
            return .array(items)
        }
        var result = (args, kwargs)
        if case .array(var positional) = args, positional.count > 1 {
            positional[1] = key(positional[1])
            result.0 = .array(positional)
        }
        if case .object(var named) = kwargs, let given = named["key"] {
            named["key"] = key(given)
            result.1 = .object(named)
        }
        return CallArguments(args: result.0, kwargs: result.1)
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

    /// The layer, call and output in an array. Keras 2 adds the arguments of the call.
    static func reference(_ json: JSONValue) throws -> Reference {
        Reference(layer: try json.string(0), node: try json.int(1), output: try json.int(2))
    }

    static func placeholder(_ index: Int) -> JSONValue {
        ["class_name": "__keras_tensor__", "index": .int(index)]
    }

    /// The arguments with placeholders for tensors, and for constants unless they stay.
    private static func replacing(_ json: JSONValue, _ keepsConstants: Bool, _ inputs: inout [Input]) throws -> JSONValue {
        func constant(_ value: JSONValue, _ type: DType?) -> JSONValue {
            inputs.append(.constant(value, type))
            return placeholder(inputs.count - 1)
        }
        switch json {
        case .array(let values):
            if !keepsConstants, isArray(json) { return constant(json, nil) }
            return .array(try values.map { try replacing($0, keepsConstants, &inputs) })
        case .int, .double: return keepsConstants ? json : constant(json, nil)
        case .object(let object):
            if json["class_name"] == "__keras_tensor__" {
                guard let history = json["config"]?["keras_history"] else {
                    throw MartletError("Expected the keras_history of a tensor.")
                }
                inputs.append(.tensor(try reference(history)))
                return placeholder(inputs.count - 1)
            }
            if !keepsConstants, json["class_name"] == "__numpy__" || json["class_name"] == "__tensor__" {
                return constant(try json.value(at: ["config", "value"]), try DType(name: json.string("config", "dtype")))
            }
            var result = JSONObject()
            for (key, value) in object { result[key] = try replacing(value, keepsConstants, &inputs) }
            return .object(result)
        default: return json
        }
    }
}

extension CallArguments.Reference {
    /// As Keras writes it.
    var json: JSONValue { [.string(layer), .int(node), .int(output)] }
}
