import MartletCore
import MartletFormats

/// Adds Keras 3's operations to a graph that is being read: those that a function of TensorFlow is made of, and those that
/// hold constants in calls of layers.
final class GraphBuilder {
    /// The names of all layers.
    private var names: Set<String>
    /// An input of the model. What does not depend on the data hangs on it, since all in a graph follows from inputs.
    var anchor: SymbolicTensor?
    /// The name of what is being added.
    var base = "constant"
    private(set) var made: [GraphNode] = []
    private var zeros: [DType: GraphValue] = [:]

    init(names: Set<String>) { self.names = names }

    /// Begins the operations of one call.
    func begin(_ base: String) {
        self.base = base
        made = []
    }

    /// Gives the last operation the name of the call that it ends.
    func end(_ name: String, _ node: GraphNode) {
        names.remove(node.layer.name)
        node.layer.name = name
        names.insert(name)
    }

    private func newName() -> String {
        var number = made.count
        while names.contains("\(base)_\(number)") { number += 1 }
        names.insert("\(base)_\(number)")
        return "\(base)_\(number)"
    }

    private func add(_ layer: Layer, _ inputs: [SymbolicTensor], _ arguments: CallArguments) throws -> GraphNode {
        guard made.count < 10_000 else { throw MartletError("Expected fewer operations in one call.") }
        let node = try GraphNode.make(layer: layer, inputs, arguments: arguments)
        made.append(node)
        return node
    }

    /// Adds an operation.
    /// - Parameters:
    ///   - type: the dtype of the arrays among the operands; nil is that of the first tensor among them.
    ///   - named: other arguments of the call.
    @discardableResult
    func node(
        _ kind: String, _ operands: [GraphValue], _ attributes: JSONObject = [:], type: DType? = nil, named: JSONObject = [:]
    ) throws -> GraphNode {
        var inputs: [SymbolicTensor] = []
        func hasTensor(_ value: GraphValue) -> Bool {
            switch value {
            case .tensor: true
            case .list(let values): values.contains(where: hasTensor)
            case .sizes(let sizes, _): sizes.contains { $0.known == nil }
            default: false
            }
        }
        var operands = operands
        if !operands.contains(where: hasTensor), let first = operands.first { operands[0] = .tensor(try tensor(first, type)) }
        func firstType(_ value: GraphValue) -> DType? {
            switch value {
            case .tensor(let tensor): tensor.dtype
            case .list(let values): values.lazy.compactMap(firstType).first
            default: nil
            }
        }
        let own = type ?? operands.lazy.compactMap(firstType).first
        func json(_ value: GraphValue) throws -> JSONValue {
            switch value {
            case .tensor(let tensor):
                inputs.append(tensor)
                return CallArguments.placeholder(inputs.count - 1)
            case .constant(.array(let values)): return GraphBuilder.array(.array(values), own)
            case .constant(let json): return json
            case .list(let values): return .array(try values.map(json))
            case .sizes(let sizes, let isList):
                let known = sizes.compactMap(\.known)
                if known.count == sizes.count {
                    return isList ? try json(.ints(known)) : .int(known[0])
                }
                return try json(isList ? stacked(sizes) : count(sizes[0]))
            case .slice: throw MartletError("Expected a tensor. Received: a slice.")
            }
        }
        let arguments = CallArguments(positional: try operands.map(json), named: named)
        return try add(operation: kind, attributes, inputs, arguments)
    }

    private func add(
        operation kind: String, _ attributes: JSONObject, _ inputs: [SymbolicTensor], _ arguments: CallArguments
    ) throws -> GraphNode {
        let name = newName()
        var config: JSONObject = ["name": .string(name)]
        for (key, value) in attributes { config[key] = value }
        let description: JSONValue = [
            "module": .string(Operation.module(of: kind)), "class_name": .string(kind), "config": .object(config),
            "registered_name": .string(kind), "name": .string(name),
        ]
        try ModelReader.checkSizes(description)
        return try add(OperationLayer(description, arguments), inputs, arguments)
    }

    /// Adds a layer.
    func layer(_ className: String, _ config: JSONObject, _ input: SymbolicTensor, named: JSONObject = [:]) throws -> GraphNode
    {
        var config = config
        config["name"] = .string(newName())
        let layer = try ModelReader.layer(
            ["module": "keras.layers", "class_name": .string(className), "config": .object(config), "registered_name": .null])
        return try add(layer, [input], CallArguments(keras2: [CallArguments.placeholder(0)], named: named))
    }

    /// The value of an operation with one result.
    func op(
        _ kind: String, _ operands: GraphValue..., with attributes: JSONObject = [:], type: DType? = nil,
        named: JSONObject = [:]
    ) throws -> GraphValue {
        .tensor(try node(kind, operands, attributes, type: type, named: named).output(0))
    }

    /// An array as Keras 3 writes it.
    /// - Parameter beside: the dtype of the tensors that it meets: numbers take it if it can hold them.
    static func array(_ json: JSONValue, _ beside: DType?) -> JSONValue {
        ["class_name": "__numpy__", "config": ["value": json, "dtype": .string(type(of: json, beside).name)]]
    }

    /// The dtype of a constant beside tensors.
    static func type(of json: JSONValue, _ beside: DType?) -> DType {
        var (hasFraction, hasTruth) = (false, false)
        var stack = [json]
        while let value = stack.popLast() {
            switch value {
            case .array(let values): stack += values
            case .double: hasFraction = true
            case .bool: hasTruth = true
            default: break
            }
        }
        if hasTruth { return .bool }
        if let beside, beside != .bool, beside != .string, !hasFraction || beside.isFloatingPoint { return beside }
        return hasFraction ? .float32 : .int32
    }

    // MARK: - Values as tensors

    /// A value as a tensor of the graph.
    func tensor(_ value: GraphValue, _ type: DType? = nil) throws -> SymbolicTensor {
        switch value {
        case .tensor(let tensor): return tensor
        case .sizes(let sizes, let isList):
            let known = sizes.compactMap(\.known)
            if known.count == sizes.count { return try tensor(isList ? .ints(known) : .int(known[0]), type ?? .int32) }
            return try tensor(isList ? stacked(sizes) : count(sizes[0]))
        case .constant(let json):
            let type = GraphBuilder.type(of: json, type)
            switch json {
            case .array, .int, .double, .bool: break
            default: throw MartletError("Expected a tensor. Received: \(json.serialized()).")
            }
            let zero = try self.zero(type == .bool ? .int32 : type)
            let array = type == .bool ? GraphBuilder.numbers(json) : json
            let operand = GraphValue.constant(array)
            let sum = try op("Add", zero, operand, type: type == .bool ? .int32 : type)
            return try tensor(type == .bool ? op("Cast", sum, with: ["dtype": "bool"]) : sum)
        case .list(let values): return try tensor(op("Stack", .list(values.map { .tensor(try tensor($0, type)) })))
        case .slice: throw MartletError("Expected a tensor. Received: a slice.")
        }
    }

    /// Truth values as 1 and 0.
    private static func numbers(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let values): .array(values.map(numbers))
        case .bool(let flag): .int(flag ? 1 : 0)
        default: json
        }
    }

    /// A tensor 0 of rank 0.
    private func zero(_ type: DType) throws -> GraphValue {
        if let zero = zeros[type] { return zero }
        guard let anchor, anchor.dtype != .string else {
            throw MartletError("Expected a model whose first input is of numbers, which its constants are computed beside.")
        }
        let cast =
            anchor.dtype == type
            ? GraphValue.tensor(anchor) : try op("Cast", .tensor(anchor), with: ["dtype": .string(type.name)])
        let zero = try op("Sum", op("ZerosLike", cast), with: ["axis": .null, "keepdims": false])
        zeros[type] = zero
        return zero
    }

    /// A size as a tensor of rank 0.
    func count(_ size: GraphSize) throws -> GraphValue {
        switch size {
        case .known(let size): return .tensor(try tensor(.int(size), .int32))
        case .computed(let tensor): return .tensor(tensor)
        case .axis(let tensor, let axis, let times, let plus):
            var result = try op("Sum", ones(along: axis, of: tensor), with: ["axis": .null, "keepdims": false])
            if times != 1 { result = try op("Multiply", result, .int(times)) }
            return plus == 0 ? result : try op("Add", result, .int(plus))
        }
    }

    private func stacked(_ sizes: [GraphSize]) throws -> GraphValue { try op("Stack", .list(sizes.map(count))) }

    /// An integer 1 for each place along an axis.
    private func ones(along axis: Int, of tensor: SymbolicTensor) throws -> GraphValue {
        var value = GraphValue.tensor(tensor)
        if tensor.dtype != .int32 { value = try op("Cast", value, with: ["dtype": "int32"]) }
        let ones = try op("OnesLike", value)
        let others = (0..<tensor.shape.rank).filter { $0 != axis }
        guard !others.isEmpty else { return ones }
        // The product of ones is one, of no elements too.
        return try op("Prod", ones, with: ["axis": .array(others.map { .int($0) }), "keepdims": false])
    }

    /// So many ones in a vector.
    func ones(_ size: GraphSize, type: DType = .int32) throws -> GraphValue {
        switch size {
        case .known(let size):
            guard (0...1 << 20).contains(size) else { throw MartletError("Expected a size up to 1048576. Received: \(size).") }
            return .tensor(try tensor(.ints([Int](repeating: 1, count: size)), type))
        case .computed:
            throw MartletError("Expected a size that is a multiple of one of a tensor's. Received: a computed one.")
        case .axis(let tensor, let axis, let times, let plus):
            var vector = try ones(along: axis, of: tensor)
            guard times > 0 else { throw MartletError("Expected a positive multiple of a size. Received: \(times).") }
            if times > 1 { vector = try op("Repeat", vector, with: ["repeats": .int(times), "axis": 0]) }
            if plus > 0 {
                vector = try op(
                    "Concatenate", .list([vector, .ints([Int](repeating: 1, count: min(plus, 1 << 20)))]), with: ["axis": 0])
            } else if plus < 0 {
                vector = try item(vector, [GraphBuilder.slice(.null, .int(plus), .null)])
            }
            return type == .int32 ? vector : try op("Cast", vector, with: ["dtype": .string(type.name)])
        }
    }

    /// 0, 1, ... below a size.
    func range(_ size: GraphSize) throws -> GraphValue {
        if let known = size.known, (0...1 << 20).contains(known) { return .ints(Array(0..<known)) }
        return try op("Subtract", op("Cumsum", ones(size), with: ["axis": 0]), 1)
    }

    // MARK: - Parts

    static func slice(_ start: JSONValue, _ stop: JSONValue, _ step: JSONValue = .null) -> JSONValue {
        ["class_name": "__slice__", "config": ["start": start, "stop": stop, "step": step]]
    }

    static let all = slice(.null, .null)

    /// `x[key]`.
    func item(_ x: GraphValue, _ key: [JSONValue]) throws -> GraphValue {
        let tensor = try self.tensor(x)
        let arguments = CallArguments(positional: [CallArguments.placeholder(0), .array(key)])
        return .tensor(try add(operation: "GetItem", [:], [tensor], arguments).output(0))
    }
}
