/// A table of a FlatBuffer to be written: fields by number.
struct FlatTable {
    /// What a field holds.
    indirect enum Field {
        /// Bytes of a number, little-endian, which lie at a multiple of their count.
        case number([UInt8])
        case text(String)
        /// A vector of numbers: their bytes one after the other, how many there are, and at a multiple of what they lie.
        case vector([UInt8], count: Int, alignment: Int)
        case table(FlatTable)
        case tables([FlatTable])
    }

    private(set) var fields: [Int: Field] = [:]

    subscript(field: Int) -> Field? {
        get { fields[field] }
        set { fields[field] = newValue }
    }

    init() {}

    mutating func set(_ field: Int, _ value: some FixedWidthInteger) { fields[field] = .number(value.littleEndianBytes) }
    mutating func set(_ field: Int, _ value: Float) { set(field, value.bitPattern) }
    mutating func set(_ field: Int, _ value: Bool) { set(field, UInt8(value ? 1 : 0)) }
    mutating func set(_ field: Int, _ value: String) { fields[field] = .text(value) }
    mutating func set(_ field: Int, _ value: FlatTable) { fields[field] = .table(value) }
    mutating func set(_ field: Int, _ values: [FlatTable]) { fields[field] = .tables(values) }
    mutating func set(_ field: Int, _ values: [some FixedWidthInteger]) {
        guard let size = values.first.map({ $0.littleEndianBytes.count }) else {
            fields[field] = .vector([], count: 0, alignment: 4)
            return
        }
        fields[field] = .vector(values.flatMap(\.littleEndianBytes), count: values.count, alignment: size)
    }
    mutating func set(_ field: Int, _ values: [Float]) { set(field, values.map(\.bitPattern)) }

    /// The file whose root is this table.
    /// - Parameter identifier: four letters.
    func file(identifier: String) -> [UInt8] {
        var writer = FlatBufferWriter()
        writer.bytes = [UInt8](repeating: 0, count: 4) + Array(identifier.utf8)
        writer.patch(0, to: writer.write(self))
        writer.finish()
        return writer.bytes
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

/// Writes tables from the front to the back, and behind them the vectors and strings that they refer to. What is the same is
/// there once: the layouts of tables, which may lie before them, and the vectors, which lie behind all tables that refer to
/// them, as offsets have no sign.
private struct FlatBufferWriter {
    private struct Content: Hashable {
        var bytes: [UInt8]
        var alignment: Int
    }

    private static let largestShared = 512

    var bytes: [UInt8] = []
    /// Where tables of a layout find it: the size and the fields' offsets.
    private var layouts: [[UInt8]: Int] = [:]
    /// The vectors and strings, with the places that refer to them, in the order in which they are written.
    private var contents: [(content: Content, places: [Int])] = []
    private var known: [Content: Int] = [:]

    private mutating func align(_ alignment: Int, before offset: Int = 0) {
        while (bytes.count + offset) % alignment != 0 { bytes.append(0) }
    }

    /// Puts the distance from a place to what lies further behind into the place.
    mutating func patch(_ place: Int, to target: Int) {
        bytes.replaceSubrange(place..<place + 4, with: UInt32(target - place).littleEndianBytes)
    }

    /// Writes a count and elements behind the tables, and their distance into a place.
    /// - Parameter alignment: of the elements.
    private mutating func refer(_ place: Int, to count: Int, _ elements: [UInt8], alignment: Int = 4) {
        let content = Content(bytes: UInt32(count).littleEndianBytes + elements, alignment: max(4, alignment))
        // Readers bound what they read together by the size of the file, so long vectors are not shared.
        if count <= Self.largestShared {
            if let index = known[content] { return contents[index].places.append(place) }
            known[content] = contents.count
        }
        contents.append((content, [place]))
    }

    /// Writes the vectors and strings. The tables are all there.
    mutating func finish() {
        for (content, places) in contents {
            align(content.alignment, before: 4)
            for place in places { patch(place, to: bytes.count) }
            bytes += content.bytes
        }
    }

    /// - Returns: where the table begins.
    mutating func write(_ table: FlatTable) -> Int {
        let fields = table.fields.sorted { $0.key < $1.key }
        // The widest first, so that nothing lies between them but what the alignment of the first asks for.
        var offset = 4
        var offsets: [Int: Int] = [:]
        func size(_ field: FlatTable.Field) -> Int { if case .number(let bytes) = field { bytes.count } else { 4 } }
        for (number, field) in fields.sorted(by: { (size($0.value), $1.key) > (size($1.value), $0.key) }) {
            let width = size(field)
            offset = (offset + width - 1) / width * width
            offsets[number] = offset
            offset += width
        }
        let slots = (fields.last?.key ?? -1) + 1
        let tableSize = 4 + 2 * slots
        var layout = UInt16(tableSize).littleEndianBytes + UInt16(offset).littleEndianBytes
        for slot in 0..<slots { layout += UInt16(offsets[slot] ?? 0).littleEndianBytes }
        // Numbers of 8 bytes lie at a multiple of 8 when their table does.
        let alignment = max(4, fields.map { size($0.value) }.max() ?? 4)
        if layouts[layout] == nil {
            align(alignment, before: tableSize)
            layouts[layout] = bytes.count
            bytes += layout
        } else {
            align(alignment)
        }
        let begin = bytes.count
        bytes += Int32(begin - layouts[layout]!).littleEndianBytes
        bytes += [UInt8](repeating: 0, count: offset - 4)
        for (number, field) in fields {
            let place = begin + offsets[number]!
            switch field {
            case .number(let content): bytes.replaceSubrange(place..<place + content.count, with: content)
            case .text(let text): refer(place, to: text.utf8.count, Array(text.utf8) + [0])
            case .vector(let content, let count, let alignment): refer(place, to: count, content, alignment: alignment)
            case .table(let table):
                let target = write(table)
                patch(place, to: target)
            case .tables(let tables):
                align(4)
                patch(place, to: bytes.count)
                bytes += UInt32(tables.count).littleEndianBytes
                let first = bytes.count
                bytes += [UInt8](repeating: 0, count: 4 * tables.count)
                for (index, table) in tables.enumerated() {
                    let target = write(table)
                    patch(first + 4 * index, to: target)
                }
            }
        }
        return begin
    }
}
