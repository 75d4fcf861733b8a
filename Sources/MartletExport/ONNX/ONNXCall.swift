import MartletCore

/// A call of an operator: its inputs, and its attributes by name and type.
struct ONNXCall {
    let node: ONNX.Node
    /// The version of the operators of the node's domain.
    let version: Int
    let inputs: [ONNX.Value?]
    let programs: [String: ONNXProgram]
    let run: ONNXRun
    let scope: ONNXRun.Scope

    // MARK: Inputs

    /// Whether there is an input at this place.
    func has(_ place: Int) -> Bool { place < inputs.count && inputs[place] != nil }

    /// Whether the node has an output of this place.
    func wants(_ place: Int) -> Bool { place < node.outputs.count && !node.outputs[place].isEmpty }

    func value(_ place: Int) throws -> ONNX.Value {
        guard place < inputs.count, let value = inputs[place] else {
            throw MartletError("Expected at least \(place + 1) inputs. Received: \(inputs.count).")
        }
        return value
    }

    func tensor(_ place: Int) throws -> Tensor {
        guard let tensor = try value(place).tensor else {
            throw MartletError("Expected a tensor as input \(place). Received: a sequence, or an optional without a value.")
        }
        return tensor
    }

    /// A tensor of numbers, not of strings.
    func number(_ place: Int) throws -> Tensor {
        let tensor = try tensor(place)
        guard tensor.dtype != .string else { throw MartletError("Expected numbers as input \(place). Received: strings.") }
        return tensor
    }

    /// A tensor of at least so many axes.
    func tensor(_ place: Int, rank: Int) throws -> Tensor {
        let tensor = try number(place)
        guard tensor.rank >= rank else {
            throw MartletError("Expected a tensor of at least \(rank) axes as input \(place). Received: \(tensor.spec).")
        }
        return tensor
    }

    func floating(_ place: Int) throws -> Tensor {
        let tensor = try number(place)
        guard tensor.dtype.isFloatingPoint else {
            throw MartletError("Expected floating-point numbers as input \(place). Received: \(tensor.spec).")
        }
        return tensor
    }

    func optional(_ place: Int) throws -> Tensor? { has(place) ? try tensor(place) : nil }

    func type(_ place: Int) throws -> ONNX.ElementType {
        guard case .tensor(_, let type) = try value(place) else {
            throw MartletError("Expected a tensor as input \(place). Received: a sequence, or an optional without a value.")
        }
        return type
    }

    /// The elements of an input, as integers.
    func integers(_ place: Int) throws -> [Int] {
        let tensor = try elements(place)
        guard tensor.dtype.isInteger || tensor.dtype == .bool else {
            throw MartletError("Expected integers as input \(place). Received: \(tensor.spec).")
        }
        return tensor.scalars(as: Int.self)
    }

    func optionalIntegers(_ place: Int) throws -> [Int]? { has(place) ? try integers(place) : nil }

    func integer(_ place: Int) throws -> Int {
        guard let first = try integers(place).first else { throw MartletError("Expected an integer as input \(place).") }
        return first
    }

    func doubles(_ place: Int) throws -> [Double] { try elements(place).scalars(as: Double.self) }

    /// An input whose elements decide what is computed.
    func elements(_ place: Int) throws -> Tensor {
        let tensor = try number(place)
        guard tensor.symbol == nil else {
            throw MartletError(
                "Expected an input \(place) that does not follow from the model's inputs, as the model is compiled. Compile "
                    + "with runEagerly: true.")
        }
        return tensor
    }

    // MARK: Attributes

    func resolved(_ attribute: ONNX.Attribute) -> ONNX.Attribute? {
        if case .reference(let name) = attribute { return scope.attributes[name] }
        return attribute
    }

    func attribute(_ name: String) -> ONNX.Attribute? { node.attributes[name].flatMap(resolved) }

    private func wrong(_ name: String, _ kind: String) -> MartletError {
        MartletError("Expected \(kind) as attribute \"\(name)\".")
    }

    func int(_ name: String) throws -> Int? {
        guard let attribute = attribute(name) else { return nil }
        guard case .int(let value) = attribute else { throw wrong(name, "an integer") }
        return value
    }

    func int(_ name: String, default value: Int) throws -> Int { try int(name) ?? value }

    func flag(_ name: String, default value: Bool = false) throws -> Bool { try int(name).map { $0 != 0 } ?? value }

    func requiredInt(_ name: String) throws -> Int {
        guard let value = try int(name) else { throw wrong(name, "an integer") }
        return value
    }

    func ints(_ name: String) throws -> [Int]? {
        guard let attribute = attribute(name) else { return nil }
        guard case .ints(let values) = attribute else { throw wrong(name, "integers") }
        return values
    }

    func float(_ name: String) throws -> Double? {
        guard let attribute = attribute(name) else { return nil }
        guard case .float(let value) = attribute else { throw wrong(name, "a number") }
        return Double(value)
    }

    func float(_ name: String, default value: Double) throws -> Double { try float(name) ?? value }

    func floats(_ name: String) throws -> [Double]? {
        guard let attribute = attribute(name) else { return nil }
        guard case .floats(let values) = attribute else { throw wrong(name, "numbers") }
        return values.map { Double($0) }
    }

    func string(_ name: String, default value: String = "") throws -> String {
        guard let attribute = attribute(name) else { return value }
        guard case .string(let bytes) = attribute else { throw wrong(name, "text") }
        return String(decoding: bytes, as: UTF8.self)
    }

    func strings(_ name: String) throws -> [String]? {
        guard let attribute = attribute(name) else { return nil }
        guard case .strings(let values) = attribute else { throw wrong(name, "texts") }
        return values.map { String(decoding: $0, as: UTF8.self) }
    }

    func tensor(_ name: String) throws -> ONNX.Value? {
        guard let attribute = attribute(name) else { return nil }
        guard case .tensor(let value) = attribute else { throw wrong(name, "a tensor") }
        return value
    }

    func elementType(_ name: String) throws -> ONNX.ElementType? {
        guard let number = try int(name) else { return nil }
        guard let type = ONNX.ElementType(rawValue: number), type.dtype != nil else {
            throw MartletError("Expected a type of numbers or strings as attribute \"\(name)\". Received: \(number).")
        }
        return type
    }

    func program(_ name: String) throws -> ONNXProgram {
        guard let program = programs[name] else { throw wrong(name, "a graph") }
        return program
    }

    // MARK: Checks

    /// The axis as a number in `0..<rank`.
    func axis(_ axis: Int, rank: Int) throws -> Int {
        let positive = axis < 0 ? axis &+ rank : axis
        guard positive >= 0, positive < rank else {
            throw MartletError("Expected an axis in \(-rank)..<\(rank). Received: \(axis).")
        }
        return positive
    }

    func axes(_ axes: [Int], rank: Int) throws -> [Int] {
        let result = try axes.map { try axis($0, rank: rank) }
        guard Set(result).count == result.count else { throw MartletError("Expected different axes. Received: \(axes).") }
        return result
    }

    /// A shape that an input or an attribute asks for.
    func shape(_ sizes: [Int]) throws -> Shape { try Shape(validating: sizes) }

    /// Numbers, one for each of `count` axes.
    func numbers(_ name: String, count: Int, default value: Int, in range: ClosedRange<Int> = 1...(1 << 31)) throws -> [Int] {
        let numbers = try ints(name) ?? [Int](repeating: value, count: count)
        guard numbers.count == count, numbers.allSatisfy(range.contains) else {
            throw MartletError(
                "Expected \(count) numbers from \(range.lowerBound) to \(range.upperBound) as attribute \"\(name)\". "
                    + "Received: \(numbers).")
        }
        return numbers
    }

    // MARK: Results

    /// The result of an operator whose outputs have the type of its first input.
    func result(_ tensor: Tensor) throws -> [ONNX.Value] { [.tensor(tensor, like: try value(0))] }
}

extension ONNX.Value {
    /// A tensor of the type of another value: integers wrap into its width, and a result of another dtype is cast.
    static func tensor(_ tensor: Tensor, like other: ONNX.Value) -> ONNX.Value {
        guard case .tensor(let like, let type) = other else { return ONNX.Value(tensor) }
        // A check of gradients computes everything in one dtype.
        let isWidened = !Context.current.castsInputs && tensor.dtype == .float64 && like.dtype.isFloatingPoint
        if isWidened { return ONNX.Value(tensor) }
        if type == ONNX.ElementType(like.dtype) {
            return ONNX.Value(like.dtype == tensor.dtype ? tensor : tensor.cast(to: like.dtype))
        }
        return .tensor(type.wrapped(tensor), type)
    }
}

extension ONNX.ElementType {
    /// The elements in the dtype that holds this type; integers that are too large wrap.
    func wrapped(_ tensor: Tensor) -> Tensor {
        guard let dtype else { return tensor }
        let held = tensor.dtype == dtype ? tensor : tensor.cast(to: dtype)
        guard let (bits, isSigned) = integer, bits < 8 * dtype.byteCount else { return held }
        let count = 1 << bits
        return isSigned ? (held + count / 2) % count - count / 2 : held % count
    }
}
