import MartletCore
import MartletFormats

/// What a call of a function of TensorFlow takes and gives while the graph of a file of Keras 2 is being read. Keras 3 has
/// tensors only: sizes are computed here as far as they are known, and become tensors where a tensor is needed.
indirect enum GraphValue {
    case tensor(SymbolicTensor)
    /// Sizes of tensors and numbers made of them: what `tf.shape` gives. One that is no list has rank 0.
    case sizes([GraphSize], isList: Bool)
    /// A number, a text, null, or nested lists of numbers.
    case constant(JSONValue)
    case list([GraphValue])
    /// `from:to:by` between brackets.
    case slice(GraphValue, GraphValue, GraphValue)

    static func int(_ value: Int) -> GraphValue { .constant(.int(value)) }
    static func ints(_ values: [Int]) -> GraphValue { .constant(.array(values.map { .int($0) })) }
    static var null: GraphValue { .constant(.null) }

    /// Reads an argument of a call: tensors are `[layer, call, output]`.
    init(_ json: JSONValue, _ tensor: (CallArguments.Reference) throws -> GraphValue) throws {
        if let reference = GraphValue.reference(json) {
            self = try tensor(reference)
            return
        }
        switch json {
        case .array(let values) where GraphValue.hasReference(json):
            self = .list(try values.map { try GraphValue($0, tensor) })
        case .object where json["class_name"] == nil && json["step"] != nil:
            func part(_ key: JSONKey) throws -> GraphValue { try GraphValue(json[key] ?? .null, tensor) }
            self = .slice(try part("start"), try part("stop"), try part("step"))
        default: self = .constant(json)
        }
    }

    /// Reads the first argument of a call, in which a tensor is `[layer, call, output, other arguments]` and a constant
    /// `["_CONSTANT_VALUE", -1, value, other arguments]`.
    init(first json: JSONValue, _ tensor: (CallArguments.Reference) throws -> GraphValue) throws {
        if json[0] == CallArguments.constantMark {
            self = .constant(json[2] ?? .null)
        } else if let reference = GraphValue.reference(json) {
            self = try tensor(reference)
        } else {
            let parts = try json.array().map { try GraphValue(first: $0, tensor) }
            self = GraphValue.joined(parts)
        }
    }

    /// The tensor that `[layer, call, output, ...]` stands for.
    static func reference(_ json: JSONValue) -> CallArguments.Reference? {
        guard case .array(let parts) = json, (3...4).contains(parts.count), case .string(let layer) = parts[0],
            case .int(let node) = parts[1], case .int(let output) = parts[2]
        else { return nil }
        return CallArguments.Reference(layer: layer, node: node, output: output)
    }

    /// All tensors of a call.
    static func references(in json: JSONValue) -> [CallArguments.Reference] {
        var found: [CallArguments.Reference] = []
        if json[0] == CallArguments.constantMark { return references(in: json[3] ?? .null) }
        if let reference = reference(json) {
            found = [reference]
            if let arguments = json[3] { found += references(in: arguments) }
            return found
        }
        switch json {
        case .array(let values) where hasReference(json): return values.flatMap(references)
        case .object(let object): return object.flatMap { references(in: $0.value) }
        default: return []
        }
    }

    /// Whether there is a tensor, a mark of a constant or an object in nested lists; numbers alone are a constant.
    private static func hasReference(_ json: JSONValue) -> Bool {
        switch json {
        case .array(let values):
            if reference(json) != nil || values.first == CallArguments.constantMark { return true }
            return values.contains(where: hasReference)
        case .object(let object): return json["step"] != nil || object.contains { hasReference($0.value) }
        default: return false
        }
    }

    /// A list of constants as one constant.
    static func joined(_ parts: [GraphValue]) -> GraphValue {
        let constants = parts.compactMap { part -> JSONValue? in
            if case .constant(let json) = part { json } else { nil }
        }
        return constants.count == parts.count ? .constant(.array(constants)) : .list(parts)
    }

    var isNull: Bool {
        if case .constant(.null) = self { true } else { false }
    }

    var tensor: SymbolicTensor? {
        if case .tensor(let tensor) = self { tensor } else { nil }
    }

    /// The integers that sizes or constants are, nil for tensors and other values. A scalar counts as one.
    var graphSizes: (sizes: [GraphSize], isList: Bool)? {
        switch self {
        case .sizes(let sizes, let isList): return (sizes, isList)
        case .constant(.int(let value)): return ([.known(value)], false)
        case .constant(.array(let values)):
            let sizes = values.compactMap { value -> GraphSize? in
                if case .int(let size) = value { .known(size) } else { nil }
            }
            return sizes.count == values.count ? (sizes, true) : nil
        case .list(let values):
            let sizes = values.compactMap { value -> GraphSize? in
                guard let (sizes, isList) = value.graphSizes, !isList || sizes.count == 1 else { return nil }
                return sizes.first
            }
            return sizes.count == values.count ? (sizes, true) : nil
        case .tensor(let tensor) where tensor.shape.rank == 0 && !tensor.dtype.isFloatingPoint:
            return ([.computed(tensor)], false)
        default: return nil
        }
    }

    /// What is in the value, as an error shows it.
    var summary: String {
        switch self {
        case .tensor(let tensor): "a tensor of shape \(tensor.shape)"
        case .sizes: "sizes that are not known before the data are"
        case .constant(let json): String(json.serialized().prefix(100))
        case .list(let values): "[" + values.map(\.summary).joined(separator: ", ") + "]"
        case .slice: "a slice"
        }
    }
}

extension GraphValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral {
    init(integerLiteral value: Int) { self = .int(value) }
    init(floatLiteral value: Double) { self = .constant(.double(value)) }
    init(booleanLiteral value: Bool) { self = .constant(.bool(value)) }
}

/// A size within the graph of a file, or an integer made of sizes.
enum GraphSize {
    case known(Int)
    /// A multiple of the size of an axis that only the data have, and a number.
    case axis(SymbolicTensor, Int, times: Int, plus: Int)
    /// A tensor of rank 0.
    case computed(SymbolicTensor)

    /// The size of an axis of a tensor.
    init(of tensor: SymbolicTensor, axis: Int) {
        self = tensor.shape[axis].map { .known($0) } ?? .axis(tensor, axis, times: 1, plus: 0)
    }

    var known: Int? {
        if case .known(let size) = self { size } else { nil }
    }

    /// Whether it is the size of this axis in a graph whose tensors fit each other: sizes of one place are not known to differ.
    func isAxis(_ axis: Int) -> Bool {
        if case .axis(_, axis, times: 1, plus: 0) = self { true } else { false }
    }

    /// The sum with a number.
    func plus(_ number: Int) throws -> GraphSize? {
        switch self {
        case .known(let size): .known(try GraphSize.checked(size.addingReportingOverflow(number)))
        case .axis(let tensor, let axis, let times, let plus):
            .axis(tensor, axis, times: times, plus: try GraphSize.checked(plus.addingReportingOverflow(number)))
        case .computed: nil
        }
    }

    /// The product with a number.
    func times(_ number: Int) throws -> GraphSize? {
        switch self {
        case .known(let size): .known(try GraphSize.checked(size.multipliedReportingOverflow(by: number)))
        case .axis(let tensor, let axis, let times, let plus):
            .axis(
                tensor, axis, times: try GraphSize.checked(times.multipliedReportingOverflow(by: number)),
                plus: try GraphSize.checked(plus.multipliedReportingOverflow(by: number)))
        case .computed: nil
        }
    }

    /// A result below 2^31: sizes beyond are of no tensor.
    static func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
        guard !result.overflow, result.partialValue.magnitude < 1 << 31 else {
            throw MartletError("Expected sizes below 2^31. Received: \(result.partialValue).")
        }
        return result.partialValue
    }
}
