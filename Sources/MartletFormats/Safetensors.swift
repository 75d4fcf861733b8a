import MartletCore

/// Named tensors in Hugging Face's safetensors format: a JSON header with types, shapes and offsets, then the elements.
///
/// Source: the format's description in github.com/huggingface/safetensors.
///
/// ```swift
/// try Safetensors([("kernel", kernel), ("bias", bias)]).write(to: "weights.safetensors")
/// let kernel = try Safetensors.read("weights.safetensors")["kernel"]
/// ```
public struct Safetensors: Sendable {
    /// Names and tensors, in the header's order.
    public let tensors: [(name: String, tensor: Tensor)]
    /// Free text about the file, under the header's key `__metadata__`.
    public let metadata: [String: String]

    /// Takes tensors with names that are all different. `write(to:)` throws when they are not.
    public init(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// The tensor called `name`, nil when there is none.
    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }

    static let metadataKey = "__metadata__"
    /// The format's own limit.
    static let maximumHeaderSize = 100_000_000

    static let elements: [String: StoredElement] = [
        "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
        "I16": .int16,
        "I8": .int8, "U32": .uint32, "U16": .uint16, "U8": .uint8, "BOOL": .bool,
    ]
}

extension Safetensors {
    /// Reads the file at `path`.
    ///
    /// `I8`, `I16` and `U16` become `int32`, `U32` becomes `int64`; the other types keep theirs.
    /// - Throws: `MartletError` when the file cannot be read, its header is malformed, a type is unknown, or the
    ///   tensors do not fill the rest of the file exactly.
    public static func read(_ path: String) throws -> Safetensors { try read(FileStream(path)) }

    package static func read(_ stream: any ByteStream) throws -> Safetensors {
        let size = try stream.bytes(8, "header length").reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard size <= maximumHeaderSize else {
            throw stream.error("Expected a header of at most \(maximumHeaderSize) bytes. Received a length of \(size).")
        }
        let header = SafetensorsHeader(try stream.bytes(Int(size), "header"), of: stream)
        let (entries, metadata) = try header.parse()
        try header.checkLayout(of: entries, total: stream.bound)
        var tensors = [Tensor?](repeating: nil, count: entries.count)
        for entry in entries.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where !entry.range.isEmpty {
            tensors[entry.index] = try stream.tensor(entry.shape, entry.element, .little)
        }
        let named = entries.map { entry in
            let empty = { Tensor(uninitialized: TensorSpec(entry.shape, entry.element.dtype)) }
            return (name: entry.name, tensor: tensors[entry.index] ?? empty())
        }
        return Safetensors(named, metadata: metadata)
    }

    /// Writes the file at `path`. It appears whole or not at all. The same tensors give the same bytes.
    ///
    /// The header keeps the order of `tensors`. The elements of the widest types come first, so every tensor begins at a
    /// multiple of its elements' size.
    /// - Throws: `MartletError` when the file cannot be written, a name comes twice, or is `__metadata__`.
    public func write(to path: String) throws {
        do {
            try FileIO.write(to: path) { try write(to: $0) }
        } catch let error as MartletError where error.location == nil {
            throw MartletError(error.message, at: path)
        }
    }

    package func write(to sink: any ByteSink) throws {
        let order = tensors.indices.sorted {
            (-tensors[$0].tensor.dtype.byteCount, $0) < (-tensors[$1].tensor.dtype.byteCount, $1)
        }
        var offsets = [Int](repeating: 0, count: tensors.count)
        var total = 0
        for i in order {
            offsets[i] = total
            total += tensors[i].tensor.elementCount * tensors[i].tensor.dtype.byteCount
        }
        try sink.write(headerBytes(offsets: offsets))
        for i in order { try sink.write(elementsOf: tensors[i].tensor, .little) }
    }

    private func headerBytes(offsets: [Int]) throws -> [UInt8] {
        var header = JSONObject()
        if !metadata.isEmpty {
            var object = JSONObject()
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
            header[Safetensors.metadataKey] = .object(object)
        }
        for ((name, tensor), offset) in zip(tensors, offsets) {
            guard header[name] == nil, name != Safetensors.metadataKey else {
                throw MartletError("Expected every tensor to have a different name. Received \"\(name)\" again.")
            }
            let type = Safetensors.elements.first { $0.value == StoredElement(tensor.dtype) }!.key
            let end = offset + tensor.elementCount * tensor.dtype.byteCount
            header[name] = [
                "dtype": .string(type), "shape": .array(tensor.shape.dimensions.map { .int($0) }),
                "data_offsets": [.int(offset), .int(end)],
            ]
        }
        var text = Array(JSONValue.object(header).serialized().utf8)
        text += [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }
}

/// The header of a safetensors file, and its entries for the tensors.
struct SafetensorsHeader {
    struct Entry {
        let index: Int
        let name: String
        let element: StoredElement
        let shape: Shape
        let range: Range<Int>
    }

    private let bytes: [UInt8]
    private let stream: any ByteStream

    init(_ bytes: [UInt8], of stream: any ByteStream) {
        self.bytes = bytes
        self.stream = stream
    }

    /// The tensors in the header's order, and the metadata.
    func parse() throws -> (entries: [Entry], metadata: [String: String]) {
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        do {
            for (name, value) in try JSONValue(parsing: bytes).object() {
                if name == Safetensors.metadataKey {
                    for (key, text) in try value.object() { metadata[key] = try text.string() }
                } else {
                    entries.append(try entry(name, value, index: entries.count))
                }
            }
        } catch let error as MartletError {
            throw error.location == nil ? stream.error("The header is malformed. \(error.message)") : error
        }
        return (entries, metadata)
    }

    private func entry(_ name: String, _ value: JSONValue, index: Int) throws -> Entry {
        func problem(_ message: String) -> MartletError { stream.error("Tensor \"\(name)\": \(message)") }
        do {
            let type = try value.string("dtype")
            guard let element = Safetensors.elements[type] else {
                let names = Safetensors.elements.keys.sorted().joined(separator: ", ")
                throw problem("Expected a dtype among \(names). Received: \"\(type)\".")
            }
            let shape = try Shape(validating: value.value(at: ["shape"]))
            let offsets: [Int] = try value.value(at: ["data_offsets"])
            guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
                throw problem("Expected data_offsets [begin, end] with 0 <= begin <= end. Received \(offsets).")
            }
            let (size, overflow) = shape.elementCount.multipliedReportingOverflow(by: element.byteCount)
            guard !overflow, size == offsets[1] - offsets[0] else {
                throw problem("Expected the bytes of \(element)\(shape). data_offsets hold \(offsets[1] - offsets[0]).")
            }
            return Entry(index: index, name: name, element: element, shape: shape, range: offsets[0]..<offsets[1])
        } catch let error as MartletError {
            throw error.location == nil ? problem(error.message) : error
        }
    }

    /// Throws unless the tensors fill `0..<total` without holes and overlaps.
    func checkLayout(of entries: [Entry], total: Int) throws {
        var end = 0
        let filled = entries.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for entry in filled {
            guard entry.range.lowerBound == end else {
                throw stream.error(
                    "Tensor \"\(entry.name)\": Expected its elements at offset \(end), after the tensor before. Received: "
                        + "\(entry.range.lowerBound), which leaves a hole or overlaps.")
            }
            end = entry.range.upperBound
        }
        guard end == total else {
            throw stream.error("Expected \(end) bytes of elements, as the header says. The file holds \(total).")
        }
        if let entry = entries.first(where: { $0.range.isEmpty && $0.range.lowerBound > total }) {
            throw stream.error(
                "Tensor \"\(entry.name)\": Expected offsets up to \(total). Received \(entry.range.lowerBound).")
        }
    }
}
