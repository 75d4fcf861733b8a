import MartletCore

/// A group to write to an HDF5 file.
///
/// ```swift
/// let root = HDF5GroupContent()
/// root.add(kernel, at: "layers/dense/vars/0")
/// try HDF5Writer.write(root, to: "model.weights.h5")
/// ```
public final class HDF5GroupContent {
    /// The attributes, in order.
    public var attributes: [(name: String, value: HDF5Attribute)] = []
    fileprivate var datasets: [(name: String, value: Tensor)] = []
    fileprivate var groups: [(name: String, content: HDF5GroupContent)] = []
    private var places: [Substring: HDF5GroupContent] = [:]

    /// Makes an empty group.
    public init() {}

    /// The group at a relative path. Missing groups on the path are created.
    public func group(_ path: String) -> HDF5GroupContent {
        path.split(separator: "/").reduce(self) { parent, name in
            if let known = parent.places[name] { return known }
            let made = HDF5GroupContent()
            parent.places[name] = made
            parent.groups.append((String(name), made))
            return made
        }
    }

    /// Adds an array under a relative path.
    public func add(_ tensor: Tensor, at path: String) {
        let parts = path.split(separator: "/")
        group(parts.dropLast().joined(separator: "/")).datasets.append((parts.last.map(String.init) ?? "", tensor))
    }
}

/// Writes HDF5 files in the earliest form of the format, as h5py does by default: every version of libhdf5 reads them. Groups
/// are symbol tables, datasets lie in one piece. The same content gives the same bytes.
///
/// Source: [HDF5 File Format Specification](https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html), version 0 of
/// the superblock.
public enum HDF5Writer {
    /// Writes a file at `path`. The file appears whole or not at all.
    /// - Throws: `MartletError` when the file cannot be written, a name comes twice in a group or is none, or an attribute is
    ///   larger than 64 KB.
    public static func write(_ root: HDF5GroupContent, to path: String) throws {
        try FileIO.write(bytes(of: root, name: path), to: path)
    }

    /// The bytes of a file.
    package static func bytes(of root: HDF5GroupContent, name: String) throws -> [UInt8] {
        do {
            var file = HDF5FileBytes()
            file.place(texts: root.allTexts)
            let entry = try file.write(root)
            file.finish(root: entry)
            return file.bytes
        } catch let error as MartletError {
            throw MartletError(error.message, at: name)
        }
    }
}

extension HDF5GroupContent {
    /// The texts of all attributes, in the order in which they are written.
    fileprivate var allTexts: [String] {
        attributes.compactMap { if case .text(let text) = $0.value { text } else { nil } }
            + datasets.filter { $0.value.dtype == .bfloat16 }.map { _ in HDF5FileBytes.bfloat16 }
            + groups.flatMap(\.content.allTexts)
    }
}

/// The bytes of a file. What something refers to is written before it.
private struct HDF5FileBytes {
    private(set) var bytes: [UInt8] = []
    /// Where the texts lie, in their order, and how many have been used.
    private var texts: [(size: Int, collection: Int, index: Int)] = []
    private var usedTexts = 0

    private static let undefined = ~UInt64(0)
    /// How Keras marks 16 bits that are a `bfloat16`.
    static let bfloat16 = "bfloat16"
    /// Of the superblock, which is written last.
    private static let superblockSize = 96
    /// Entries of a node of symbols, and children of a node of a tree: twice the superblock's numbers.
    private static let (symbolsOfNode, childrenOfNode) = (8, 32)

    init() { bytes = [UInt8](repeating: 0, count: Self.superblockSize) }

    /// Where something is to be found: its header, and of a group also its tree and its heap of names.
    struct Entry {
        let header: Int
        var table: (tree: Int, heap: Int)?
    }

    private mutating func append(_ block: HDF5Block) -> Int {
        let place = bytes.count
        bytes += block.bytes
        bytes += [UInt8](repeating: 0, count: -bytes.count & 7)
        return place
    }

    // MARK: Objects

    mutating func write(_ group: HDF5GroupContent) throws -> Entry {
        var messages = try group.attributes.map { try attribute($0.name, $0.value) }
        var entries = try group.datasets.map { ($0.name, try write($0.value, named: $0.name)) }
        for (name, content) in group.groups { entries.append((name, try write(content))) }
        let table = try writeTable(entries.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) })
        var message = HDF5Block()
        message.number(UInt64(table.tree))
        message.number(UInt64(table.heap))
        messages.insert((0x11, message), at: 0)
        return Entry(header: try writeHeader(messages), table: table)
    }

    private mutating func write(_ tensor: Tensor, named name: String) throws -> Entry {
        let (place, size) = (bytes.count, tensor.shape.elementCount * tensor.dtype.byteCount)
        tensor.withUnsafeBytes { bytes += $0 }
        bytes += [UInt8](repeating: 0, count: -bytes.count & 7)
        var fill = HDF5Block()
        // Space is taken when data is written; no fill value is.
        fill.bytes = [2, 2, 2, 1, 0, 0, 0, 0]
        var layout = HDF5Block()
        layout.bytes = [3, 1]
        layout.number(size == 0 ? Self.undefined : UInt64(place))
        layout.number(UInt64(size))
        var messages: [(type: UInt16, content: HDF5Block)] = [
            (0x01, .dataspace(tensor.shape)), (0x03, .type(of: tensor.dtype)), (0x05, fill), (0x08, layout),
        ]
        if tensor.dtype == .bfloat16 { messages.append(try attribute("dtype", .text(Self.bfloat16))) }
        return Entry(header: try writeHeader(messages))
    }

    private mutating func writeHeader(_ messages: [(type: UInt16, content: HDF5Block)]) throws -> Int {
        var body = HDF5Block()
        for (type, content) in messages {
            var content = content
            content.pad()
            guard content.bytes.count <= 0xFFF8 else {
                throw MartletError(
                    "Expected attributes of at most 65,528 bytes, with their names. Received: \(content.bytes.count).")
            }
            body.number(type)
            body.number(UInt16(content.bytes.count))
            body.number(UInt32(0))
            body.bytes += content.bytes
        }
        var header = HDF5Block()
        header.number(UInt16(1))
        guard messages.count <= Int(UInt16.max) else {
            throw MartletError("Expected at most \(UInt16.max) attributes of an object. Received: \(messages.count).")
        }
        header.number(UInt16(messages.count))
        header.number(UInt32(1))
        header.number(UInt32(body.bytes.count))
        header.number(UInt32(0))
        return append(HDF5Block(bytes: header.bytes + body.bytes))
    }

    private mutating func attribute(_ name: String, _ value: HDF5Attribute) throws -> (type: UInt16, content: HDF5Block) {
        switch value {
        case .text:
            let text = texts[usedTexts]
            usedTexts += 1
            var data = HDF5Block()
            data.number(UInt32(text.size))
            data.number(UInt64(text.collection))
            data.number(UInt32(text.index))
            return (0x0C, try .attribute(name, .textOfAnySize, [], data.bytes))
        case .texts(let texts):
            // With the length of the longest, as in NumPy's arrays of bytes.
            guard let longest = texts.map(\.utf8.count).max() else {
                return (0x0C, try .attribute(name, .type(of: .float64), [0], []))
            }
            let size = max(1, longest)
            let data = texts.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: size - $0.utf8.count) }
            return (0x0C, try .attribute(name, .text(size), [texts.count], data))
        case .numbers(let tensor):
            return (0x0C, try .attribute(name, .type(of: tensor.dtype), tensor.shape, tensor.withUnsafeBytes { Array($0) }))
        }
    }

    // MARK: Texts

    /// Writes texts into collections, where attributes of text of any size find them.
    mutating func place(texts: [String]) {
        var rest = texts[...]
        while !rest.isEmpty {
            let (part, start) = (rest.prefix(Int(UInt16.max)), bytes.count)
            rest = rest.dropFirst(part.count)
            var objects = HDF5Block()
            for (index, text) in part.enumerated() {
                self.texts.append((text.utf8.count, start, index + 1))
                objects.number(UInt16(index + 1))
                objects.bytes += [UInt8](repeating: 0, count: 6)
                objects.number(UInt64(text.utf8.count))
                objects.bytes += text.utf8
                objects.pad()
            }
            // A collection has at least 4 KiB; object 0 is its free space.
            let size = max(4096, 16 + objects.bytes.count)
            let free = size - 16 - objects.bytes.count
            if free >= 16 {
                objects.number(UInt64(0))
                objects.number(UInt64(free))
            }
            objects.bytes += [UInt8](repeating: 0, count: size - 16 - objects.bytes.count)
            var collection = HDF5Block(bytes: Array("GCOL".utf8) + [1, 0, 0, 0])
            collection.number(UInt64(size))
            _ = append(HDF5Block(bytes: collection.bytes + objects.bytes))
        }
    }

    // MARK: Symbol tables

    /// Writes the table of a group, of entries in the order of their names.
    private mutating func writeTable(_ entries: [(name: String, entry: Entry)]) throws -> (tree: Int, heap: Int) {
        // The first name is empty, before all others.
        var names = HDF5Block(bytes: [UInt8](repeating: 0, count: 8))
        var symbols: [(name: Int, entry: Entry)] = []
        for (place, (name, entry)) in entries.enumerated() {
            guard place == 0 || entries[place - 1].name != name else {
                throw MartletError("Expected names that differ in a group. Received \"\(name)\" twice.")
            }
            guard !name.isEmpty, !name.utf8.contains(0) else {
                throw MartletError("Expected a name without the character 0. Received: \"\(name)\".")
            }
            symbols.append((names.bytes.count, entry))
            names.bytes += Array(name.utf8) + [0]
            names.pad()
        }
        let data = append(names)
        var heap = HDF5Block(bytes: Array("HEAP".utf8) + [0, 0, 0, 0])
        heap.number(UInt64(names.bytes.count))
        heap.number(UInt64(1)) // no free space
        heap.number(UInt64(data))
        return (writeTree(symbols), append(heap))
    }

    /// Writes nodes of symbols, and a tree above them. A key is the place of the last name before.
    private mutating func writeTree(_ symbols: [(name: Int, entry: Entry)]) -> Int {
        var children: [(place: Int, lastName: Int)] = stride(from: 0, to: symbols.count, by: Self.symbolsOfNode).map { first in
            let part = symbols[first..<min(first + Self.symbolsOfNode, symbols.count)]
            var node = HDF5Block(bytes: Array("SNOD".utf8) + [1, 0])
            node.number(UInt16(part.count))
            for (name, entry) in part { node.symbol(name: name, entry.header, entry.table) }
            node.bytes += [UInt8](repeating: 0, count: (Self.symbolsOfNode - part.count) * 40)
            return (append(node), part.last!.name)
        }
        var level: UInt8 = 0
        repeat {
            let size = 24 + (2 * Self.childrenOfNode + 1) * 8
            let (count, start) = (max(1, (children.count + Self.childrenOfNode - 1) / Self.childrenOfNode), bytes.count)
            children = (0..<count).map { number in
                let first = number * Self.childrenOfNode
                let part = children[first..<min(first + Self.childrenOfNode, children.count)]
                var node = HDF5Block(bytes: Array("TREE".utf8) + [0, level])
                node.number(UInt16(part.count))
                node.number(number == 0 ? Self.undefined : UInt64(start + (number - 1) * size))
                node.number(number == count - 1 ? Self.undefined : UInt64(start + (number + 1) * size))
                node.number(UInt64(first == 0 ? 0 : children[first - 1].lastName))
                for child in part {
                    node.number(UInt64(child.place))
                    node.number(UInt64(child.lastName))
                }
                node.bytes += [UInt8](repeating: 0, count: size - node.bytes.count)
                return (append(node), part.last?.lastName ?? 0)
            }
            level += 1
        } while children.count > 1
        return children[0].place
    }

    /// Writes the superblock.
    mutating func finish(root: Entry) {
        var block = HDF5Block(bytes: [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A])
        // Versions, and the sizes of places and lengths.
        block.bytes += [0, 0, 0, 0, 0, 8, 8, 0]
        block.number(UInt16(Self.symbolsOfNode / 2))
        block.number(UInt16(Self.childrenOfNode / 2))
        block.number(UInt32(0))
        for number in [0, Self.undefined, UInt64(bytes.count), Self.undefined] { block.number(number) }
        block.symbol(name: 0, root.header, root.table)
        bytes.replaceSubrange(0..<Self.superblockSize, with: block.bytes)
    }
}

/// Bytes that grow, little-endian.
private struct HDF5Block {
    var bytes: [UInt8] = []

    mutating func number(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }

    /// Fills up to a multiple of 8 bytes.
    mutating func pad() { bytes += [UInt8](repeating: 0, count: -bytes.count & 7) }

    /// An entry of a symbol table.
    mutating func symbol(name: Int, _ header: Int, _ table: (tree: Int, heap: Int)?) {
        number(UInt64(name))
        number(UInt64(header))
        number(UInt64(table == nil ? 0 : 1))
        number(UInt64(table?.tree ?? 0))
        number(UInt64(table?.heap ?? 0))
    }

    static func dataspace(_ shape: Shape) -> HDF5Block {
        var block = HDF5Block(bytes: [1, UInt8(shape.rank), 0, 0, 0, 0, 0, 0])
        for size in shape.dimensions { block.number(UInt64(size)) }
        return block
    }

    static func attribute(_ name: String, _ type: HDF5Block, _ shape: Shape, _ data: [UInt8]) throws -> HDF5Block {
        guard !name.isEmpty, !name.utf8.contains(0), name.utf8.count < Int(UInt16.max) else {
            throw MartletError("Expected the name of an attribute, without the character 0. Received: \"\(name)\".")
        }
        let space = dataspace(shape)
        var block = HDF5Block(bytes: [1, 0])
        for size in [name.utf8.count + 1, type.bytes.count, space.bytes.count] { block.number(UInt16(size)) }
        block.bytes += Array(name.utf8) + [0]
        block.pad()
        block.bytes += type.bytes
        block.pad()
        block.bytes += space.bytes + data
        return block
    }
}

// Datatypes: the class with its version, three bytes of what the class needs, the size of an element, and properties.
extension HDF5Block {
    private init(class number: UInt8, _ flags: (UInt8, UInt8), size: Int, _ properties: [UInt8] = []) {
        bytes = [0x10 | number, flags.0, flags.1, 0]
        self.number(UInt32(size))
        bytes += properties
    }

    private static func integer(_ size: Int, isSigned: Bool) -> HDF5Block {
        HDF5Block(class: 0, (isSigned ? 8 : 0, 0), size: size, [0, 0, UInt8(8 * size), 0])
    }

    /// A binary number: sign, exponent, and a mantissa whose first bit is left out.
    private static func float(_ size: Int, exponent: Int, mantissa: Int) -> HDF5Block {
        let (bits, bias) = (8 * size, (1 << (exponent - 1)) - 1)
        var block = HDF5Block(
            class: 1, (0x20, UInt8(bits - 1)), size: size,
            [0, 0, UInt8(bits), 0, UInt8(mantissa), UInt8(exponent), 0, UInt8(mantissa)])
        block.number(UInt32(bias))
        return block
    }

    static func type(of dtype: DType) -> HDF5Block {
        switch dtype {
        case .float32: return float(4, exponent: 8, mantissa: 23)
        case .float64: return float(8, exponent: 11, mantissa: 52)
        case .float16: return float(2, exponent: 5, mantissa: 10)
        case .bfloat16: return HDF5Block(class: 5, (0, 0), size: 2)
        case .int32: return integer(4, isSigned: true)
        case .int64: return integer(8, isSigned: true)
        case .uint8, .string: return integer(1, isSigned: false)
        case .bool:
            // As h5py: names of the numbers 0 and 1, in 8 bits.
            let names = ["FALSE", "TRUE"].flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: 8 - $0.utf8.count) }
            return HDF5Block(class: 8, (2, 0), size: 1, integer(1, isSigned: true).bytes + names + [0, 1])
        }
    }

    /// Text in UTF-8 of `size` bytes, filled up with zeros.
    static func text(_ size: Int) -> HDF5Block { HDF5Block(class: 3, (0x11, 0), size: size) }

    /// Text in UTF-8 of any size: its place in a collection.
    static var textOfAnySize: HDF5Block { HDF5Block(class: 9, (1, 1), size: 16, integer(1, isSigned: false).bytes) }
}
