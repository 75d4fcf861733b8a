import Martlet
import MartletCore
import MartletFormats

/// The variables of a SavedModel: an index, which is a sorted table of blocks as LevelDB writes it, and files of data.
struct TensorBundle {
    /// Where a tensor's bytes are.
    private struct Entry {
        var type = 0
        var sizes: [Int] = []
        var shard = 0
        var offset = 0
        var size = 0
        var checksum: UInt32?
        var isSliced = false
    }

    private let prefix: String
    private var entries: [String: Entry] = [:]
    private var shardCount = 1
    /// The bytes of the files that were read.
    private var shards: [Int: [UInt8]] = [:]

    /// Reads the index of the bundle whose files begin with `prefix`: `variables/variables`.
    /// - Throws: `MartletError` with the file, when it is damaged.
    init(_ prefix: String) throws {
        self.prefix = prefix
        let path = prefix + ".index"
        do {
            try read(FileIO.read(path))
        } catch let error as MartletError {
            throw MartletError(error.message, at: error.location ?? path)
        }
    }

    private static func damaged(_ what: String) -> MartletError {
        MartletError("Expected an index of variables, as TensorFlow writes it. Received bytes that are none: \(what).")
    }

    /// A number of LevelDB, of 7 bits in each byte.
    private static func number(_ bytes: ArraySlice<UInt8>, _ place: inout Int) throws -> Int {
        var value = 0
        for shift in stride(from: 0, to: 56, by: 7) {
            guard bytes.indices.contains(place) else { throw damaged("a number passes the end") }
            let byte = bytes[place]
            place += 1
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw damaged("a number of more than 56 bits")
    }

    /// The bytes of a block that a handle names.
    private static func block(_ file: [UInt8], _ handle: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        var place = handle.startIndex
        let (offset, size) = (try number(handle, &place), try number(handle, &place))
        // A byte that says how it is packed, and a checksum, follow.
        guard offset <= file.count, size <= file.count - offset - 5, size >= 4 else { throw damaged("a block passes the end") }
        guard file[offset + size] == 0 else { throw damaged("a block is packed with Snappy, which Martlet does not read") }
        let checksum = (1..<5).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(file[offset + size + $1]) }
        guard file[offset...(offset + size)].withUnsafeBytes(CRC32C.masked) == checksum else {
            throw damaged("the checksum of a block is wrong")
        }
        return file[offset..<offset + size]
    }

    /// The keys and values of a block. A key says how many bytes it shares with the one before.
    private static func pairs(_ block: ArraySlice<UInt8>) throws -> [(key: [UInt8], value: ArraySlice<UInt8>)] {
        let restarts = block.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard restarts <= (block.count - 4) / 4 else { throw damaged("a block without a table of its keys") }
        let end = block.endIndex - 4 - 4 * restarts
        let body = block[..<end]
        var (found, key, place) = ([(key: [UInt8], value: ArraySlice<UInt8>)](), [UInt8](), block.startIndex)
        while place < end {
            let (shared, own, length) = (try number(body, &place), try number(body, &place), try number(body, &place))
            guard shared <= key.count, own <= end - place, length <= end - place - own, shared + own <= 1 << 16 else {
                throw damaged("a key or a value passes the end")
            }
            key = Array(key[..<shared] + body[place..<place + own])
            place += own
            found.append((key, body[place..<place + length]))
            place += length
        }
        return found
    }

    private mutating func read(_ file: [UInt8]) throws {
        let magic: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
        guard file.count >= 48, Array(file.suffix(8)) == magic else { throw Self.damaged("they do not end as a table does") }
        let footer = file[(file.count - 48)..<(file.count - 8)]
        var place = footer.startIndex
        // The first handle is of a block that says how to filter keys.
        _ = (try Self.number(footer, &place), try Self.number(footer, &place))
        var total = 0
        for (_, handle) in try Self.pairs(Self.block(file, footer[place...])) {
            let block = try Self.block(file, handle)
            // Blocks do not overlap, so keys and values are within the file's size.
            total += block.count
            guard total <= file.count else { throw Self.damaged("blocks overlap") }
            for (key, value) in try Self.pairs(block) { try addEntry(String(decoding: key, as: UTF8.self), Array(value)) }
        }
    }

    private mutating func addEntry(_ name: String, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            var entry = Entry()
            try ProtobufReader(bytes, of: "entry of an index of variables").forEachField { field in
                if name.isEmpty {
                    switch field.number {
                    case 1: shardCount = Int(try field.integer())
                    case 2:
                        guard try field.integer() == 0 else { throw field.malformed("variables with the high byte first") }
                    default: break
                    }
                    return
                }
                switch field.number {
                case 1: entry.type = Int(try field.integer())
                case 2: entry.sizes = try TensorFlowFile.shape(field.message())
                case 3: entry.shard = Int(try field.integer())
                case 4: entry.offset = Int(try field.integer())
                case 5: entry.size = Int(try field.integer())
                case 6: if case .fixed32(let bits) = field.value { entry.checksum = bits }
                case 7: entry.isSliced = true
                default: break
                }
            }
            if !name.isEmpty { entries[name] = entry }
        }
    }

    /// The tensor of this name.
    /// - Throws: `MartletError` when there is none, or the data are damaged.
    mutating func tensor(_ name: String) throws -> Tensor {
        guard let entry = entries[name] else {
            throw MartletError("Expected a variable \"\(name)\". There is none.", at: prefix + ".index")
        }
        guard (1...1 << 16).contains(shardCount), (0..<shardCount).contains(entry.shard) else {
            throw MartletError("Expected a file of data below \(shardCount). Received: \(entry.shard).", at: prefix + ".index")
        }
        func padded(_ number: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        }
        let path = "\(prefix).data-\(padded(entry.shard))-of-\(padded(shardCount))"
        guard !entry.isSliced, let type = DType(tensorFlowNumber: entry.type) else {
            throw MartletError("Expected a whole variable of numbers. Received: \"\(name)\" of type \(entry.type).", at: path)
        }
        let shape = try Shape(validating: entry.sizes)
        let data = try shards[entry.shard] ?? FileIO.read(path)
        shards[entry.shard] = data
        guard entry.size == shape.elementCount * type.byteCount, entry.offset >= 0, entry.offset <= data.count,
            entry.size <= data.count - entry.offset
        else {
            throw MartletError(
                "Expected \(shape.elementCount * type.byteCount) bytes of \"\(name)\" within \(data.count). "
                    + "Received: \(entry.size) from \(entry.offset).", at: path)
        }
        return try data.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[entry.offset..<entry.offset + entry.size])
            guard entry.checksum == nil || CRC32C.masked(bytes) == entry.checksum else {
                throw MartletError("The checksum of \"\(name)\" is wrong: the file is damaged.", at: path)
            }
            return TensorFlowFile.tensor(bytes, shape, type)
        }
    }
}
