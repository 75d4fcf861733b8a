import MartletCore

/// The filters that a dataset's chunks went through before they were stored: those that HDF5 itself has.
struct HDF5Filters {
    private enum Filter: UInt64 {
        case deflate = 1, shuffle, checksum
    }

    private let filters: [Filter]
    private let elementSize: Int

    /// No filters.
    init() {
        filters = []
        elementSize = 1
    }

    init(_ message: HDF5Cursor, elementSize: Int) throws {
        self.elementSize = elementSize
        var message = message
        let version = try message.uint(1)
        let count = try message.int(1)
        if version == 1 { try message.skip(6) }
        guard (1...2).contains(version), count <= 8 else {
            throw message.file.error("Expected up to 8 filters, of version 1 or 2. Received others.")
        }
        filters = try (0..<count).map { _ in
            let id = try message.uint(2)
            let nameSize = version == 1 || id >= 256 ? try message.int(2) : 0
            try message.skip(2)
            let valueCount = try message.int(2)
            try message.skip(version == 1 ? (nameSize + 7) & ~7 : nameSize)
            try message.skip(4 * valueCount + (version == 1 && valueCount % 2 == 1 ? 4 : 0))
            guard let filter = Filter(rawValue: id) else {
                throw message.file.error(
                    "The dataset is stored with filter \(id); gzip, shuffle and fletcher32 are supported. Write it with "
                        + "compression=\"gzip\".")
            }
            return filter
        }
    }

    /// Undoes the filters of a chunk.
    /// - Parameters:
    ///   - mask: which filters were skipped for this chunk.
    ///   - size: how many bytes the result must have.
    func undo(_ chunk: [UInt8], mask: UInt64, size: Int, _ file: HDF5Bytes) throws -> [UInt8] {
        var bytes = chunk
        for (index, filter) in filters.enumerated().reversed() where mask >> UInt64(index) & 1 == 0 {
            switch filter {
            case .deflate:
                // A checksum of 4 bytes may have been added before.
                let extra = filters[..<index].contains(.checksum) ? 4 : 0
                guard size <= bytes.count.multipliedReportingOverflow(by: 1032).partialValue else {
                    throw file.error("A chunk of \(bytes.count) bytes cannot hold \(size).")
                }
                bytes = try Compression.inflate(bytes, size: size + extra, name: file.name)
            case .shuffle: bytes = unshuffled(bytes)
            case .checksum:
                guard bytes.count >= 4, Self.fletcher32(bytes.dropLast(4)).elementsEqual(bytes.suffix(4)) else {
                    throw file.error("A chunk's checksum is wrong. The file is damaged.")
                }
                bytes.removeLast(4)
            }
        }
        guard bytes.count == size else {
            throw file.error("Expected a chunk of \(size) bytes. Received \(bytes.count): the file is damaged.")
        }
        return bytes
    }

    /// Undoes the shuffle filter, which sorts bytes by their position within an element.
    private func unshuffled(_ bytes: [UInt8]) -> [UInt8] {
        let count = bytes.count / elementSize
        if elementSize < 2 || count < 2 { return bytes }
        var result = bytes
        for place in 0..<elementSize {
            for element in 0..<count { result[element * elementSize + place] = bytes[place * count + element] }
        }
        return result
    }

    /// Fletcher's checksum of 16-bit words, big-endian, as HDF5 stores it.
    private static func fletcher32(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var (sum1, sum2): (UInt32, UInt32) = (0, 0)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let low = index + 1 < bytes.endIndex ? UInt32(bytes[index + 1]) : 0
            sum1 = (sum1 + (UInt32(bytes[index]) << 8 | low)) % 65535
            sum2 = (sum2 + sum1) % 65535
            index += 2
        }
        let sum = sum2 << 16 | sum1
        return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    }
}
