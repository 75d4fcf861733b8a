/// What the formats call an operation; nil where they do not have it as one.
struct FormatNames: Sendable {
    var onnx: String?
    var tensorFlow: String?
    /// The class of `keras.ops`.
    var keras: String?
    var tflite: (builtin: TFLite.Builtin, options: TFLite.Options)?

    init(
        _ onnx: String?, _ tensorFlow: String?, _ keras: String?, _ builtin: TFLite.Builtin? = nil,
        _ options: TFLite.Options = .none
    ) {
        (self.onnx, self.tensorFlow, self.keras) = (onnx, tensorFlow, keras)
        tflite = builtin.map { ($0, options) }
    }
}

extension Operation.Unary {
    var names: FormatNames {
        switch self {
        case .abs: .init("Abs", "Abs", "Absolute", .abs, .abs)
        case .acos: .init("Acos", "Acos", "Arccos")
        case .acosh: .init("Acosh", "Acosh", "Arccosh")
        case .asin: .init("Asin", "Asin", "Arcsin")
        case .asinh: .init("Asinh", "Asinh", "Arcsinh")
        case .atan: .init("Atan", "Atan", "Arctan")
        case .atanh: .init("Atanh", "Atanh", "Arctanh")
        case .ceil: .init("Ceil", "Ceil", "Ceil", .ceil)
        case .cos: .init("Cos", "Cos", "Cos", .cos, .cos)
        case .cosh: .init("Cosh", "Cosh", "Cosh")
        case .digamma: .init(nil, "Digamma", nil)
        case .erf: .init("Erf", "Erf", "Erf")
        case .erfc: .init(nil, "Erfc", nil)
        case .erfinv: .init(nil, "Erfinv", "Erfinv")
        case .exp: .init("Exp", "Exp", "Exp", .exp, .exp)
        case .exp2: .init(nil, nil, "Exp2")
        case .expm1: .init(nil, "Expm1", "Expm1")
        case .floor: .init("Floor", "Floor", "Floor", .floor)
        case .gelu: .init(nil, nil, nil, .gelu, .gelu)
        case .geluTanh: .init(nil, nil, nil, .gelu, .gelu)
        case .hardSwish: .init("HardSwish", nil, nil, .hardSwish, .hardSwish)
        case .isFinite: .init(nil, "IsFinite", "Isfinite")
        case .isInfinite: .init("IsInf", "IsInf", "Isinf")
        case .isNaN: .init("IsNaN", "IsNan", "Isnan")
        case .lgamma: .init(nil, "Lgamma", nil)
        case .log: .init("Log", "Log", "Log", .log)
        case .log1p: .init(nil, "Log1p", "Log1p")
        case .log2: .init(nil, nil, "Log2")
        case .logicalNot: .init("Not", "LogicalNot", "LogicalNot", .logicalNot, .logicalNot)
        case .negate: .init("Neg", "Neg", "Negative", .neg, .neg)
        case .reciprocal: .init("Reciprocal", "Reciprocal", "Reciprocal")
        case .reciprocalSquareRoot: .init(nil, "Rsqrt", "Rsqrt", .rsqrt)
        case .relu: .init("Relu", "Relu", "Relu", .relu)
        case .relu6: .init(nil, "Relu6", "Relu6", .relu6)
        case .round: .init("Round", "Round", "Round", .round)
        case .sigmoid: .init("Sigmoid", "Sigmoid", "Sigmoid", .logistic)
        case .sign: .init("Sign", "Sign", "Sign", .sign, .sign)
        case .sin: .init("Sin", "Sin", "Sin", .sin)
        case .sinh: .init("Sinh", "Sinh", "Sinh")
        case .softplus: .init("Softplus", "Softplus", "Softplus")
        case .square: .init(nil, "Square", "Square", .square, .square)
        case .squareRoot: .init("Sqrt", "Sqrt", "Sqrt", .sqrt)
        case .tan: .init("Tan", "Tan", "Tan")
        case .tanh: .init("Tanh", "Tanh", "Tanh", .tanh)
        case .trunc: .init(nil, nil, "Trunc")
        }
    }
}

extension Operation.Binary {
    var names: FormatNames {
        switch self {
        case .add: .init("Add", "AddV2", "Add", .add, .add)
        case .atan2: .init(nil, "Atan2", "Arctan2", .atan2, .atan2)
        case .divide: .init("Div", "RealDiv", "Divide", .div, .div)
        case .equal: .init("Equal", "Equal", "Equal", .equal, .equal)
        case .floorDivide: .init(nil, "FloorDiv", "FloorDivide", .floorDiv, .floorDiv)
        case .greater: .init("Greater", "Greater", "Greater", .greater, .greater)
        case .greaterEqual: .init("GreaterOrEqual", "GreaterEqual", "GreaterEqual", .greaterEqual, .greaterEqual)
        case .hypot: .init(nil, nil, nil)
        case .less: .init("Less", "Less", "Less", .less, .less)
        case .lessEqual: .init("LessOrEqual", "LessEqual", "LessEqual", .lessEqual, .lessEqual)
        case .logicalAnd: .init("And", "LogicalAnd", "LogicalAnd", .logicalAnd, .logicalAnd)
        case .logicalOr: .init("Or", "LogicalOr", "LogicalOr", .logicalOr, .logicalOr)
        case .logicalXor: .init("Xor", nil, "LogicalXor")
        case .maximum: .init("Max", "Maximum", "Maximum", .maximum, .maximumMinimum)
        case .minimum: .init("Min", "Minimum", "Minimum", .minimum, .maximumMinimum)
        case .mod: .init(nil, "FloorMod", "Mod", .floorMod, .floorMod)
        case .multiply: .init("Mul", "Mul", "Multiply", .mul, .mul)
        case .notEqual: .init(nil, "NotEqual", "NotEqual", .notEqual, .notEqual)
        case .pow: .init("Pow", "Pow", "Power", .pow, .pow)
        case .subtract: .init("Sub", "Sub", "Subtract", .sub, .sub)
        }
    }
}

extension Operation.Reduction {
    var names: FormatNames {
        switch self {
        case .all: .init(nil, "All", "All", .reduceAll, .reducer)
        case .any: .init(nil, "Any", "Any", .reduceAny, .reducer)
        case .max: .init("ReduceMax", "Max", "Max", .reduceMax, .reducer)
        case .mean: .init("ReduceMean", "Mean", "Mean", .mean, .reducer)
        case .min: .init("ReduceMin", "Min", "Min", .reduceMin, .reducer)
        case .product: .init("ReduceProd", "Prod", "Prod", .reduceProd, .reducer)
        case .sum: .init("ReduceSum", "Sum", "Sum", .sum, .reducer)
        }
    }
}
