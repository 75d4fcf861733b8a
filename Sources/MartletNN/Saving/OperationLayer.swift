import MartletCore
import MartletFormats

/// A call of one of Keras's `ops` in a functional model (`x * 0.5`, `relu(x + y)`). Keras keeps such calls beside its
/// layers. They have no weights, and may have constants as arguments.
final class OperationLayer: Layer {
    private let kind: String
    private let json: JSONValue
    private let operands: [Operand]
    private let operation: Operation

    /// An operand of an operation.
    private enum Operand {
        /// One of the call's tensors.
        case input(Int)
        /// A number whose dtype follows from the tensors among the operands.
        case number(Double, isInteger: Bool)
        case constant(Tensor)
    }

    /// Whether there is an operation of this class name.
    static func knows(_ className: JSONValue?) -> Bool {
        if case .string(let name)? = className { Operation.table.find(name) != nil } else { false }
    }

    /// - Throws: `MartletError` for an operation that is not supported, and for bad arguments.
    init(_ json: JSONValue, _ arguments: CallArguments?) throws {
        kind = try json.string("class_name")
        let make = try Operation.table.entry(kind)
        self.json = json
        guard let arguments else { throw MartletError("Expected a call of the operation \(kind).") }
        let named: JSONObject = try arguments.kwargs.value(at: [])
        var attributes = try json.valueIfPresent(at: ["config"], as: JSONObject.self) ?? [:]
        for (key, value) in named { attributes[key] = value }
        let positional: [JSONValue] = try arguments.args.value(at: [])
        for (place, value) in positional.enumerated().dropFirst() { attributes[Operation.argument(place)] = value }
        operation = try make(Configuration(className: kind, .object(attributes)))

        let given = positional + named.map(\.value).filter(Self.isOperand)
        let list = operation.operandCount.map { Array(given.prefix($0)) } ?? Self.flattened(given).filter { $0 != .null }
        operands = try list.map(Self.operand)
        guard operation.operandCount ?? max(1, operands.count) == operands.count else {
            throw MartletError(
                "Expected \(operation.operandCount ?? 1) arguments of the operation \(kind). Received: \(operands.count).")
        }
        super.init(name: try json.valueIfPresent(at: ["name"]) ?? json.string("config", "name"))
    }

    private static func isOperand(_ json: JSONValue) -> Bool {
        CallArguments.place(json) != nil || Double(json: json) != nil || json["class_name"] == "__numpy__"
            || json["class_name"] == "__tensor__"
    }

    /// The arguments with lists replaced by their elements.
    private static func flattened(_ values: [JSONValue]) -> [JSONValue] {
        values.flatMap { value in
            if case .array(let list) = value { list } else { [value] }
        }
    }

    private static func operand(_ json: JSONValue) throws -> Operand {
        if let place = CallArguments.place(json) { return .input(place) }
        switch json {
        case .int(let number): return .number(Double(number), isInteger: true)
        case .double(let number): return .number(number, isInteger: false)
        case .bool(let flag): return .constant(Tensor([flag], shape: []))
        case .array: return .constant(try constant(json, dtype: nil))
        case .object:
            return .constant(
                try constant(json.value(at: ["config", "value"]), dtype: DType(name: json.string("config", "dtype"))))
        default: throw MartletError("Expected tensors and numbers as arguments. Received: \(json.serialized()).")
        }
    }

    /// A tensor from nested lists of numbers.
    private static func constant(_ json: JSONValue, dtype: DType?) throws -> Tensor {
        var (shape, level, isInteger) = ([Int](), json, true)
        while case .array(let list) = level {
            shape.append(list.count)
            level = list.first ?? 0
        }
        var values: [Double] = []
        func collect(_ json: JSONValue) throws {
            switch json {
            case .array(let list): try list.forEach(collect)
            case .bool(let flag): values.append(flag ? 1 : 0)
            default:
                if case .double = json { isInteger = false }
                values.append(try json.value(at: []))
            }
        }
        try collect(json)
        guard values.count == shape.reduce(1, *) else { throw MartletError("Expected lists of one length in a constant.") }
        return try Tensor(values, shape: Shape(validating: shape))
            .cast(to: dtype ?? (isInteger ? .int32 : Settings.defaultFloatType))
    }

    /// There is nothing to make, and what it takes need not be a batch.
    override func build(for inputShapes: [PartialShape]) {}

    override var className: String { kind }
    override var castsInputs: Bool { false }

    private var module: String {
        if case .string(let module)? = json["module"] { module } else { Operation.module(of: kind) }
    }

    /// Keras's description of the operation, without its calls.
    var fileDescription: JSONObject {
        [
            "module": .string(module), "class_name": .string(kind), "config": json["config"] ?? [:],
            "registered_name": json["registered_name"] ?? .string(kind),
        ]
    }

    /// The dtype of a number among tensors: the tensors' dtype if it can hold the number.
    private func type(isInteger: Bool, beside types: [DType]) -> DType {
        let tensors = types.reduce(types.first ?? .bool, DType.promoted)
        if tensors.isFloatingPoint { return tensors }
        return isInteger ? (tensors == .bool ? .int32 : tensors) : Settings.defaultFloatType
    }

    override func outputType(for inputTypes: [DType]) -> DType {
        let types = tensorTypes(inputTypes)
        return operation.type(
            operands.map { operand in
                switch operand {
                case .input(let place): inputTypes[place]
                case .number(_, let isInteger): type(isInteger: isInteger, beside: types)
                case .constant(let tensor): tensor.dtype
                }
            })
    }

    private func tensorTypes(_ inputTypes: [DType]) -> [DType] {
        inputTypes + operands.compactMap { if case .constant(let tensor) = $0 { tensor.dtype } else { nil } }
    }

    override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        try operation.shapes(
            operands.map { operand in
                switch operand {
                case .input(let place):
                    guard inputShapes.indices.contains(place) else {
                        throw MartletError("Expected \(place + 1) tensors for the operation \(kind).")
                    }
                    return inputShapes[place]
                case .number: return []
                case .constant(let tensor): return PartialShape(tensor.shape)
                }
            })
    }

    override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        let types = tensorTypes(inputs.map(\.dtype))
        return operation.run(
            operands.map { operand in
                switch operand {
                case .input(let place): inputs[place]
                case .number(let value, let isInteger): Tensor(value, dtype: type(isInteger: isInteger, beside: types))
                case .constant(let tensor): tensor
                }
            })
    }
}
