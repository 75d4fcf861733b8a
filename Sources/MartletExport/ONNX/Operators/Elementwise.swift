import Foundation
import Martlet

extension ONNXOperator {
    /// A function of one tensor of numbers, whose type the result has.
    static func unary(_ function: @escaping @Sendable (Tensor) -> Tensor) -> ONNXOperator {
        ONNXOperator(inputCounts: 1...1) { try $0.result(function($0.number(0))) }
    }

    /// A function of two tensors that broadcast.
    static func binary(
        to type: DType? = nil, _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor
    ) -> ONNXOperator {
        ONNXOperator(inputCounts: 2...2) { call in
            let (a, b) = try call.broadcastPair()
            let result = function(a, b)
            return type == nil ? try call.result(result) : [ONNX.Value(result)]
        }
    }

    /// A function of any number of tensors that broadcast, joined two by two.
    static func joined(_ function: @escaping @Sendable (Tensor, Tensor) -> Tensor) -> ONNXOperator {
        ONNXOperator(inputCounts: 1...Int.max) { call in
            let first = try call.number(0)
            return try call.result((1..<call.inputs.count).reduce(first) { function($0, try call.number($1)) })
        }
    }

    static func addElementwise(_ table: inout [String: ONNXOperator]) {
        let functions: [(String, @Sendable (Tensor) -> Tensor)] = [
            ("Abs", { $0.abs() }), ("Acos", { $0.acos() }), ("Acosh", { $0.acosh() }), ("Asin", { $0.asin() }),
            ("Asinh", { $0.asinh() }), ("Atan", { $0.atan() }), ("Atanh", { $0.atanh() }), ("Ceil", { $0.ceil() }),
            ("Cos", { $0.cos() }), ("Cosh", { $0.cosh() }), ("Erf", { $0.erf() }), ("Exp", { $0.exp() }),
            ("Floor", { $0.floor() }), ("Log", { $0.log() }), ("Neg", { -$0 }), ("Reciprocal", { $0.reciprocal() }),
            ("Round", { $0.round() }), ("Sign", { $0.sign() }), ("Sin", { $0.sin() }), ("Sinh", { $0.sinh() }),
            ("Sqrt", { $0.squareRoot() }), ("Tan", { $0.tan() }),
        ]
        for (name, function) in functions { table[name] = unary(function) }
        table["IsNaN"] = ONNXOperator(inputCounts: 1...1) { [ONNX.Value(try $0.number(0).isNaN())] }
        table["IsInf"] = ONNXOperator(inputCounts: 1...1) { call in
            let x = try call.number(0)
            let (up, down) = (try call.flag("detect_positive", default: true), try call.flag("detect_negative", default: true))
            let isInfinite = x.isInfinite()
            if up && down { return [ONNX.Value(isInfinite)] }
            if !up && !down { return [ONNX.Value(Tensor.zeros(x.shape, dtype: .bool))] }
            return [ONNX.Value(isInfinite.logicalAnd(up ? x .> 0.0 : x .< 0.0))]
        }
        table["Identity"] = ONNXOperator(inputCounts: 1...1) { [try $0.value(0)] }
        table["Not"] = ONNXOperator(inputCounts: 1...1) { [ONNX.Value(try $0.number(0).logicalNot())] }
        table["Add"] = binary { $0 + $1 }
        table["Sub"] = binary { $0 - $1 }
        table["Mul"] = binary { $0 * $1 }
        table["Div"] = binary { a, b in a.dtype.isFloatingPoint ? a / b : truncatingDivide(a, b) }
        table["Max"] = joined { maximum($0, $1) }
        table["Min"] = joined { minimum($0, $1) }
        table["Sum"] = joined { $0 + $1 }
        table["Mean"] = ONNXOperator(inputCounts: 1...Int.max) { call in
            let sum = try (1..<call.inputs.count).reduce(try call.floating(0)) { $0 + (try call.floating($1)) }
            return try call.result(sum / Double(call.inputs.count))
        }
        table["Mod"] = ONNXOperator(inputCounts: 2...2) { call in
            let (a, b) = try call.broadcastPair()
            // The remainder has the sign of the divisor, with fmod that of the dividend.
            guard try call.flag("fmod") else { return try call.result(a % b) }
            let remainder = a.abs() % b.abs()
            return try call.result(`where`(a .< 0, -remainder, remainder))
        }
        table["Pow"] = ONNXOperator(inputCounts: 2...2) { call in
            let (a, b) = (try call.number(0), try call.number(1))
            // The result has the base's type, whatever the exponent's.
            if a.dtype.isFloatingPoint { return try call.result(a.pow(b.dtype.isFloatingPoint ? b.cast(to: a.dtype) : b)) }
            guard b.dtype.isFloatingPoint else { return try call.result(a.cast(to: .int64).pow(b.cast(to: .int64))) }
            return try call.result(a.cast(to: .float64).pow(b.cast(to: .float64)))
        }
        table["And"] = binary(to: .bool) { $0.logicalAnd($1) }
        table["Or"] = binary(to: .bool) { $0.logicalOr($1) }
        table["Xor"] = binary(to: .bool) { $0.logicalXor($1) }
        table["Equal"] = ONNXOperator(inputCounts: 2...2) { call in
            guard try call.tensor(0).dtype == .string else {
                let (a, b) = try call.broadcastPair()
                return [ONNX.Value(a .== b)]
            }
            return [ONNX.Value(try equalTexts(call.tensor(0), call.tensor(1)))]
        }
        table["Greater"] = binary(to: .bool) { $0 .> $1 }
        table["GreaterOrEqual"] = binary(to: .bool) { $0 .>= $1 }
        table["Less"] = binary(to: .bool) { $0 .< $1 }
        table["LessOrEqual"] = binary(to: .bool) { $0 .<= $1 }
        table["Where"] = ONNXOperator(inputCounts: 3...3) { call in
            let (a, b) = (try call.tensor(1), try call.tensor(2))
            guard a.dtype == .string else {
                return [.tensor(`where`(try call.number(0), a, try call.number(2)), like: try call.value(1))]
            }
            return [.tensor(try chosenTexts(call.number(0), a, b), .string)]
        }
        table["Clip"] = ONNXOperator(inputCounts: 1...3) { call in
            var x = try call.number(0)
            // Attributes before version 11, inputs since.
            if call.version < 11 {
                return try call.result(x.clipped(min: try call.float("min"), max: try call.float("max")))
            }
            if let low = try call.optional(1) { x = maximum(x, low) }
            if let high = try call.optional(2) { x = minimum(x, high) }
            return try call.result(x)
        }
        table["Cast"] = ONNXOperator(inputCounts: 1...1) { call in
            guard let type = try call.elementType("to") else { throw MartletError("Expected a type as attribute \"to\".") }
            return [try call.cast(call.value(0), to: type)]
        }
        table["CastLike"] = ONNXOperator(inputCounts: 2...2) { call in [try call.cast(call.value(0), to: call.type(1))] }
        table["BitCast"] = ONNXOperator(inputCounts: 1...1) { call in
            guard let type = try call.elementType("to"), let dtype = type.dtype, type == ONNX.ElementType(dtype) else {
                throw MartletError("Expected a type that Martlet has a dtype for as attribute \"to\".")
            }
            let x = try call.elements(0)
            guard try call.type(0) == ONNX.ElementType(x.dtype), x.dtype.byteCount == dtype.byteCount else {
                throw MartletError("Expected a type of the same width. Received: \(x.dtype) to \(dtype).")
            }
            return [ONNX.Value(x.withUnsafeBytes { Tensor(bytes: $0, shape: x.shape, dtype: dtype) })]
        }
        table["Dropout"] = ONNXOperator(inputCounts: 1...3, settings: [1, 2]) { call in
            let x = try call.number(0)
            let trains = call.version >= 12 ? try call.optional(2).map { $0.item() != 0 } ?? false : false
            let ratio = call.version >= 12
                ? try call.optional(1).map { $0.item() } ?? 0.5 : try call.float("ratio", default: 0.5)
            guard (0...1).contains(ratio) else { throw MartletError("Expected a ratio from 0 to 1. Received: \(ratio).") }
            guard trains && ratio > 0 else {
                return [.tensor(x, like: try call.value(0)), ONNX.Value(Tensor.ones(x.shape, dtype: .bool))]
            }
            let kept = try call.generator().bernoulli(x.shape, probability: 1 - ratio)
            let scaled = ratio == 1 ? x * 0.0 : x / (1 - ratio)
            return [.tensor(scaled * kept.cast(to: x.dtype), like: try call.value(0)), ONNX.Value(kept)]
        }
    }
}

/// The quotient of integers, rounded towards zero.
func truncatingDivide(_ a: Tensor, _ b: Tensor) -> Tensor {
    let floor = floorDivide(a, b)
    let isRoundedDown = ((floor * b) .!= a).logicalAnd((a .< 0).logicalXor(b .< 0)).logicalAnd(b .!= 0)
    return floor + isRoundedDown.cast(to: floor.dtype)
}

extension ONNXCall {
    /// The first two inputs. Before version 7 the second's axes were laid along the first's from `axis` on.
    func broadcastPair() throws -> (Tensor, Tensor) {
        let (a, b) = (try number(0), try number(1))
        guard version < 7, node.domain.isEmpty, try flag("broadcast"), let first = try int("axis") else { return (a, b) }
        let start = try axis(first, rank: max(a.rank, 1))
        guard b.rank + start <= a.rank else {
            throw MartletError("Expected at most \(a.rank - start) axes. Received: \(b.spec).")
        }
        return (a, b.reshaped(to: Shape(b.shape.dimensions + [Int](repeating: 1, count: a.rank - start - b.rank))))
    }

    /// A stream of random numbers: the call's, or one of the attribute `seed`.
    func generator() throws -> RandomGenerator {
        switch attribute("seed") {
        case nil: return run.generator
        case .int(let seed): return RandomGenerator(seed: seed)
        default: return RandomGenerator(seed: Int(exactly: try float("seed", default: 0).rounded()) ?? 0)
        }
    }

    /// A value as elements of another type.
    func cast(_ value: ONNX.Value, to type: ONNX.ElementType) throws -> ONNX.Value {
        guard case .tensor(let x, _) = value else { throw MartletError("Expected a tensor as input 0.") }
        if x.dtype == .string { return try numbers(of: x, type) }
        if type == .string { return .tensor(texts(of: try elements(0)), type) }
        guard let dtype = type.dtype else { throw MartletError("Expected another type. Received: \(type).") }
        // A check of gradients computes everything in one dtype.
        if !Context.current.castsInputs, x.dtype == .float64, dtype.isFloatingPoint { return ONNX.Value(x) }
        if let small = type.smallFloat {
            let saturates = try flag("saturate", default: true)
            let mode = try string("round_mode", default: "up")
            let rounded = try elements(0).scalars(as: Float.self).map { small.rounded($0, saturate: saturates, mode: mode) }
            return .tensor(Tensor(rounded, shape: x.shape), type)
        }
        if x.dtype.isFloatingPoint, let (bits, _) = type.integer, bits < 32 {
            return .tensor(type.wrapped(x.cast(to: .int32)), type)
        }
        return .tensor(type.wrapped(x), type)
    }

    private func numbers(of x: Tensor, _ type: ONNX.ElementType) throws -> ONNX.Value {
        guard type != .string, let dtype = type.dtype else { return .tensor(x, .string) }
        let values = try x.strings().map { text in
            let lower = text.trimmingCharacters(in: .whitespaces).lowercased()
            guard let value = Double(lower) else { throw MartletError("Expected the text of a number. Received: \"\(text)\".") }
            return value
        }
        return .tensor(type.wrapped(Tensor(values, shape: x.stringShape).cast(to: dtype)), type)
    }

    private func texts(of x: Tensor) -> Tensor {
        let values: [String]
        switch x.dtype {
        case .bool: values = x.scalars(as: Bool.self).map { $0 ? "True" : "False" }
        case .float64: values = x.scalars(as: Double.self).map { numberText("\($0)") }
        case _ where x.dtype.isFloatingPoint: values = x.scalars(as: Float.self).map { numberText("\($0)") }
        default: values = x.scalars(as: Int.self).map(String.init)
        }
        return Tensor(strings: values, shape: x.shape)
    }

    /// The text of a number as NumPy writes it.
    private func numberText(_ text: String) -> String {
        switch text {
        case "inf": "INF"
        case "-inf": "-INF"
        case "nan": "NaN"
        default: text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
    }
}

/// Which texts of two tensors that broadcast are equal.
private func equalTexts(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let (places, shape) = try broadcastPlaces([a.stringShape, b.stringShape])
    guard a.dtype == .string, b.dtype == .string else { throw MartletError("Expected texts on both sides.") }
    let (left, right) = (a.utf8Strings(), b.utf8Strings())
    return Tensor(zip(places[0], places[1]).map { left[$0] == right[$1] }, shape: shape)
}

private func chosenTexts(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.dtype == .string, b.dtype == .string else { throw MartletError("Expected texts on both sides.") }
    let (places, shape) = try broadcastPlaces([condition.shape, a.stringShape, b.stringShape])
    let (flags, left, right) = (condition.scalars(as: Bool.self), a.utf8Strings(), b.utf8Strings())
    return Tensor(
        utf8: places[0].indices.map { flags[places[0][$0]] ? left[places[1][$0]] : right[places[2][$0]] }, shape: shape)
}

/// For tensors that broadcast, the places of their elements in the order of the result's.
func broadcastPlaces(_ shapes: [Shape]) throws -> (places: [[Int]], shape: Shape) {
    var shape: Shape = []
    for other in shapes {
        guard let common = Shape.broadcast(shape, other) else { throw MartletError("Expected shapes that broadcast: \(shapes).") }
        shape = common
    }
    let places = shapes.map { own in
        Tensor.range(0..<own.elementCount, dtype: .int64).reshaped(to: own).broadcast(to: shape).scalars(as: Int.self)
    }
    return (places, shape)
}
