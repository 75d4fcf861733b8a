import Foundation
import MartletCore
import MartletFormats

extension ONNX {
    /// Where tensors may come from.
    final class Source {
        /// The folder of the model's file, for tensors beside it; nil where there is none.
        let folder: String?
        private var depth = 0

        init(folder: String? = nil) { self.folder = folder }

        /// Runs `body` one level deeper. Graphs, types and sequences may not nest without bound.
        func nested<R>(_ message: ProtobufReader, _ body: () throws -> R) throws -> R {
            guard depth < 32 else { throw message.malformed("graphs or types nested more than 32 deep") }
            depth += 1
            defer { depth -= 1 }
            return try body()
        }
    }
}

extension ONNX.File {
    /// Reads the file at `path`, and the tensors in files beside it.
    /// - Throws: `MartletError` with the file and the place, when it is no such file or holds something that is not supported.
    package init(path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try self.init(FileIO.read(path), name: path, folder: folder.isEmpty ? "." : folder)
    }

    /// Reads a file's bytes.
    /// - Parameter folder: that of the file, from which tensors outside of it are read; nil refuses them.
    package init(_ bytes: [UInt8], name: String, folder: String? = nil) throws {
        self.init()
        do {
            try bytes.withUnsafeBytes {
                try read(ProtobufReader($0, of: "model in ONNX's format"), ONNX.Source(folder: folder))
            }
        } catch let error as MartletError {
            throw MartletError(error.message, at: name + (error.location.map { ", \($0)" } ?? ""))
        }
    }

    private mutating func read(_ message: ProtobufReader, _ source: ONNX.Source) throws {
        var hasGraph = false
        try message.forEachField { field in
            switch field.number {
            case 1: irVersion = Int(try field.integer())
            case 2: producer = try field.string()
            case 3: producerVersion = try field.string()
            case 7:
                graph = try ONNX.Graph(field.message(), source)
                hasGraph = true
            case 8: try ONNX.readOpset(field.message(), into: &opsets)
            case 14: metadata.append(try ONNX.pair(field.message()))
            case 25: functions.append(try ONNX.Function(field.message(), source))
            default: break
            }
        }
        guard hasGraph, !opsets.isEmpty else {
            throw MartletError("Expected a model in ONNX's format. Received a file without \(hasGraph ? "opsets" : "a graph").")
        }
    }
}

extension ONNX {
    fileprivate static func readOpset(_ message: ProtobufReader, into opsets: inout [String: Int]) throws {
        var (domain, version) = ("", 1)
        try message.forEachField { field in
            switch field.number {
            case 1: domain = normalized(try field.string())
            case 2: version = Int(try field.integer())
            default: break
            }
        }
        opsets[domain] = version
    }

    fileprivate static func pair(_ message: ProtobufReader) throws -> (key: String, value: String) {
        var pair = (key: "", value: "")
        try message.forEachField { field in
            switch field.number {
            case 1: pair.key = try field.string()
            case 2: pair.value = try field.string()
            default: break
            }
        }
        return pair
    }

    /// The two names of ONNX's own domain are one.
    fileprivate static func normalized(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}

extension ONNX.Graph {
    init(_ message: ProtobufReader, _ source: ONNX.Source) throws {
        self = try source.nested(message) {
            var graph = ONNX.Graph()
            try message.forEachField { field in
                switch field.number {
                case 1: graph.nodes.append(try ONNX.Node(field.message(), source))
                case 2: graph.name = try field.string()
                case 5:
                    let (name, value) = try ONNX.tensor(field.message(), source)
                    graph.initializers.append((name, value))
                case 11: graph.inputs.append(try ONNX.ValueInfo(field.message(), source))
                case 12: graph.outputs.append(try ONNX.ValueInfo(field.message(), source))
                case 13: graph.values.append(try ONNX.ValueInfo(field.message(), source))
                case 15:
                    let (name, value) = try ONNX.sparseTensor(field.message(), source)
                    graph.initializers.append((name, value))
                default: break
                }
            }
            return graph
        }
    }
}

extension ONNX.Node {
    init(_ message: ProtobufReader, _ source: ONNX.Source) throws {
        self.init()
        var attributeMessages: [ProtobufReader] = []
        try message.forEachField { field in
            switch field.number {
            case 1: inputs.append(try field.string())
            case 2: outputs.append(try field.string())
            case 3: name = try field.string()
            case 4: type = try field.string()
            case 5: attributeMessages.append(try field.message())
            case 7: domain = ONNX.normalized(try field.string())
            case 8: overload = try field.string()
            default: break
            }
        }
        for attribute in attributeMessages {
            do {
                let (name, value) = try ONNX.attribute(attribute, source)
                attributes[name] = value
            } catch let error as MartletError where error.location == nil {
                throw MartletError(error.message, at: label)
            }
        }
    }
}

extension ONNX.Function {
    init(_ message: ProtobufReader, _ source: ONNX.Source) throws {
        self.init()
        try message.forEachField { field in
            switch field.number {
            case 1: name = try field.string()
            case 4: inputs.append(try field.string())
            case 5: outputs.append(try field.string())
            case 7: nodes.append(try ONNX.Node(field.message(), source))
            case 9: try ONNX.readOpset(field.message(), into: &opsets)
            case 10: domain = ONNX.normalized(try field.string())
            case 11:
                let (name, value) = try ONNX.attribute(field.message(), source)
                defaults[name] = value
            case 13: overload = try field.string()
            default: break
            }
        }
    }
}

extension ONNX.ValueInfo {
    init(_ message: ProtobufReader, _ source: ONNX.Source) throws {
        self.init()
        try message.forEachField { field in
            switch field.number {
            case 1: name = try field.string()
            case 2: type = try ONNX.ValueType(field.message(), source)
            default: break
            }
        }
    }
}

extension ONNX.ValueType {
    init(_ message: ProtobufReader, _ source: ONNX.Source) throws {
        self = try source.nested(message) {
            var type = ONNX.ValueType.other("unknown")
            try message.forEachField { field in
                switch field.number {
                case 1: type = try ONNX.tensorType(field.message())
                case 4: type = .sequence(try ONNX.elementType(field.message(), source))
                case 5: type = .other("map")
                case 8: type = .other("sparse tensor")
                case 9: type = .optional(try ONNX.elementType(field.message(), source))
                default: break
                }
            }
            return type
        }
    }
}

extension ONNX {
    /// The type inside that of a sequence or an optional.
    fileprivate static func elementType(_ message: ProtobufReader, _ source: Source) throws -> ValueType {
        var type = ValueType.other("unknown")
        try message.forEachField { field in
            if field.number == 1 { type = try ValueType(field.message(), source) }
        }
        return type
    }

    fileprivate static func tensorType(_ message: ProtobufReader) throws -> ValueType {
        var type = ElementType?.none
        var shape: [Dimension]?
        try message.forEachField { field in
            switch field.number {
            case 1: type = ElementType(rawValue: Int(try field.integer()))
            case 2: shape = try dimensions(field.message())
            default: break
            }
        }
        return .tensor(type, shape)
    }

    private static func dimensions(_ message: ProtobufReader) throws -> [Dimension] {
        var sizes = [Dimension]()
        try message.forEachField { field in
            guard field.number == 1 else { return }
            var size = Dimension.symbol("")
            try field.message().forEachField { field in
                switch field.number {
                case 1: size = .size(Int(try field.integer()))
                case 2: size = .symbol(try field.string())
                default: break
                }
            }
            sizes.append(size)
        }
        return sizes
    }

    fileprivate static func attribute(_ message: ProtobufReader, _ source: Source) throws -> (String, Attribute) {
        var (name, kind, reference) = ("", 0, "")
        var (float, int, string) = (Float(0), 0, [UInt8]())
        var (floats, ints, strings) = ([Float](), [Int64](), [[UInt8]]())
        var (tensors, graphs) = ([Value](), [Graph]())
        var (tensor, graph, type) = (Value?.none, Graph?.none, ValueType?.none)
        try message.forEachField { field in
            switch field.number {
            case 1: name = try field.string()
            case 2: float = try field.float()
            case 3: int = Int(try field.integer())
            case 4: string = Array(try field.bytes())
            case 5: tensor = try ONNX.tensor(field.message(), source).value
            case 6: graph = try Graph(field.message(), source)
            case 7: try field.floats(into: &floats)
            case 8: try field.integers(into: &ints)
            case 9: strings.append(Array(try field.bytes()))
            case 10: tensors.append(try ONNX.tensor(field.message(), source).value)
            case 11: graphs.append(try Graph(field.message(), source))
            case 14: type = try ValueType(field.message(), source)
            case 20: kind = Int(try field.integer())
            case 21: reference = try field.string()
            case 22: tensor = try ONNX.sparseTensor(field.message(), source).value
            default: break
            }
        }
        if !reference.isEmpty { return (name, .reference(reference)) }
        switch kind {
        case 1: return (name, .float(float))
        case 2: return (name, .int(int))
        case 3: return (name, .string(string))
        case 4, 11:
            if let tensor { return (name, .tensor(tensor)) }
        case 5:
            if let graph { return (name, .graph(graph)) }
        case 6: return (name, .floats(floats))
        case 7: return (name, .ints(ints.map { Int($0) }))
        case 8: return (name, .strings(strings))
        case 9: return (name, .tensors(tensors))
        case 10: return (name, .graphs(graphs))
        case 13:
            if let type { return (name, .type(type)) }
        default: return (name, .unsupported("an attribute of type \(kind)"))
        }
        throw message.malformed("the attribute \"\(name)\" has no value")
    }
}
