import MartletCore
import MartletFormats

/// A call of one of Keras's `ops` within a functional model (`x * 0.5`, `relu(x + y)`): Keras keeps them beside its
/// layers. They have no weights, and constants among their arguments.
final class OperationLayer: Layer {
    private let kind: String
    private let json: JSONValue
    private let arguments: CallArguments
    private let operation: Operation

    private enum Operation {
        case unary(@Sendable (Tensor) -> Tensor)
        case binary(@Sendable (Tensor, Tensor) -> Tensor)
    }

    private static var operations: NameTable<Operation> {
        NameTable(
            of: "operation",
            [
                (["Add"], .binary { $0 + $1 }), (["Subtract"], .binary { $0 - $1 }),
                (["Multiply"], .binary { $0 * $1 }), (["Divide", "TrueDivide"], .binary { $0 / $1 }),
                (["Maximum"], .binary { maximum($0, $1) }), (["Minimum"], .binary { minimum($0, $1) }),
                (["Power"], .binary { $0.pow($1) }),
                (["Negative"], .unary { -$0 }), (["Absolute", "Abs"], .unary { $0.abs() }),
                (["Square"], .unary { $0.square() }), (["Sqrt"], .unary { $0.squareRoot() }),
                (["Exp"], .unary { $0.exp() }), (["Log"], .unary { $0.log() }),
                (["Relu"], .unary { $0.relu() }), (["Sigmoid"], .unary { $0.sigmoid() }),
                (["Tanh"], .unary { $0.tanh() }),
            ])
    }

    /// Whether an operation has this class name.
    static func knows(_ className: JSONValue?) -> Bool {
        if case .string(let name)? = className { operations.find(name) != nil } else { false }
    }

    /// - Throws: `MartletError` for an operation that is not supported.
    init(_ json: JSONValue, _ arguments: CallArguments?) throws {
        kind = try json.string("class_name")
        operation = try Self.operations.entry(kind)
        self.json = json
        guard let arguments, case .array = arguments.args else {
            throw MartletError("Expected the arguments of the operation \(kind).")
        }
        self.arguments = arguments
        super.init(name: try json.valueIfPresent(at: ["name"]) ?? json.string("config", "name"))
    }

    override var className: String { kind }
    override var castsInputs: Bool { false }

    /// As Keras describes it, calls apart.
    var description: JSONObject {
        [
            "module": json["module"] ?? .null, "class_name": .string(kind), "config": json["config"] ?? [:],
            "registered_name": json["registered_name"] ?? .string(kind),
        ]
    }

    override func outputType(for inputTypes: [DType]) -> DType { inputTypes.reduce(inputTypes[0], DType.promoted) }

    override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard !inputShapes.isEmpty, try operands(inputShapes.map { _ in 0 }, constant: { _ in 0 }).count == arity else {
            throw MartletError("Expected \(arity) arguments of the operation \(kind).")
        }
        return [
            try inputShapes.dropFirst().reduce(inputShapes[0]) { a, b in
                guard let shape = PartialShape.broadcast(a, b) else {
                    throw MartletError("Expected inputs of shapes that broadcast. Received: \(inputShapes).")
                }
                return shape
            }
        ]
    }

    private var arity: Int { if case .unary = operation { 1 } else { 2 } }

    override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        // The shapes were checked, and with them the arguments.
        let type = inputs[0].dtype
        let values = (try? operands(inputs) { Tensor($0, dtype: type) }) ?? inputs
        switch operation {
        case .unary(let function): return [function(values[0])]
        case .binary(let function): return [function(values[0], values[1])]
        }
    }

    /// The operands: the inputs and the numbers among the arguments.
    private func operands<Value>(_ inputs: [Value], constant: (Double) -> Value) throws -> [Value] {
        func operand(_ json: JSONValue) throws -> Value {
            if case .int(let index)? = json["index"], inputs.indices.contains(index) { return inputs[index] }
            return constant(try json.value(at: []))
        }
        let positional: [JSONValue] = try arguments.args.value(at: [])
        let named: JSONObject = try arguments.kwargs.value(at: [])
        return try positional.map(operand) + named.map { try operand($0.value) }
    }
}

extension PartialShape {
    /// The shape that both broadcast to by NumPy's rules, nil when they do not.
    static func broadcast(_ a: PartialShape, _ b: PartialShape) -> PartialShape? {
        let rank = max(a.rank, b.rank)
        var result = [Int?](repeating: nil, count: rank)
        for axis in 1...max(1, rank) where rank > 0 {
            let x = axis <= a.rank ? a[-axis] : 1
            let y = axis <= b.rank ? b[-axis] : 1
            if let x, let y, x != y, x != 1, y != 1 { return nil }
            result[rank - axis] = x == 1 ? y : y == 1 ? x : x ?? y
        }
        return PartialShape(result)
    }
}
