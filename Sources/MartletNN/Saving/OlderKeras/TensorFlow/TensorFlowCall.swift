import MartletCore
import MartletFormats

/// One call of a function of TensorFlow in a graph of Keras 2.
final class TensorFlowCall {
    /// The function's name.
    let function: String
    let graph: GraphBuilder
    /// The first argument, which a file gives without its name.
    let first: GraphValue
    private let given: [String: GraphValue]
    private var used: Set<String> = ["name"]

    /// What a function makes of a call: its results.
    typealias Maker = @Sendable (TensorFlowCall) throws -> [GraphValue]

    private init(_ function: String, _ first: GraphValue, _ given: [String: GraphValue], _ graph: GraphBuilder) {
        (self.function, self.first, self.given, self.graph) = (function, first, given, graph)
    }

    /// The classes of layers that call a function (`x + y`, `tf.concat`, `x[:, 0]` in a functional model).
    static let layers: Set<JSONValue> = ["TFOpLambda", "SlicingOpLambda"]

    /// Adds the operations of a call to the graph.
    /// - Parameters:
    ///   - layer: the description of the layer in the file.
    ///   - node: `[layer, call, output, arguments]`, or nested lists of such.
    ///   - resolve: the values of tensors.
    /// - Returns: the results.
    /// - Throws: `MartletError` for a function that is not known, or arguments that are not.
    static func run(
        _ layer: JSONValue, name: String, _ node: JSONValue, _ graph: GraphBuilder,
        _ resolve: (CallArguments.Reference) throws -> GraphValue
    ) throws -> [GraphValue] {
        let called = try layer.string("config", "function")
        guard let maker = table[called.hasPrefix("compat.v1.") ? String(called.dropFirst(10)) : called] else {
            let kind = try layer.string("class_name")
            throw MartletError(
                missing[called]
                    ?? "Expected a function of TensorFlow that Keras 3's operations can compute. Received: \(called). "
                    + "Replace it by a layer in Keras 2, and save the model again.", at: "\(kind).function")
        }
        var leaf = node
        while case .array? = leaf[0], leaf[0]?[0] != nil { leaf = leaf[0]! }
        var given: [String: GraphValue] = [:]
        for (key, value) in try leaf.valueIfPresent(at: [3], as: JSONObject.self) ?? [:] {
            given[key] = try GraphValue(value, resolve)
        }
        try ModelReader.checkSizes(leaf[3] ?? .null)
        graph.begin(name)
        do {
            let call = TensorFlowCall(called, try GraphValue(first: node, resolve), given, graph)
            var results = try maker(call)
            try call.checkRest()
            if graph.made.isEmpty {
                // Keras 3 has no operation that does nothing.
                for (place, result) in results.enumerated() {
                    guard case .tensor(let tensor) = result else { continue }
                    results[place] = .tensor(try graph.layer("Identity", [:], tensor).output(0))
                }
            }
            let owner = results.first?.tensor?.node ?? graph.made.last
            if let owner, graph.made.contains(where: { $0 === owner }) { graph.end(name, owner) }
            return results
        } catch let error as MartletError where error.location == nil {
            throw MartletError(error.message, at: called)
        }
    }

    /// Arguments that nothing has read change the result, unless they are null.
    private func checkRest() throws {
        for (key, value) in given.sorted(by: { $0.key < $1.key }) where !used.contains(key) && !value.isNull {
            throw MartletError("Expected no argument \"\(key)\". Received: \(value.summary).")
        }
    }

    // MARK: - Arguments

    /// An argument, nil where it is missing or null.
    subscript(name: String) -> GraphValue? {
        used.insert(name)
        return given[name].flatMap { $0.isNull ? nil : $0 }
    }

    /// A constant argument.
    func json(_ name: String) throws -> JSONValue? {
        switch self[name] {
        case nil: return nil
        case .constant(let json)?: return json
        case let value?:
            if let (sizes, isList) = value.graphSizes, sizes.allSatisfy({ $0.known != nil }) {
                let known = sizes.map { JSONValue.int($0.known!) }
                return isList ? .array(known) : known[0]
            }
            throw MartletError("Expected a constant \"\(name)\". Received: \(value.summary).")
        }
    }

    func constant<T: JSONReadable>(_ name: String, _ fallback: T) throws -> T {
        try json(name)?.value(at: []) ?? fallback
    }

    func required<T: JSONReadable>(_ name: String, as type: T.Type = T.self) throws -> T {
        guard let json = try json(name) else { throw MartletError("Expected an argument \"\(name)\".") }
        return try json.value(at: [])
    }

    /// One number or several.
    func numbers(_ name: String) throws -> [Int]? {
        guard let json = try json(name) else { return nil }
        if case .array = json { return try json.value(at: []) }
        return [try json.value(at: [])]
    }

    /// Axes from 0; nil is all of them.
    func axes(_ name: String = "axis", of x: GraphValue) throws -> [Int]? {
        guard let axes = try numbers(name) else { return nil }
        let rank = try rank(x)
        return try axes.map { axis in
            guard (-rank..<rank).contains(axis) else {
                throw MartletError("Expected an axis of \(rank). Received: \(axis).", at: "\(function).\(name)")
            }
            return axis < 0 ? axis + rank : axis
        }
    }

    func axis(_ fallback: Int, of x: GraphValue, named name: String = "axis") throws -> Int {
        try axes(name, of: x)?.first ?? (fallback < 0 ? fallback + rank(x) : fallback)
    }

    /// A tensor or constant that must be there.
    func operand(_ name: String) throws -> GraphValue {
        guard let value = self[name] else { throw MartletError("Expected a tensor \"\(name)\".") }
        return value
    }

    /// Arguments that have to have the value that the operation stands for.
    func expect(_ neutral: JSONObject) throws {
        for (key, expected) in neutral {
            let value = try json(key)
            if let value, value != expected {
                throw MartletError(
                    "Expected \(key): \(expected.serialized()). Received: \(String(value.serialized().prefix(100))).")
            }
        }
    }

    func sizes(_ value: GraphValue, _ name: String) throws -> [GraphSize] {
        guard let (sizes, _) = value.graphSizes else {
            throw MartletError("Expected sizes that follow from those of tensors as \"\(name)\". Received: \(value.summary).")
        }
        return sizes
    }

    func scalar(_ value: GraphValue, _ name: String) throws -> GraphSize {
        guard let size = try sizes(value, name).first else {
            throw MartletError("Expected a number as \"\(name)\". Received: [].")
        }
        return size
    }

    func dtype(_ name: String = "dtype") throws -> DType? { try json(name).map { try DType(name: $0.value(at: [])) } }

    // MARK: - Shapes

    func shape(_ x: GraphValue) throws -> PartialShape {
        switch x {
        case .tensor(let tensor): return tensor.shape
        case .sizes(let sizes, let isList): return isList ? [sizes.count] : []
        case .constant(let json):
            var (shape, level) = ([Int?](), json)
            while case .array(let list) = level {
                shape.append(list.count)
                level = list.first ?? 0
            }
            return PartialShape(shape)
        case .list(let values):
            return PartialShape([values.count] + (try values.first.map { try shape($0).dimensions } ?? []))
        case .slice: return []
        }
    }

    func rank(_ x: GraphValue) throws -> Int { try shape(x).rank }

    /// The size of an axis that must be known.
    func size(_ x: GraphValue, _ axis: Int) throws -> Int {
        let shape = try shape(x)
        guard (-shape.rank..<shape.rank).contains(axis), let size = shape[axis] else {
            throw MartletError("Expected a known size of axis \(axis). Received: shape \(shape).")
        }
        return size
    }

    func size(of x: GraphValue, axis: Int) throws -> GraphSize {
        if let tensor = x.tensor { return GraphSize(of: tensor, axis: axis) }
        return .known(try size(x, axis))
    }

    func type(_ x: GraphValue) -> DType {
        switch x {
        case .tensor(let tensor): tensor.dtype
        case .sizes: .int32
        case .constant(let json): GraphBuilder.type(of: json, nil)
        case .list(let values): values.map(type).reduce(values.first.map(type) ?? .float32, DType.promoted)
        case .slice: .int32
        }
    }

    // MARK: - Formulas

    func op(_ kind: String, _ x: GraphValue, with attributes: JSONObject = [:]) throws -> GraphValue {
        try graph.op(kind, x, with: attributes)
    }
    func op(_ kind: String, _ x: GraphValue, _ y: GraphValue, with attributes: JSONObject = [:]) throws -> GraphValue {
        try graph.op(kind, x, y, with: attributes)
    }
    func add(_ a: GraphValue, _ b: GraphValue) throws -> GraphValue { try op("Add", a, b) }
    func sub(_ a: GraphValue, _ b: GraphValue) throws -> GraphValue { try op("Subtract", a, b) }
    func mul(_ a: GraphValue, _ b: GraphValue) throws -> GraphValue { try op("Multiply", a, b) }
    func div(_ a: GraphValue, _ b: GraphValue) throws -> GraphValue { try op("TrueDivide", a, b) }

    func cast(_ x: GraphValue, _ type: DType) throws -> GraphValue {
        self.type(x) == type && x.tensor != nil ? x : try op("Cast", x, with: ["dtype": .string(type.name)])
    }

    /// `x` where a condition holds, else `y`.
    func select(_ condition: GraphValue, _ x: GraphValue, _ y: GraphValue) throws -> GraphValue {
        let tensors = [x, y].compactMap { $0.tensor?.dtype }
        return try graph.op("Where", condition, x, y, type: tensors.first ?? DType.promoted(type(x), type(y)))
    }

    func reduce(_ kind: String, _ x: GraphValue, _ axes: [Int]?, keepDims: Bool = false) throws -> GraphValue {
        try op(kind, x, with: ["axis": TensorFlowCall.json(axes), "keepdims": .bool(keepDims)])
    }

    static func json(_ axes: [Int]?) -> JSONValue {
        guard let axes else { return .null }
        return axes.count == 1 ? .int(axes[0]) : .array(axes.map { .int($0) })
    }

    /// The product with a matrix of numbers along an axis: its rows stand for the places of the result.
    func along(_ axis: Int, _ x: GraphValue, _ matrix: [[Double]]) throws -> GraphValue {
        let rows = JSONValue.array(matrix.map { .array($0.map { .double($0) }) })
        let last = try rank(x) - 1
        let y = try op("Tensordot", x, .constant(rows), with: ["axes": [[.int(axis)], [1]]])
        return axis == last ? y : try op("Moveaxis", y, with: ["source": .int(last), "destination": .int(axis)])
    }

    func expand(_ x: GraphValue, _ axis: Int) throws -> GraphValue { try op("ExpandDims", x, with: ["axis": .int(axis)]) }

    func transpose(_ x: GraphValue, _ order: [Int]) throws -> GraphValue {
        order == Array(order.indices) ? x : try op("Transpose", x, with: ["axes": .array(order.map { .int($0) })])
    }

    /// A part of one axis.
    func part(_ x: GraphValue, _ axis: Int, _ from: Int?, _ to: Int?, by step: Int? = nil) throws -> GraphValue {
        let key = [JSONValue](repeating: GraphBuilder.all, count: axis)
        return try graph.item(x, key + [GraphBuilder.slice(.optional(from), .optional(to), .optional(step))])
    }

    /// Borders of a constant.
    func pad(_ x: GraphValue, _ widths: [[Int]], value: JSONValue = 0) throws -> GraphValue {
        if widths.allSatisfy({ $0 == [0, 0] }) { return x }
        let widths = JSONValue.array(widths.map { .array($0.map { .int($0) }) })
        return try graph.op(
            "Pad", x, with: ["pad_width": widths, "mode": "constant"],
            named: Double(json: value) == 0 ? [:] : ["constant_values": value])
    }
}
