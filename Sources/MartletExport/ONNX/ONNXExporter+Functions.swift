import Martlet
import MartletCore

extension ONNXExporter {
    mutating func cast(_ name: String, to type: DType) -> String {
        node("Cast", [name], ["to": .int(ONNX.ElementType(type).rawValue)])
    }

    mutating func activated(_ name: String, _ activation: Operation.Activation, _ type: DType) -> String {
        switch activation {
        case .none: name
        case .relu: node("Relu", [name])
        case .relu6: node("Clip", [name, number(0, type), number(6, type)])
        }
    }

    /// The functions that ONNX Runtime computes of `float32` alone.
    private static let singleOnly: Set<Operation.Unary> = [
        .acos, .acosh, .asin, .asinh, .atan, .atanh, .cosh, .erf, .erfc, .gelu, .hardSwish, .sinh, .softplus, .tan,
    ]

    mutating func add(_ unary: Operation.Unary, _ x: String, _ type: DType) throws -> String {
        if type == .float64, Self.singleOnly.contains(unary) {
            return cast(try add(unary, cast(x, to: .float32), .float32), to: .float64)
        }
        if let operation = unary.names.onnx { return node(operation, [x]) }
        switch unary {
        case .erfc: return node("Sub", [number(1, type), node("Erf", [x])])
        case .exp2: return node("Pow", [number(2, type), x])
        case .expm1: return node("Sub", [node("Exp", [x]), number(1, type)])
        case .log1p: return node("Log", [node("Add", [x, number(1, type)])])
        case .log2: return node("Mul", [node("Log", [x]), number(1.4426950408889634, type)])
        case .isFinite: return node("Not", [node("Or", [node("IsInf", [x]), node("IsNaN", [x])])])
        case .reciprocalSquareRoot: return node("Reciprocal", [node("Sqrt", [x])])
        case .relu6: return node("Clip", [x, number(0, type), number(6, type)])
        case .square: return node("Mul", [x, x])
        case .trunc: return node("Mul", [node("Sign", [x]), node("Floor", [node("Abs", [x])])])
        case .gelu:
            let error = node("Erf", [node("Mul", [x, number(0.7071067811865476, type)])])
            return node("Mul", [node("Mul", [x, number(0.5, type)]), node("Add", [error, number(1, type)])])
        case .geluTanh:
            let cube = node("Mul", [node("Mul", [x, x]), x])
            let sum = node("Add", [x, node("Mul", [cube, number(0.044715, type)])])
            let tanh = node("Tanh", [node("Mul", [sum, number(0.7978845608028654, type)])])
            return node("Mul", [node("Mul", [x, number(0.5, type)]), node("Add", [tanh, number(1, type)])])
        default: throw MartletError("Expected a function that ONNX has. Received: \(unary.rawValue).")
        }
    }

    mutating func add(_ binary: Operation.Binary, _ a: String, _ b: String, _ type: DType) throws -> String {
        if let operation = binary.names.onnx { return node(operation, [a, b]) }
        switch binary {
        case .notEqual: return node("Not", [node("Equal", [a, b])])
        case .hypot: return node("Sqrt", [node("Add", [node("Mul", [a, a]), node("Mul", [b, b])])])
        case .floorDivide where type.isFloatingPoint: return node("Floor", [node("Div", [a, b])])
        case .floorDivide:
            // Integers are divided towards zero there; what the division leaves has the sign of the divisor in Mod.
            return node("Div", [node("Sub", [a, node("Mod", [a, b])]), b])
        case .mod where type.isFloatingPoint: return node("Sub", [a, node("Mul", [b, node("Floor", [node("Div", [a, b])])])])
        case .mod: return node("Mod", [a, b])
        case .atan2:
            // The angle of the half plane, moved by half a turn on the left.
            let zero = number(0, type)
            let turn = node("Where", [node("Less", [a, zero]), number(-Double.pi, type), number(Double.pi, type)])
            let moved = node("Where", [node("Less", [b, zero]), turn, zero])
            return node("Add", [node("Atan", [node("Div", [a, b])]), moved])
        default: throw MartletError("Expected a function that ONNX has. Received: \(binary.rawValue).")
        }
    }

    mutating func add(
        _ reduction: Operation.Reduction, _ x: String, _ axes: [Int], _ keepDims: Bool, _ type: DType
    ) -> String {
        let keeps = ONNX.Attribute.int(keepDims ? 1 : 0)
        if axes.isEmpty { return node("Identity", [x]) }
        switch reduction {
        case .sum: return node("ReduceSum", [x, integers(axes)], ["keepdims": keeps])
        case .all, .any:
            let flags = cast(type == .bool ? x : cast(x, to: .bool), to: .int32)
            let name = reduction == .all ? "ReduceMin" : "ReduceMax"
            return cast(node(name, [flags], ["axes": .ints(axes), "keepdims": keeps]), to: .bool)
        default: return node(reduction.names.onnx!, [x], ["axes": .ints(axes), "keepdims": keeps])
        }
    }

    mutating func place(_ type: String, _ x: String, _ axis: Int, _ dtype: DType) -> String {
        let place = node(type, [x], ["axis": .int(axis), "keepdims": .int(0)])
        return dtype == .int64 ? place : cast(place, to: dtype)
    }
}
