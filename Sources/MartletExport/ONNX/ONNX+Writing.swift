import MartletCore
import MartletFormats

extension ONNX.File {
    /// The bytes of the file.
    package func bytes() throws -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, integer: irVersion)
        if !producer.isEmpty { writer.write(2, text: producer) }
        if !producerVersion.isEmpty { writer.write(3, text: producerVersion) }
        writer.write(7, try graph.bytes())
        ONNX.write(opsets, 8, to: &writer)
        for (key, value) in metadata {
            writer.write(14) {
                $0.write(1, text: key)
                $0.write(2, text: value)
            }
        }
        for function in functions { writer.write(25, try function.bytes()) }
        return writer.bytes
    }

    /// Writes the file, which appears whole or not at all.
    package func write(to path: String) throws { try FileIO.write(bytes(), to: path) }
}

extension ONNX {
    fileprivate static func write(_ opsets: [String: Int], _ field: Int, to writer: inout ProtobufWriter) {
        for (domain, version) in opsets.sorted(by: { $0.key < $1.key }) {
            writer.write(field) {
                $0.write(1, text: domain)
                $0.write(2, integer: version)
            }
        }
    }
}

extension ONNX.Graph {
    fileprivate func bytes() throws -> [UInt8] {
        var writer = ProtobufWriter()
        for node in nodes { writer.write(1, try node.bytes()) }
        writer.write(2, text: name)
        for (name, value) in initializers { writer.write(5, try value.bytes(name: name)) }
        for (field, list) in [(11, inputs), (12, outputs), (13, values)] {
            for info in list { writer.write(field, info.bytes()) }
        }
        return writer.bytes
    }
}

extension ONNX.Node {
    fileprivate func bytes() throws -> [UInt8] {
        var writer = ProtobufWriter()
        for name in inputs { writer.write(1, text: name) }
        for name in outputs { writer.write(2, text: name) }
        writer.write(3, text: name)
        writer.write(4, text: type)
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { writer.write(5, try value.bytes(name: name)) }
        if !domain.isEmpty { writer.write(7, text: domain) }
        if !overload.isEmpty { writer.write(8, text: overload) }
        return writer.bytes
    }
}

extension ONNX.Function {
    fileprivate func bytes() throws -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, text: name)
        for name in inputs { writer.write(4, text: name) }
        for name in outputs { writer.write(5, text: name) }
        for node in nodes { writer.write(7, try node.bytes()) }
        ONNX.write(opsets, 9, to: &writer)
        writer.write(10, text: domain)
        for (name, value) in defaults.sorted(by: { $0.key < $1.key }) { writer.write(11, try value.bytes(name: name)) }
        if !overload.isEmpty { writer.write(13, text: overload) }
        return writer.bytes
    }
}

extension ONNX.ValueInfo {
    fileprivate func bytes() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, text: name)
        if let type { writer.write(2, type.bytes()) }
        return writer.bytes
    }
}

extension ONNX.ValueType {
    fileprivate func bytes() -> [UInt8] {
        var writer = ProtobufWriter()
        switch self {
        case .tensor(let element, let shape):
            writer.write(1) { writer in
                if let element { writer.write(1, integer: element.rawValue) }
                guard let shape else { return }
                writer.write(2) { writer in
                    for size in shape {
                        writer.write(1) {
                            switch size {
                            case .size(let size): $0.write(1, integer: size)
                            case .symbol(let name): $0.write(2, text: name)
                            }
                        }
                    }
                }
            }
        case .sequence(let inner): writer.write(4) { $0.write(1, inner.bytes()) }
        case .optional(let inner): writer.write(9) { $0.write(1, inner.bytes()) }
        case .other: break
        }
        return writer.bytes
    }
}

extension ONNX.Attribute {
    fileprivate func bytes(name: String) throws -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, text: name)
        switch self {
        case .float(let value):
            writer.write(2, float: value)
            writer.write(20, integer: 1)
        case .int(let value):
            writer.write(3, integer: value)
            writer.write(20, integer: 2)
        case .string(let value):
            writer.write(4, value)
            writer.write(20, integer: 3)
        case .tensor(let value):
            writer.write(5, try value.bytes(name: ""))
            writer.write(20, integer: 4)
        case .graph(let graph):
            writer.write(6, try graph.bytes())
            writer.write(20, integer: 5)
        case .floats(let values):
            for value in values { writer.write(7, float: value) }
            writer.write(20, integer: 6)
        case .ints(let values):
            for value in values { writer.write(8, integer: value) }
            writer.write(20, integer: 7)
        case .strings(let values):
            for value in values { writer.write(9, value) }
            writer.write(20, integer: 8)
        case .tensors(let values):
            for value in values { writer.write(10, try value.bytes(name: "")) }
            writer.write(20, integer: 9)
        case .graphs(let graphs):
            for graph in graphs { writer.write(11, try graph.bytes()) }
            writer.write(20, integer: 10)
        case .type(let type):
            writer.write(14, type.bytes())
            writer.write(20, integer: 13)
        case .reference(let name): writer.write(21, text: name)
        case .unsupported(let what): throw MartletError("Expected an attribute that can be written. Received: \(what).")
        }
        return writer.bytes
    }
}

extension ONNX.Value {
    /// The message of a tensor. Types narrower than their dtype are written in the field for integers.
    fileprivate func bytes(name: String) throws -> [UInt8] {
        guard case .tensor(let tensor, let type) = self else {
            throw MartletError("Expected a tensor in a file. Received: a sequence or nothing.", at: "tensor \"\(name)\"")
        }
        var writer = ProtobufWriter()
        for size in tensor.stringShape.dimensions { writer.write(1, integer: size) }
        writer.write(2, integer: type.rawValue)
        if tensor.dtype == .string {
            for string in tensor.utf8Strings() { writer.write(6, string) }
        } else if type == ONNX.ElementType(tensor.dtype) {
            tensor.withUnsafeBytes { writer.write(9, $0) }
        } else if let integer = type.integer {
            let elements = tensor.scalars(as: Int.self)
            if integer.bits < 8 {
                let perByte = 8 / integer.bits
                var packed = [UInt8](repeating: 0, count: (elements.count + perByte - 1) / perByte)
                for (place, element) in elements.enumerated() {
                    let code = UInt8(truncatingIfNeeded: element) & UInt8(1 << integer.bits - 1)
                    packed[place / perByte] |= code << UInt8(place % perByte * integer.bits)
                }
                writer.write(9, packed)
            } else {
                let bytes = elements.flatMap { element in
                    (0..<integer.bits / 8).map { UInt8(truncatingIfNeeded: element >> (8 * $0)) }
                }
                writer.write(9, bytes)
            }
        } else {
            throw MartletError("Expected elements that can be written. Received: \(type).", at: "tensor \"\(name)\"")
        }
        if !name.isEmpty { writer.write(8, text: name) }
        return writer.bytes
    }
}
