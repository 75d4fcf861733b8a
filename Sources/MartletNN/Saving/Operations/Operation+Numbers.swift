import MartletCore
import MartletFormats

extension Operation {
    /// Functions of one number or of several that are formulas of others.
    static func numbers(_ table: inout [String: Maker]) {
        table["Fabs"] = real { $0.abs() }
        for name in ["Conjugate", "Real", "Copy"] { table[name] = table["Identity"] }
        table["Imag"] = table["ZerosLike"]
        table["EmptyLike"] = table["ZerosLike"]
        table["Angle"] = real { `where`($0 .< 0, $0 * 0 + Double.pi, $0 * 0) }
        table["Deg2rad"] = real { $0 * (Double.pi / 180) }
        table["Rad2deg"] = real { $0 * (180 / Double.pi) }
        table["Erfc"] = real { $0.erfc() }
        table["Signbit"] = elementwise(1, .bool) { inputs in
            let x = inputs[0]
            // -0 is the zero whose reciprocal is below it.
            return x.dtype.isFloatingPoint ? (x .< 0).logicalOr(x.reciprocal() .< 0) : x .< 0
        }
        table["Isneginf"] = elementwise(1, .bool) { $0[0].floating .== -Double.infinity }
        table["Isposinf"] = elementwise(1, .bool) { $0[0].floating .== Double.infinity }
        table["Isreal"] = elementwise(1, .bool) { Tensor.ones(like: $0[0]).cast(to: .bool) }
        table["Heaviside"] = floating(2) { `where`($0[0] .< 0, 0, `where`($0[0] .> 0, 1, $0[1])) }
        table["Fmax"] = binary { a, b in withoutNaN(a, b, maximum) }
        table["Fmin"] = binary { a, b in withoutNaN(a, b, minimum) }
        table["Fmod"] = binary { $0.sign() * mod($0.abs(), $1.abs()) }
        table["Ldexp"] = floating(2) { inputs in
            let x = inputs[0]
            return `where`((x .== 0).logicalOr(x.isInfinite()), x, x * inputs[1].exp2())
        }
        table["Logaddexp2"] = floating(2) {
            maximum($0[0], $0[1]) + (-($0[0] - $0[1]).abs()).exp2().log1p() * 1.4426950408889634
        }
        table["Isclose"] = { attributes in
            let near = try nearness(attributes)
            return try binary(.bool) { near($0, $1) }(attributes)
        }
        table["AllClose"] = { attributes in
            let near = try nearness(attributes)
            return Operation(
                operandCount: 2,
                shapes: { shapes in
                    _ = try ShapeRule.broadcast(shapes)
                    return [[]]
                }, type: { _ in .bool }, run: { [near($0[0], $0[1]).all()] })
        }
        table["SaturateCast"] = { attributes in
            let type = try DType(name: attributes.required("dtype"))
            return Operation(
                shapes: { $0 }, type: { _ in type },
                run: { inputs in
                    let range = type.integerRange
                    let x = range.map { inputs[0].clipped(min: Double($0.lowerBound), max: Double($0.upperBound)) }
                    return [(x ?? inputs[0]).cast(to: type)]
                })
        }
        table["Select"] = { _ in
            // Conditions, as many choices, and the value where no condition holds.
            Operation(
                operandCount: nil,
                shapes: { shapes in
                    guard shapes.count >= 3, shapes.count % 2 == 1 else {
                        throw MartletError("Expected as many conditions as choices. Received: \(shapes.count - 1) tensors.")
                    }
                    return [try ShapeRule.broadcast(shapes)]
                }, type: { types in DType.promoted(types[types.count / 2], types[types.count - 1]) },
                run: { inputs in
                    let count = inputs.count / 2
                    let result = (0..<count).reversed().reduce(inputs[2 * count]) { rest, place in
                        `where`(inputs[place].cast(to: .bool), inputs[count + place], rest)
                    }
                    return [result]
                })
        }
    }

    /// `function` of two numbers, or the one of them that is one.
    private static func withoutNaN(_ a: Tensor, _ b: Tensor, _ function: (Tensor, Tensor) -> Tensor) -> Tensor {
        guard a.dtype.isFloatingPoint || b.dtype.isFloatingPoint else { return function(a, b) }
        let (x, y) = Tensor.promoted(a.floating, b.floating)
        return `where`(x.isNaN(), y, `where`(y.isNaN(), x, function(x, y)))
    }

    /// Whether two numbers are near each other: NumPy's `isclose`.
    private static func nearness(_ attributes: Configuration) throws -> @Sendable (Tensor, Tensor) -> Tensor {
        let relative: Double = try attributes.optional("rtol") ?? attributes.optional(argument(2)) ?? 1e-5
        let absolute: Double = try attributes.optional("atol") ?? attributes.optional(argument(3)) ?? 1e-8
        let equalNaN: Bool = try attributes.value("equal_nan", default: false)
        return { a, b in
            guard a.dtype.isFloatingPoint || b.dtype.isFloatingPoint else { return a .== b }
            let (x, y) = Tensor.promoted(a.floating, b.floating)
            let near = ((x - y).abs() .<= (y.abs() * relative + absolute)).logicalOr(x .== y)
            return equalNaN ? near.logicalOr(x.isNaN().logicalAnd(y.isNaN())) : near
        }
    }
}

extension DType {
    /// What an integer type holds, as far as a `float64` tells apart.
    fileprivate var integerRange: ClosedRange<Int>? {
        switch self {
        case .uint8: 0...255
        case .int32: Int(Int32.min)...Int(Int32.max)
        default: nil
        }
    }
}
