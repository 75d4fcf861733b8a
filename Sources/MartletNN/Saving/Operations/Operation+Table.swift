import MartletCore
import MartletFormats

extension Operation {
    /// Keras's operations under the names of their classes.
    static let table: NameTable<Maker> = {
        var table: [String: Maker] = [:]
        let fills = [
            arithmetic, functions, numbers, reductions, statistics, products, layout, arrays, matrices, pooling, convolutions,
            neural, linearAlgebra, imageFunctions, patches,
        ]
        for fill in fills { fill(&table) }
        return NameTable(of: "operation", table.map { ([$0.key], $0.value) })
    }()

    /// Functions of several numbers that broadcast.
    static func arithmetic(_ table: inout [String: Maker]) {
        table["Add"] = binary { $0 + $1 }
        table["Subtract"] = binary { $0 - $1 }
        table["Multiply"] = binary { $0 * $1 }
        table["Divide"] = floating(2) { $0[0] / $0[1] }
        table["TrueDivide"] = table["Divide"]
        table["DivideNoNan"] = floating(2) { quotient($0[0], $0[1]) }
        table["FloorDivide"] = binary { floorDivide($0, $1) }
        table["Mod"] = binary { mod($0, $1) }
        table["Remainder"] = table["Mod"]
        table["Power"] = binary { $0.pow($1) }
        table["Arctan2"] = floating(2) { atan2($0[0], $0[1]) }
        table["Logaddexp"] = floating(2) { maximum($0[0], $0[1]) + (-($0[0] - $0[1]).abs()).exp().log1p() }
        table["Hypot"] = floating(2) { hypot($0[0], $0[1]) }
        table["Maximum"] = binary { maximum($0, $1) }
        table["Minimum"] = binary { minimum($0, $1) }
        table["Equal"] = binary(.bool) { $0 .== $1 }
        table["NotEqual"] = binary(.bool) { $0 .!= $1 }
        table["Greater"] = binary(.bool) { $0 .> $1 }
        table["GreaterEqual"] = binary(.bool) { $0 .>= $1 }
        table["Less"] = binary(.bool) { $0 .< $1 }
        table["LessEqual"] = binary(.bool) { $0 .<= $1 }
        table["LogicalAnd"] = binary(.bool) { $0.cast(to: .bool).logicalAnd($1.cast(to: .bool)) }
        table["LogicalOr"] = binary(.bool) { $0.cast(to: .bool).logicalOr($1.cast(to: .bool)) }
        table["LogicalXor"] = binary(.bool) { $0.cast(to: .bool).logicalXor($1.cast(to: .bool)) }
        table["LogicalNot"] = elementwise(1, .bool) { $0[0].cast(to: .bool).logicalNot() }
        table["Isfinite"] = elementwise(1, .bool) { $0[0].isFinite() }
        table["Isinf"] = elementwise(1, .bool) { $0[0].isInfinite() }
        table["Isnan"] = elementwise(1, .bool) { $0[0].isNaN() }
        table["Where"] = { _ in
            Operation(
                operandCount: 3, shapes: { [try ShapeRule.broadcast($0)] }, type: { DType.promoted($0[1], $0[2]) },
                run: { [`where`($0[0].cast(to: .bool), $0[1], $0[2])] })
        }
        table["Clip"] = { attributes in
            let (low, high): (Double, Double) = (try attributes.required("x_min"), try attributes.required("x_max"))
            return moving({ $0 }) { $0.clipped(min: low, max: high) }
        }
    }

    /// Functions of one number.
    static func functions(_ table: inout [String: Maker]) {
        table["Negative"] = unary { -$0 }
        table["Absolute"] = unary { $0.abs() }
        table["Abs"] = table["Absolute"]
        table["Square"] = unary { $0.square() }
        table["Sign"] = unary { $0.sign() }
        table["Identity"] = { _ in moving({ $0 }) { $0 } }
        table["ConvertToTensor"] = table["Identity"]
        table["StopGradient"] = { _ in moving({ $0 }) { $0.stopGradient() } }
        table["ZerosLike"] = { _ in moving({ $0 }) { .zeros(like: $0) } }
        table["OnesLike"] = { _ in moving({ $0 }) { .ones(like: $0) } }
        table["Ceil"] = real { $0.ceil() }
        table["Floor"] = real { $0.floor() }
        table["Trunc"] = real { $0.trunc() }
        table["Sqrt"] = real { $0.squareRoot() }
        table["Rsqrt"] = real { $0.reciprocalSquareRoot() }
        table["Reciprocal"] = real { $0.reciprocal() }
        table["Exp"] = real { $0.exp() }
        table["Exp2"] = real { $0.exp2() }
        table["Expm1"] = real { $0.expm1() }
        table["Log"] = real { $0.log() }
        table["Log1p"] = real { $0.log1p() }
        table["Log2"] = real { $0.log2() }
        table["Log10"] = real { $0.log() * 0.4342944819032518 }
        table["Cbrt"] = real { $0.sign() * $0.abs().pow(1.0 / 3) }
        table["Sinc"] = real { `where`($0 .== 0, 1, ($0 * Double.pi).sin() / `where`($0 .== 0, 1, $0 * Double.pi)) }
        table["Erf"] = real { $0.erf() }
        table["Erfinv"] = real { $0.erfinv() }
        table["Sin"] = real { $0.sin() }
        table["Cos"] = real { $0.cos() }
        table["Tan"] = real { $0.tan() }
        table["Arcsin"] = real { $0.asin() }
        table["Arccos"] = real { $0.acos() }
        table["Arctan"] = real { $0.atan() }
        table["Sinh"] = real { $0.sinh() }
        table["Cosh"] = real { $0.cosh() }
        table["Tanh"] = real { $0.tanh() }
        table["Arcsinh"] = real { $0.asinh() }
        table["Arccosh"] = real { $0.acosh() }
        table["Arctanh"] = real { $0.atanh() }
        for name in [
            "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Glu", "Silu", "Sigmoid", "HardSigmoid",
            "HardSilu",
            "HardTanh", "HardShrink", "SoftShrink", "TanhShrink", "Threshold", "LogSigmoid", "Softplus", "Softsign",
            "Squareplus", "SparsePlus", "SparseSigmoid", "Softmax", "LogSoftmax", "Sparsemax",
        ] { table[name] = activation(LayerNames.snakeCase(name)) }
    }

    /// Sums and the like, over axes and along one.
    static func reductions(_ table: inout [String: Maker]) {
        table["Sum"] = reduction { $0.sum(axes: $1, keepDims: $2) }
        table["Prod"] = reduction { $0.product(axes: $1, keepDims: $2) }
        table["Max"] = reduction(needsElements: true) { $0.max(axes: $1, keepDims: $2) }
        table["Amax"] = table["Max"]
        table["Min"] = reduction(needsElements: true) { $0.min(axes: $1, keepDims: $2) }
        table["Amin"] = table["Min"]
        table["Mean"] = reduction(isFloating: true) { $0.mean(axes: $1, keepDims: $2) }
        table["Var"] = reduction(isFloating: true) { $0.variance(axes: $1, keepDims: $2) }
        table["Std"] = reduction(isFloating: true) { $0.standardDeviation(axes: $1, keepDims: $2) }
        table["Logsumexp"] = reduction(isFloating: true) { $0.logSumExp(axes: $1, keepDims: $2) }
        table["Any"] = reduction(.bool) { $0.cast(to: .bool).any(axes: $1, keepDims: $2) }
        table["All"] = reduction(.bool) { $0.cast(to: .bool).all(axes: $1, keepDims: $2) }
        table["CountNonzero"] = reduction(.int32) { ($0 .!= 0).cast(to: .int32).sum(axes: $1, keepDims: $2) }
        table["Argmax"] = place { $0.argmax(axis: $1, keepDims: $2) }
        table["Argmin"] = place { $0.argmin(axis: $1, keepDims: $2) }
        table["Norm"] = { attributes in
            guard attributes.arguments["ord"] ?? .null == .null || attributes.arguments["ord"] == 2 else {
                throw MartletError("Expected the Euclidean norm.", at: "Norm.ord")
            }
            return try reduction(isFloating: true) { $0.norm(axes: $1, keepDims: $2) }(attributes)
        }
        table["Cumsum"] = cumulative { $0.cumulativeSum(axis: $1) }
        table["Cumprod"] = cumulative { $0.cumulativeProduct(axis: $1) }
        table["Sort"] = along { $0.sorted(axis: $1) }
        table["Normalize"] = { attributes in
            guard try attributes.value("order", default: 2.0) == 2 else {
                throw MartletError("Expected the Euclidean norm.", at: "Normalize.order")
            }
            return try along { $0.floating.l2Normalized(axis: $1) }(attributes)
        }
        table["Flip"] = movingAlong { $0.reversed(axes: $1.map { [$0] }) }
        table["Roll"] = { attributes in
            let shift: Int = try attributes.required("shift")
            return try movingAlong { $0.rolled(shift: shift, axis: $1) }(attributes)
        }
        table["TopK"] = { attributes in
            let k: Int = try attributes.required("k")
            return Operation(
                shapes: { shapes in
                    let place = try ShapeRule.axis(-1, of: shapes[0])
                    guard k >= 0, k <= shapes[0][place] ?? k else {
                        throw MartletError("Expected at least \(k) elements. Received: shape \(shapes[0]).")
                    }
                    return [shapes[0].replacing(place, by: k), shapes[0].replacing(place, by: k)]
                },
                run: { inputs in
                    let (values, indices) = inputs[0].topK(k)
                    return [values, indices.cast(to: .int32)]
                })
        }
    }

    /// Products of matrices.
    static func products(_ table: inout [String: Maker]) {
        table["Matmul"] = { _ in
            Operation(operandCount: 2, shapes: { [try ShapeRule.product($0[0], $0[1])] }, run: { [matmul($0[0], $0[1])] })
        }
        table["Dot"] = { _ in
            Operation(
                operandCount: 2,
                shapes: { shapes in
                    guard shapes[1].rank <= 2 else {
                        throw MartletError("Expected a vector or a matrix to multiply with. Received: shape \(shapes[1]).")
                    }
                    return [try ShapeRule.product(shapes[0], shapes[1])]
                }, run: { [matmul($0[0], $0[1])] })
        }
        table["Einsum"] = { attributes in
            let equation: String = try attributes.required("subscripts")
            return Operation(
                operandCount: nil, shapes: { [try ShapeRule.einsum(equation, $0)] }, run: { [einsum(equation, $0)] })
        }
    }
}
