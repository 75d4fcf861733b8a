import MartletCore
import MartletFormats

extension TensorFlowCall {
    /// The functions of TensorFlow under the names in files; `compat.v1.` is left out.
    static let table: [String: Maker] = {
        var table: [String: Maker] = [:]
        for fill in [
            elementwise, binary, reductions, running, layout, indexing, shapes, matrices, neural, windows, losses, images,
        ] {
            fill(&table)
        }
        return table
    }()

    /// What is said of functions that cannot be had, where there is more to say than that.
    static let missing: [String: String] = [
        "einsum":
            "Keras 2 does not save the tensors of a call of tf.einsum, so that it cannot load the file itself. Use tf.matmul, "
            + "or a layer EinsumDense, in its place, and save the model again."
    ]
}

// MARK: - One and two numbers

extension TensorFlowCall {
    private static func elementwise(_ table: inout [String: Maker]) {
        for (kind, functions) in unary {
            for function in functions { table[function] = { [try $0.op(kind, $0.first)] } }
        }
        for name in ["identity", "math.real"] { table[name] = { [.tensor(try $0.graph.tensor($0.first))] } }
        for (kind, name) in [("ZerosLike", "zeros_like"), ("OnesLike", "ones_like")] {
            table[name] = { call in
                _ = call["optimize"]
                let x = try call.op(kind, call.first)
                return [try call.dtype().map { try call.cast(x, $0) } ?? x]
            }
        }
        table["cast"] = { call in
            let type = try DType(name: call.required("dtype"))
            // Sizes are integers until a tensor of floating-point numbers is made of them.
            if type == .int32 || type == .int64, case .sizes = call.first { return [call.first] }
            return [try call.cast(.tensor(call.graph.tensor(call.first)), type)]
        }
        for (name, type) in [("to_float", DType.float32), ("to_double", .float64), ("to_int32", .int32), ("to_int64", .int64)] {
            table[name] = { [try $0.cast($0.first, type)] }
        }
        table["dtypes.saturate_cast"] = {
            [try $0.op("SaturateCast", $0.first, with: ["dtype": .string($0.required("dtype"))])]
        }
        table["nn.leaky_relu"] = {
            [try $0.op("LeakyRelu", $0.first, with: ["negative_slope": .double($0.constant("alpha", 0.2))])]
        }
        table["nn.gelu"] = { [try $0.op("Gelu", $0.first, with: ["approximate": .bool($0.constant("approximate", false))])] }
        for name in ["nn.silu", "nn.swish"] {
            table[name] = { call in
                let beta: Double = try call.constant("beta", 1)
                guard beta != 1 else { return [try call.op("Silu", call.first)] }
                return [try call.mul(call.first, call.op("Sigmoid", call.mul(call.first, .constant(.double(beta)))))]
            }
        }
        table["nn.crelu"] = { call in
            let axis = try call.axis(-1, of: call.first)
            let both = GraphValue.list([call.first, try call.op("Negative", call.first)])
            return [try call.op("Relu", call.op("Concatenate", both, with: ["axis": .int(axis)]))]
        }
        for (kind, name) in [("Softmax", "softmax"), ("LogSoftmax", "log_softmax")] {
            for module in ["nn", "math"] {
                table["\(module).\(name)"] = { call in
                    let axis = try call.json("axis") ?? call.json("dim") ?? -1
                    return [try call.op(kind, call.first, with: ["axis": axis])]
                }
            }
        }
        table["math.ndtri"] = { call in
            let x = try call.sub(call.mul(call.first, 2.0), 1.0)
            return [try call.mul(call.op("Erfinv", x), .constant(.double(2.0.squareRoot())))]
        }
        table["math.reciprocal_no_nan"] = { call in
            [try call.op("DivideNoNan", call.op("OnesLike", call.first), call.first)]
        }
        table["math.polyval"] = { call in
            let x = try call.operand("x")
            let coefficients: [GraphValue]
            switch call.first {
            case .list(let values): coefficients = values
            case .constant(.array(let values)): coefficients = values.map { .constant($0) }
            default: throw MartletError("Expected a list of coefficients. Received: \(call.first.summary).")
            }
            let start = try call.op("ZerosLike", x)
            return [try coefficients.reduce(start) { try call.add(call.mul($0, x), $1) }]
        }
        table["clip_by_value"] = { call in
            let (low, high) = (try call.operand("clip_value_min"), try call.operand("clip_value_max"))
            if call.type(call.first).isFloatingPoint, case .constant(let low) = low, case .constant(let high) = high,
                Double(json: low) != nil, Double(json: high) != nil
            {
                return [try call.op("Clip", call.first, with: ["x_min": low, "x_max": high])]
            }
            return [try call.op("Maximum", call.op("Minimum", call.first, high), low)]
        }
        // Keras 3's is one of floating-point numbers.
        table["nn.relu"] = { call in
            [try call.type(call.first).isFloatingPoint ? call.op("Relu", call.first) : call.op("Maximum", call.first, 0)]
        }
        table["where"] = { call in [try call.select(call.first, call.operand("x"), call.operand("y"))] }
        table["where_v2"] = table["where"]
    }

    private static let unary: [(String, [String])] = [
        ("StopGradient", ["stop_gradient"]), ("Negative", ["math.negative"]), ("Absolute", ["math.abs"]),
        ("Sign", ["math.sign"]), ("Reciprocal", ["math.reciprocal"]), ("Square", ["math.square"]), ("Sqrt", ["math.sqrt"]),
        ("Rsqrt", ["math.rsqrt"]), ("Exp", ["math.exp"]), ("Expm1", ["math.expm1"]), ("Log", ["math.log"]),
        ("Log1p", ["math.log1p"]), ("Floor", ["math.floor"]), ("Ceil", ["math.ceil"]), ("Round", ["math.round", "math.rint"]),
        ("Sin", ["math.sin"]), ("Cos", ["math.cos"]), ("Tan", ["math.tan"]), ("Arcsin", ["math.asin"]),
        ("Arccos", ["math.acos"]), ("Arctan", ["math.atan"]), ("Sinh", ["math.sinh"]), ("Cosh", ["math.cosh"]),
        ("Tanh", ["math.tanh", "nn.tanh"]), ("Arcsinh", ["math.asinh"]), ("Arccosh", ["math.acosh"]),
        ("Arctanh", ["math.atanh"]), ("Erf", ["math.erf"]), ("Erfc", ["math.erfc"]), ("Erfinv", ["math.erfinv"]),
        ("Isnan", ["math.is_nan"]), ("Isinf", ["math.is_inf"]), ("Isfinite", ["math.is_finite"]),
        ("LogicalNot", ["math.logical_not"]), ("Sigmoid", ["math.sigmoid", "nn.sigmoid"]),
        ("LogSigmoid", ["math.log_sigmoid"]), ("Softplus", ["math.softplus", "nn.softplus"]),
        ("Softsign", ["nn.softsign", "math.softsign"]), ("Relu6", ["nn.relu6"]), ("Elu", ["nn.elu"]),
        ("Selu", ["nn.selu"]),
    ]

    private static func binary(_ table: inout [String: Maker]) {
        for (kind, functions) in operators {
            for function in functions {
                table[function] = { call in
                    let y = try call.operand(function == "math.atan2" ? "x" : "y")
                    if let sizes = try call.sizes(kind, call.first, y) { return [sizes] }
                    return [try call.op(kind, call.first, y)]
                }
            }
        }
        for name in ["math.truediv", "math.divide", "divide", "div", "realdiv"] {
            table[name] = { call in
                var (x, y) = (call.first, try call.operand("y"))
                let type = [x, y].compactMap { $0.tensor?.dtype }.first ?? DType.promoted(call.type(x), call.type(y))
                if !type.isFloatingPoint {
                    // TensorFlow divides integers of 32 bits and more in double precision.
                    let wide: DType = type == .int32 || type == .int64 ? .float64 : .float32
                    (x, y) = (
                        try call.cast(.tensor(call.graph.tensor(x, type)), wide),
                        try call.cast(.tensor(call.graph.tensor(y, type)), wide)
                    )
                }
                return [try call.div(x, y)]
            }
        }
        for name in ["math.squared_difference"] {
            table[name] = { [try $0.op("Square", $0.sub($0.first, $0.operand("y")))] }
        }
        table["math.multiply_no_nan"] = { call in
            let y = try call.operand("y")
            return [try call.noNumber(where: y) { try call.mul(call.first, y) }]
        }
        table["math.xdivy"] = { call in
            let y = try call.operand("y")
            return [try call.noNumber(where: call.first) { try call.div(call.first, y) }]
        }
        for (name, kind) in [("math.xlogy", "Log"), ("math.xlog1py", "Log1p")] {
            table[name] = { call in
                // A logarithm that a factor 0 hides has no gradient either.
                let isZero = try call.op("Equal", call.first, 0.0)
                let y = GraphValue.tensor(try call.graph.tensor(call.operand("y"), call.type(call.first)))
                let safe = try call.select(isZero, call.op("OnesLike", y), y)
                return [try call.mul(call.first, call.op(kind, safe))]
            }
        }
        // Division towards 0.
        for (name, kind) in [("truncatediv", "FloorDivide"), ("truncatemod", "Mod")] {
            table[name] = { call in
                let y = try call.operand("y")
                let result = try call.op(kind, call.op("Absolute", call.first), call.op("Absolute", y))
                let sign = try call.op("Sign", call.first)
                return [try call.mul(kind == "Mod" ? sign : call.mul(sign, call.op("Sign", y)), result)]
            }
        }
        // A shift multiplies by a power of 2, or divides by one, down.
        for (name, kind) in [("bitwise.left_shift", "Multiply"), ("bitwise.right_shift", "FloorDivide")] {
            table[name] = { call in
                let bits: Int = try call.required("y")
                guard (0..<31).contains(bits) else { throw MartletError("Expected 0 to 30 bits. Received: \(bits).") }
                return [try call.op(kind, call.first, .int(1 << bits))]
            }
        }
        table["bitwise.invert"] = { [try $0.sub(-1, $0.first)] }
        for name in ["math.add_n", "math.accumulate_n"] {
            table[name] = { call in
                guard case .list(let values) = call.first, let first = values.first else {
                    return [.tensor(try call.graph.tensor(call.first))]
                }
                _ = (call["shape"], call["tensor_dtype"])
                return [try values.dropFirst().reduce(first) { try call.add($0, $1) }]
            }
        }
    }

    private static let operators: [(String, [String])] = [
        ("Add", ["__operators__.add", "math.add"]), ("Subtract", ["math.subtract"]), ("Multiply", ["math.multiply"]),
        ("DivideNoNan", ["math.divide_no_nan"]), ("FloorDivide", ["math.floordiv", "floor_div"]),
        ("Mod", ["math.floormod", "math.mod"]), ("Power", ["math.pow"]), ("Maximum", ["math.maximum"]),
        ("Minimum", ["math.minimum"]), ("Arctan2", ["math.atan2"]), ("Equal", ["math.equal"]),
        ("NotEqual", ["math.not_equal"]), ("Greater", ["math.greater"]), ("GreaterEqual", ["math.greater_equal"]),
        ("Less", ["math.less"]), ("LessEqual", ["math.less_equal"]), ("LogicalAnd", ["math.logical_and"]),
        ("LogicalOr", ["math.logical_or"]), ("LogicalXor", ["math.logical_xor"]),
    ]

    /// 0 where `x` is 0, else the value, whatever that is there.
    private func noNumber(where x: GraphValue, _ value: () throws -> GraphValue) throws -> GraphValue {
        let value = try value()
        return try select(op("Equal", x, 0.0), op("ZerosLike", value), value)
    }

    /// Arithmetic of sizes; nil where it needs tensors.
    private func sizes(_ kind: String, _ x: GraphValue, _ y: GraphValue) throws -> GraphValue? {
        guard x.tensor == nil, y.tensor == nil, let a = x.graphSizes, let b = y.graphSizes else { return nil }
        let count = a.isList ? a.sizes.count : b.isList ? b.sizes.count : 1
        guard count > 0, !a.isList || !b.isList || a.sizes.count == b.sizes.count else { return nil }
        var results: [GraphSize] = []
        for place in 0..<count {
            let (p, q) = (a.sizes[a.isList ? place : 0], b.sizes[b.isList ? place : 0])
            guard let size = try TensorFlowCall.size(kind, p, q) else { return nil }
            results.append(size)
        }
        return .sizes(results, isList: a.isList || b.isList)
    }

    static func size(_ kind: String, _ a: GraphSize, _ b: GraphSize) throws -> GraphSize? {
        switch (kind, a.known, b.known) {
        case ("Add", _, let b?): return try a.plus(b)
        case ("Add", let a?, _): return try b.plus(a)
        case ("Subtract", _, let b?): return try a.plus(-b)
        case ("Subtract", let a?, _): return try b.times(-1)?.plus(a)
        case ("Multiply", _, let b?): return try a.times(b)
        case ("Multiply", let a?, _): return try b.times(a)
        case ("FloorDivide", let a?, let b?) where b != 0:
            return .known(Int((Double(a) / Double(b)).rounded(.down)))
        case ("Mod", let a?, let b?) where b > 0: return .known(((a % b) + b) % b)
        case ("FloorDivide", nil, let b?):
            guard b > 0, case .axis(let tensor, let axis, let times, let plus) = a, times % b == 0, plus % b == 0 else {
                return nil
            }
            return .axis(tensor, axis, times: times / b, plus: plus / b)
        case ("Maximum", let a?, let b?): return .known(max(a, b))
        case ("Minimum", let a?, let b?): return .known(min(a, b))
        default: return nil
        }
    }
}
