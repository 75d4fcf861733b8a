import Martlet
import MartletCore
import MartletFormats

/// A SavedModel as it is read: the graph, its functions and the signature. Nothing in it is trusted.
struct TensorFlowFile {
    /// A function: names of arguments, nodes, and what the results are.
    struct Function {
        var arguments: [String] = []
        var nodes: [TensorFlowNode] = []
        var results: [String] = []
    }

    /// An input or an output of the signature.
    struct End {
        var key = ""
        /// The node and the number of its output.
        var tensor = ""
        var type = 0
        /// nil where the file says no rank.
        var shape: [Int]? = []
    }

    var nodes: [TensorFlowNode] = []
    var functions: [String: Function] = [:]
    var inputs: [End] = []
    var outputs: [End] = []
    /// What Keras saved: layers, with their parts by name, and variables. The first is the model.
    private var objects: [Object] = []

    private struct Object {
        var parts: [String: Int] = [:]
        /// The name of a variable, and whether it is trained.
        var variable: (name: String, isTrained: Bool)?
    }

    /// - Throws: `MartletError` when the bytes are no SavedModel, or one without the signature.
    init(_ bytes: [UInt8], signature: String = "serving_default") throws {
        try bytes.withUnsafeBytes { bytes in
            var hasGraph = false
            try ProtobufReader(bytes, of: "SavedModel").forEachField { field in
                guard field.number == 2, !hasGraph else { return }
                try readMeta(field.message(), signature)
                hasGraph = true
            }
            guard hasGraph else { throw MartletError("Expected a SavedModel. Received a file without a graph.") }
        }
        guard !outputs.isEmpty else { throw MartletError("Expected a signature \"\(signature)\". There is none.") }
        orderEnds()
    }

    private mutating func readMeta(_ message: ProtobufReader, _ signature: String) throws {
        try message.forEachField { field in
            switch field.number {
            case 2: try readGraph(field.message())
            case 5:
                let (key, value) = try Self.entry(field.message())
                guard key == signature, let value else { return }
                try value.forEachField { field in
                    switch field.number {
                    case 1: inputs.append(try Self.end(field.message()))
                    case 2: outputs.append(try Self.end(field.message()))
                    default: break
                    }
                }
            case 7: try readObjects(field.message())
            default: break
            }
        }
    }

    private mutating func readGraph(_ message: ProtobufReader) throws {
        try message.forEachField { field in
            switch field.number {
            case 1: nodes.append(try TensorFlowNode(field.message()))
            case 2:
                try field.message().forEachField { field in
                    guard field.number == 1 else { return }
                    let (name, function) = try Self.function(field.message())
                    functions[name] = function
                }
            default: break
            }
        }
    }

    /// The message `FunctionDef`.
    private static func function(_ message: ProtobufReader) throws -> (String, Function) {
        var (name, function) = ("", Function())
        var (results, values) = ([String](), [String: String]())
        func argument(_ message: ProtobufReader) throws -> String {
            var name = ""
            try message.forEachField { field in if field.number == 1 { name = try field.string() } }
            return name
        }
        try message.forEachField { field in
            switch field.number {
            case 1:
                try field.message().forEachField { field in
                    switch field.number {
                    case 1: name = try field.string()
                    case 2: function.arguments.append(try argument(field.message()))
                    case 3: results.append(try argument(field.message()))
                    default: break
                    }
                }
            case 3: function.nodes.append(try TensorFlowNode(field.message()))
            case 4:
                var (key, value) = ("", "")
                try field.message().forEachField { field in
                    switch field.number {
                    case 1: key = try field.string()
                    case 2: value = try field.string()
                    default: break
                    }
                }
                values[key] = value
            default: break
            }
        }
        function.results = try results.map { result in
            guard let value = values[result] else { throw message.malformed("the function \"\(name)\" has no \"\(result)\"") }
            return value
        }
        return (name, function)
    }

    private mutating func readObjects(_ message: ProtobufReader) throws {
        try message.forEachField { field in
            guard field.number == 1 else { return }
            var object = Object()
            try field.message().forEachField { field in
                switch field.number {
                case 1:
                    var (place, name) = (0, "")
                    try field.message().forEachField { field in
                        switch field.number {
                        case 1: place = Int(try field.integer())
                        case 2: name = try field.string()
                        default: break
                        }
                    }
                    object.parts[name] = place
                case 7:
                    var (name, isTrained) = ("", false)
                    try field.message().forEachField { field in
                        switch field.number {
                        case 3: isTrained = try field.integer() != 0
                        case 6: name = try field.string()
                        default: break
                        }
                    }
                    object.variable = (name, isTrained)
                default: break
                }
            }
            objects.append(object)
        }
    }

    /// The variable that a checkpoint keeps under a key, which is the path of names from the model to it; nil where the file does
    /// not say it.
    func variable(_ key: String) -> (name: String, isTrained: Bool)? {
        var place = 0
        for part in key.split(separator: "/") {
            guard objects.indices.contains(place) else { return nil }
            if part == ".ATTRIBUTES" { break }
            guard let next = objects[place].parts[String(part)] else { return nil }
            place = next
        }
        return objects.indices.contains(place) ? objects[place].variable : nil
    }

    private static func end(_ message: ProtobufReader) throws -> End {
        let (key, value) = try entry(message)
        var end = End()
        end.key = key
        try value?.forEachField { field in
            switch field.number {
            case 1: end.tensor = try field.string()
            case 2: end.type = Int(try field.integer())
            case 3: end.shape = try optionalShape(field.message())
            default: break
            }
        }
        return end
    }

    /// An entry of a map from text to messages.
    fileprivate static func entry(_ message: ProtobufReader) throws -> (String, ProtobufReader?) {
        var (key, value) = ("", ProtobufReader?.none)
        try message.forEachField { field in
            switch field.number {
            case 1: key = try field.string()
            case 2: value = try field.message()
            default: break
            }
        }
        return (key, value)
    }

    /// The message `TensorShapeProto`, nil for an unknown rank.
    static func optionalShape(_ message: ProtobufReader) throws -> [Int]? {
        var (sizes, isUnknown) = ([Int](), false)
        try message.forEachField { field in
            switch field.number {
            case 2:
                var size = 0
                try field.message().forEachField { field in if field.number == 1 { size = Int(try field.integer()) } }
                sizes.append(size)
            case 3: isUnknown = try field.integer() != 0
            default: break
            }
        }
        return isUnknown ? nil : sizes
    }

    static func shape(_ message: ProtobufReader) throws -> [Int] {
        guard let shape = try optionalShape(message) else { throw message.malformed("a tensor without a rank") }
        return shape
    }

    /// A tensor of bytes in their order in memory, of which there are as many as the shape needs.
    static func tensor(_ bytes: UnsafeRawBufferPointer, _ shape: Shape, _ type: DType) -> Tensor {
        // Only 0 and 1 are truth values.
        type == .bool ? Tensor(bytes.map { $0 != 0 }, shape: shape) : Tensor(bytes: bytes, shape: shape, dtype: type)
    }
}

extension TensorFlowNode {
    /// The message `NodeDef`.
    init(_ message: ProtobufReader) throws {
        self.init(name: "", operation: "", inputs: [], attributes: [])
        try message.forEachField { field in
            switch field.number {
            case 1: name = try field.string()
            case 2: operation = try field.string()
            case 3: inputs.append(try field.string())
            case 5:
                let (key, value) = try TensorFlowFile.entry(field.message())
                // Those with an underscore are notes.
                if let value, !key.hasPrefix("_") { attributes.append((key, try Attribute(value))) }
            default: break
            }
        }
    }

    func attribute(_ name: String) -> Attribute? { attributes.first { $0.0 == name }?.1 }
}

extension TensorFlowNode.Attribute {
    /// The message `AttrValue`.
    init(_ message: ProtobufReader) throws {
        self = .other
        try message.forEachField { field in
            switch field.number {
            case 1:
                var (numbers, floats) = ([Int64](), [Float]())
                try field.message().forEachField { field in
                    switch field.number {
                    case 3: try field.integers(into: &numbers)
                    case 4: try field.floats(into: &floats)
                    default: break
                    }
                }
                self = floats.isEmpty ? .integers(numbers.map { Int($0) }) : .numbers(floats)
            case 2: self = .text(try field.string())
            case 3: self = .integer(Int(try field.integer()))
            case 4: self = .number(try field.float())
            case 5: self = .flag(try field.integer() != 0)
            case 6: self = DType(tensorFlowNumber: Int(try field.integer())).map { .type($0) } ?? .other
            case 7: self = try TensorFlowFile.optionalShape(field.message()).map { .shape($0) } ?? .other
            case 8: self = try Self.tensor(field.message())
            case 10:
                try field.message().forEachField { field in if field.number == 1 { self = .function(try field.string()) } }
            default: break
            }
        }
    }

    /// The message `TensorProto`.
    private static func tensor(_ message: ProtobufReader) throws -> Self {
        var (number, sizes) = (0, [Int]())
        var (content, floats, doubles, integers) = (UnsafeRawBufferPointer?.none, [Float](), [Double](), [Int64]())
        var texts: [String] = []
        try message.forEachField { field in
            switch field.number {
            case 1: number = Int(try field.integer())
            case 2: sizes = try TensorFlowFile.shape(field.message())
            case 4: content = try field.bytes()
            case 5: try field.floats(into: &floats)
            case 6: try field.doubles(into: &doubles)
            case 7, 10, 11, 13: try field.integers(into: &integers)
            case 8: texts.append(try field.string())
            default: break
            }
        }
        if number == DType.string.tensorFlowNumber { return .texts(texts) }
        guard let type = DType(tensorFlowNumber: number) else { return .other }
        let shape = try Shape(validating: sizes)
        let count = shape.elementCount
        if let content, !content.isEmpty {
            guard content.count == count * type.byteCount else {
                throw message.malformed("\(content.count) bytes for \(type)\(shape)")
            }
            return .tensor(TensorFlowFile.tensor(content, shape, type))
        }
        try Settings.requireMemory(count.multipliedReportingOverflow(by: 8).partialValue, at: "constant")
        /// The last number stands for all that are missing.
        func filled<Number>(_ numbers: [Number], _ zero: Number) throws -> [Number] {
            guard numbers.count <= count else { throw message.malformed("\(numbers.count) numbers for \(type)\(shape)") }
            return numbers + [Number](repeating: numbers.last ?? zero, count: count - numbers.count)
        }
        switch type {
        case .float32: return .tensor(Tensor(try filled(floats, 0), shape: shape))
        case .float64: return .tensor(Tensor(try filled(doubles, 0), shape: shape))
        case .float16, .bfloat16:
            let bits = try filled(integers, 0).map { UInt16(truncatingIfNeeded: $0).littleEndian }
            return .tensor(bits.withUnsafeBytes { Tensor(bytes: $0, shape: shape, dtype: type) })
        case .bool: return .tensor(Tensor(try filled(integers, 0).map { $0 != 0 }, shape: shape))
        default: return .tensor(Tensor(try filled(integers, 0).map { Int($0) }, shape: shape).cast(to: type))
        }
    }
}
