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
        return writer.bytes
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

/// Writes tables from the front to the back: what a table refers to comes behind it.
private struct FlatBufferWriter {
    var bytes: [UInt8] = []

    private mutating func align(_ alignment: Int, before offset: Int = 0) {
        while (bytes.count + offset) % alignment != 0 { bytes.append(0) }
    }

    /// Puts the distance from a place to what lies further behind into the place.
    mutating func patch(_ place: Int, to target: Int) {
        bytes.replaceSubrange(place..<place + 4, with: UInt32(target - place).littleEndianBytes)
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
        // Tables begin at a multiple of 8, so that numbers of 8 bytes do where they should.
        align(8, before: tableSize)
        let start = bytes.count
        bytes += UInt16(tableSize).littleEndianBytes + UInt16(offset).littleEndianBytes
        for slot in 0..<slots { bytes += UInt16(offsets[slot] ?? 0).littleEndianBytes }
        let begin = bytes.count
        bytes += Int32(begin - start).littleEndianBytes
        bytes += [UInt8](repeating: 0, count: offset - 4)
        for (number, field) in fields {
            let place = begin + offsets[number]!
            switch field {
            case .number(let content): bytes.replaceSubrange(place..<place + content.count, with: content)
            case .text(let text):
                align(4)
                patch(place, to: bytes.count)
                bytes += UInt32(text.utf8.count).littleEndianBytes + Array(text.utf8) + [0]
            case .vector(let content, let count, let alignment):
                align(max(4, alignment), before: 4)
                patch(place, to: bytes.count)
                bytes += UInt32(count).littleEndianBytes
                bytes += content
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
