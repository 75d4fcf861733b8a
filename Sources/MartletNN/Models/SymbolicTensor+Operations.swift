import MartletCore
import MartletFormats

// Keras's operations on symbolic tensors, under the names that the same functions of tensors have: `x + y`, `tanh(x)`,
// `x.mean(axis: 1)` and `x[0..., -1]` add a layer without weights to the graph, which files hold as Keras writes it. Axis 0 is
// the batch's.

extension SymbolicTensor {
    /// What an operation takes.
    enum Operand {
        case tensor(SymbolicTensor)
        case tensors([SymbolicTensor])
        case json(JSONValue)

        static func number(_ value: some TensorScalar) -> Operand {
            .json(value.integerValue.map { .int(Int($0)) } ?? .double(value.doubleValue))
        }

        static func constant(_ tensor: Tensor) -> Operand {
            func nested(_ x: Tensor) -> JSONValue {
                if x.rank > 0 { return .array(x.unstacked(axis: 0).map(nested)) }
                if x.dtype == .bool { return .bool(x.item(as: Bool.self)) }
                return x.dtype.isInteger ? .int(x.item(as: Int.self)) : .double(x.item())
            }
            return .json([
                "class_name": "__numpy__", "config": ["value": nested(tensor), "dtype": .string(tensor.dtype.name)],
            ])
        }
    }

    /// The outputs of an operation.
    /// - Parameters:
    ///   - kind: Keras's class.
    ///   - config: the arguments of the class.
    static func outputs(
        of kind: String, _ arguments: [Operand], _ config: JSONObject = [:]
    ) -> [SymbolicTensor] {
        var tensors: [SymbolicTensor] = []
        func place(_ tensor: SymbolicTensor) -> JSONValue {
            tensors.append(tensor)
            return CallArguments.placeholder(tensors.count - 1)
        }
        let positional = arguments.map { argument -> JSONValue in
            switch argument {
            case .tensor(let tensor): place(tensor)
            case .tensors(let list): .array(list.map(place))
            case .json(let json): json
            }
        }
        var config = config
        config["name"] = .string(LayerNames.next(for: kind))
        let json: JSONValue = [
            "module": .string(Operation.module(of: kind)), "class_name": .string(kind), "config": .object(config),
            "registered_name": .string(kind),
        ]
        do {
            var call = CallArguments(positional: positional)
            if kind == "GetItem", let first = tensors.first { call = call.withoutEllipsis(rank: first.shape.rank) }
            let layer = try OperationLayer(json, call)
            return try GraphNode.make(layer: layer, tensors, arguments: call).outputs
        } catch {
            let error = error as? MartletError ?? MartletError("\(error)")
            noteFailure(MartletError(error.message, at: error.location ?? kind))
            return Array(tensors.prefix(1))
        }
    }

    private static func noteFailure(_ error: MartletError) {
        if !FailureScope.note(error) { stop(error.location ?? "", error.message) }
    }

    static func output(
        of kind: String, _ arguments: [Operand], _ config: JSONObject = [:]
    ) -> SymbolicTensor { outputs(of: kind, arguments, config)[0] }

    private func output(_ kind: String, _ config: JSONObject = [:]) -> SymbolicTensor {
        SymbolicTensor.output(of: kind, [.tensor(self)], config)
    }
}

// MARK: - Functions of each element

extension SymbolicTensor {
    /// e to the power of each element.
    public func exp() -> SymbolicTensor { output("Exp") }
    /// 2 to the power of each element.
    public func exp2() -> SymbolicTensor { output("Exp2") }
    /// e to the power of each element, minus 1.
    public func expm1() -> SymbolicTensor { output("Expm1") }
    /// The natural logarithm of each element.
    public func log() -> SymbolicTensor { output("Log") }
    /// The logarithm to base 2 of each element.
    public func log2() -> SymbolicTensor { output("Log2") }
    /// The natural logarithm of 1 plus each element.
    public func log1p() -> SymbolicTensor { output("Log1p") }
    /// The square root of each element.
    public func squareRoot() -> SymbolicTensor { output("Sqrt") }
    /// 1 over the square root of each element.
    public func reciprocalSquareRoot() -> SymbolicTensor { output("Rsqrt") }
    /// The square of each element.
    public func square() -> SymbolicTensor { output("Square") }
    /// 1 over each element.
    public func reciprocal() -> SymbolicTensor { output("Reciprocal") }
    /// The absolute value of each element.
    public func abs() -> SymbolicTensor { output("Absolute") }
    /// The sign of each element.
    public func sign() -> SymbolicTensor { output("Sign") }
    /// The largest whole number not above each element.
    public func floor() -> SymbolicTensor { output("Floor") }
    /// The smallest whole number not below each element.
    public func ceil() -> SymbolicTensor { output("Ceil") }
    /// Each element without its fraction.
    public func trunc() -> SymbolicTensor { output("Trunc") }
    /// The sine of each element.
    public func sin() -> SymbolicTensor { output("Sin") }
    /// The cosine of each element.
    public func cos() -> SymbolicTensor { output("Cos") }
    /// The tangent of each element.
    public func tan() -> SymbolicTensor { output("Tan") }
    /// The angle of each sine.
    public func asin() -> SymbolicTensor { output("Arcsin") }
    /// The angle of each cosine.
    public func acos() -> SymbolicTensor { output("Arccos") }
    /// The angle of each tangent.
    public func atan() -> SymbolicTensor { output("Arctan") }
    /// The hyperbolic sine of each element.
    public func sinh() -> SymbolicTensor { output("Sinh") }
    /// The hyperbolic cosine of each element.
    public func cosh() -> SymbolicTensor { output("Cosh") }
    /// The hyperbolic tangent of each element.
    public func tanh() -> SymbolicTensor { output("Tanh") }
    /// The number with each hyperbolic sine.
    public func asinh() -> SymbolicTensor { output("Arcsinh") }
    /// The number of at least 0 with each hyperbolic cosine.
    public func acosh() -> SymbolicTensor { output("Arccosh") }
    /// The number with each hyperbolic tangent.
    public func atanh() -> SymbolicTensor { output("Arctanh") }
    /// The error function of each element.
    public func erf() -> SymbolicTensor { output("Erf") }
    /// 1 minus the error function of each element.
    public func erfc() -> SymbolicTensor { output("Erfc") }
    /// 1 / (1 + e⁻ˣ) of each element.
    public func sigmoid() -> SymbolicTensor { output("Sigmoid") }
    /// The larger of each element and 0.
    public func relu() -> SymbolicTensor { output("Relu") }
    /// log(1 + eˣ) of each element.
    public func softplus() -> SymbolicTensor { output("Softplus") }
    /// Whether each element is false.
    public func logicalNot() -> SymbolicTensor { output("LogicalNot") }
    /// Whether each element is NaN.
    public func isNaN() -> SymbolicTensor { output("Isnan") }
    /// Whether each element is finite.
    public func isFinite() -> SymbolicTensor { output("Isfinite") }
    /// The tensor, without a gradient.
    public func stopGradient() -> SymbolicTensor { output("StopGradient") }
    /// All elements as one vector.
    public func flattened() -> SymbolicTensor { output("Ravel") }
    /// The whole number nearest to each element, the even one when two are.
    public func round() -> SymbolicTensor { output("Round", ["decimals": 0]) }
    /// The elements as another type.
    public func cast(to type: DType) -> SymbolicTensor { output("Cast", ["dtype": .string(type.name)]) }
    /// The elements, none below `min` or above `max`.
    public func clipped(min: Double, max: Double) -> SymbolicTensor {
        output("Clip", ["x_min": .double(min), "x_max": .double(max)])
    }
    /// Each element to the power of the other's, broadcast.
    public func pow(_ exponent: SymbolicTensor) -> SymbolicTensor {
        SymbolicTensor.output(of: "Power", [.tensor(self), .tensor(exponent)])
    }
    /// Each element to the power of a number.
    public func pow(_ exponent: some TensorScalar) -> SymbolicTensor {
        SymbolicTensor.output(of: "Power", [.tensor(self), .number(exponent)])
    }
    /// eˣ of each element over their sum along an axis.
    public func softmax(axis: Int = -1) -> SymbolicTensor { output("Softmax", ["axis": .int(axis)]) }
    /// The logarithm of the softmax along an axis.
    public func logSoftmax(axis: Int = -1) -> SymbolicTensor { output("LogSoftmax", ["axis": .int(axis)]) }
}

// MARK: - Along axes

extension SymbolicTensor {
    private func reduced(
        _ kind: String, _ axis: JSONValue, _ keepDims: Bool, _ more: JSONObject = [:]
    ) -> SymbolicTensor {
        var config = more
        (config["axis"], config["keepdims"]) = (axis, .bool(keepDims))
        return output(kind, config)
    }

    /// The sum along axes, all when nil. With `keepDims` they stay, with size 1.
    public func sum(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Sum", axes.map { .integers($0) } ?? .null, keepDims)
    }
    /// The sum along one axis. With `keepDims` it stays, with size 1.
    public func sum(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Sum", .int(axis), keepDims)
    }
    /// The mean along axes, all when nil. With `keepDims` they stay, with size 1.
    public func mean(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Mean", axes.map { .integers($0) } ?? .null, keepDims)
    }
    /// The mean along one axis. With `keepDims` it stays, with size 1.
    public func mean(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Mean", .int(axis), keepDims)
    }
    /// The largest element along axes, all when nil. With `keepDims` they stay, with size 1.
    public func max(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Max", axes.map { .integers($0) } ?? .null, keepDims, ["initial": .null])
    }
    /// The largest element along one axis. With `keepDims` it stays, with size 1.
    public func max(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Max", .int(axis), keepDims, ["initial": .null])
    }
    /// The smallest element along axes, all when nil. With `keepDims` they stay, with size 1.
    public func min(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Min", axes.map { .integers($0) } ?? .null, keepDims, ["initial": .null])
    }
    /// The smallest element along one axis. With `keepDims` it stays, with size 1.
    public func min(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Min", .int(axis), keepDims, ["initial": .null])
    }
    /// The product along axes, all when nil. With `keepDims` they stay, with size 1.
    public func product(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Prod", axes.map { .integers($0) } ?? .null, keepDims, ["dtype": .null])
    }
    /// The product along one axis. With `keepDims` it stays, with size 1.
    public func product(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Prod", .int(axis), keepDims, ["dtype": .null])
    }
    /// The variance along axes, all when nil. With `keepDims` they stay, with size 1.
    public func variance(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Var", axes.map { .integers($0) } ?? .null, keepDims)
    }
    /// The variance along one axis. With `keepDims` it stays, with size 1.
    public func variance(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Var", .int(axis), keepDims)
    }
    /// The standard deviation along axes, all when nil. With `keepDims` they stay, with size 1.
    public func standardDeviation(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Std", axes.map { .integers($0) } ?? .null, keepDims)
    }
    /// The standard deviation along one axis. With `keepDims` it stays, with size 1.
    public func standardDeviation(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Std", .int(axis), keepDims)
    }
    /// The logarithm of the sum of eˣ along axes, all when nil. With `keepDims` they stay, with size 1.
    public func logSumExp(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Logsumexp", axes.map { .integers($0) } ?? .null, keepDims)
    }
    /// The logarithm of the sum of eˣ along one axis. With `keepDims` it stays, with size 1.
    public func logSumExp(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Logsumexp", .int(axis), keepDims)
    }
    /// Whether any element is true along axes, all when nil. With `keepDims` they stay, with size 1.
    public func any(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Any", axes.map { .integers($0) } ?? .null, keepDims)
    }
    /// Whether any element is true along one axis. With `keepDims` it stays, with size 1.
    public func any(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Any", .int(axis), keepDims)
    }
    /// Whether all elements are true along axes, all when nil. With `keepDims` they stay, with size 1.
    public func all(axes: [Int]? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("All", axes.map { .integers($0) } ?? .null, keepDims)
    }
    /// Whether all elements are true along one axis. With `keepDims` it stays, with size 1.
    public func all(axis: Int, keepDims: Bool = false) -> SymbolicTensor {
        reduced("All", .int(axis), keepDims)
    }
    /// The place of the largest element along an axis, among all elements when nil: `int32`.
    public func argmax(axis: Int? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Argmax", axis.map { .int($0) } ?? .null, keepDims)
    }
    /// The place of the smallest element along an axis, among all elements when nil: `int32`.
    public func argmin(axis: Int? = nil, keepDims: Bool = false) -> SymbolicTensor {
        reduced("Argmin", axis.map { .int($0) } ?? .null, keepDims)
    }
    /// The same elements in another shape, batch axis included; -1 stands for the size that follows.
    public func reshaped(_ sizes: Int...) -> SymbolicTensor { reshaped(sizes) }
    /// The same elements in another shape, batch axis included; -1 stands for the size that follows.
    public func reshaped(_ sizes: [Int]) -> SymbolicTensor { output("Reshape", ["newshape": .integers(sizes)]) }
    /// The axes in another order, the batch axis included.
    public func transposed(permutation: [Int]) -> SymbolicTensor {
        output("Transpose", ["axes": .integers(permutation)])
    }
    /// Two axes exchanged.
    public func transposed(_ a: Int, _ b: Int) -> SymbolicTensor {
        output("Swapaxes", ["axis1": .int(a), "axis2": .int(b)])
    }
    /// A new axis of size 1 at this place.
    public func expandingDims(at axis: Int) -> SymbolicTensor { output("ExpandDims", ["axis": .int(axis)]) }
    /// Without an axis, which has size 1.
    public func squeezed(axis: Int) -> SymbolicTensor { output("Squeeze", ["axis": .int(axis)]) }
    /// The slices of an axis, each `count` times.
    public func repeated(_ count: Int, axis: Int) -> SymbolicTensor {
        output("Repeat", ["repeats": .int(count), "axis": .int(axis)])
    }
    /// `count` parts of equal size along an axis. Axis 0 is the batch's.
    public func split(count: Int, axis: Int) -> [SymbolicTensor] {
        SymbolicTensor.outputs(
            of: "Split", [.tensor(self)], ["indices_or_sections": .int(count), "axis": .int(axis)])
    }
    /// Tensors one after the other along an axis, the last one unless told. Axis 0 is the batch's.
    public static func concatenate(_ tensors: [SymbolicTensor], axis: Int = -1) -> SymbolicTensor {
        output(of: "Concatenate", [.tensors(tensors)], ["axis": .int(axis)])
    }
    /// Tensors as the slices along a new axis. At 0, that of the batch, none belongs.
    public static func stack(_ tensors: [SymbolicTensor], axis: Int) -> SymbolicTensor {
        output(of: "Stack", [.tensors(tensors)], ["axis": .int(axis)])
    }

    /// A part of the tensor, one index for each axis from the batch axis on, as `Tensor`'s subscript takes it: `x[0..., -1]`.
    public subscript<each Index: TensorIndexConvertible>(_ indices: repeat each Index) -> SymbolicTensor {
        var list: [JSONValue] = []
        repeat list.append((each indices).tensorIndex.json)
        return SymbolicTensor.output(of: "GetItem", [.tensor(self), .json(list.count == 1 ? list[0] : .array(list))])
    }
}

extension TensorIndex {
    /// As Keras writes it.
    fileprivate var json: JSONValue {
        switch kind {
        case .index(let index): return .int(index)
        case .newAxis: return .null
        case .ellipsis: return ["class_name": "__ellipsis__", "config": [:]]
        case .stride(let from, let to, let step):
            return [
                "class_name": "__slice__",
                "config": ["start": .optional(from), "stop": .optional(to), "step": step == 1 ? .null : .int(step)],
            ]
        }
    }
}
