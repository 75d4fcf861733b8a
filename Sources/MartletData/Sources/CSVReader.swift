import MartletCore
import MartletFormats

/// Reads the records of a CSV file (RFC 4180): fields between commas, in quotes where they hold commas, quotes (doubled) or
/// line ends.
final class CSVReader {
    private let stream: any ByteStream
    private let delimiter: UInt8
    private let limit: Int
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)
    private var (start, end) = (0, 0)
    private var nextLine = 1
    /// The line at which the last record began, counted from 1.
    private(set) var line = 1

    /// - Parameter limit: the most bytes of a record.
    init(_ stream: any ByteStream, delimiter: UInt8, limit: Int = 1 << 24) {
        (self.stream, self.delimiter, self.limit) = (stream, delimiter, limit)
    }

    private func byte() throws -> UInt8? {
        if start == end {
            (start, end) = (0, try chunk.withUnsafeMutableBytes { try stream.read(into: $0) })
            if end == 0 { return nil }
        }
        defer { start += 1 }
        return chunk[start]
    }

    private func error(_ message: String, column: Int) -> MartletError {
        MartletError(message, at: "\(stream.name):\(line), column \(column)")
    }

    /// The fields of the next record, nil at the end. Empty lines are passed over.
    func next() throws -> [String]? {
        while true {
            guard let fields = try record() else { return nil }
            if fields != [""] { return fields }
        }
    }

    private func record() throws -> [String]? {
        var (fields, field, isQuoted, size, hasAny) = ([String](), [UInt8](), false, 0, false)
        line = nextLine
        func finish() throws {
            guard let text = String(validating: field, as: UTF8.self) else {
                throw error("Expected text in UTF-8. Received other bytes.", column: fields.count + 1)
            }
            fields.append(text)
            field.removeAll(keepingCapacity: true)
        }
        // The byte behind a quote inside of quotes: only it tells whether they end.
        var pending: UInt8??
        while true {
            let next: UInt8?
            if let held = pending { (next, pending) = (held, nil) } else { next = try byte() }
            guard let byte = next else {
                if isQuoted { throw error("Expected a closing quote. The file ends before.", column: fields.count + 1) }
                if !hasAny { return nil }
                try finish()
                return fields
            }
            hasAny = true
            size += 1
            guard size <= limit else {
                throw error("Expected records of at most \(limit) bytes. Is a quote missing?", column: fields.count + 1)
            }
            if byte == 0x0A { nextLine += 1 }
            if isQuoted {
                if byte != 0x22 {
                    field.append(byte)
                    continue
                }
                let following = try self.byte()
                if following == 0x22 {
                    field.append(0x22)
                } else {
                    isQuoted = false
                    guard following.map({ $0 == delimiter || $0 == 0x0A || $0 == 0x0D }) ?? true else {
                        throw error("Expected a delimiter behind a closing quote. Received other text.", column: fields.count + 1)
                    }
                    pending = .some(following)
                }
            } else if byte == 0x22, field.isEmpty {
                isQuoted = true
            } else if byte == delimiter {
                try finish()
            } else if byte == 0x0A {
                if field.last == 0x0D { field.removeLast() }
                try finish()
                return fields
            } else {
                field.append(byte)
            }
        }
    }
}
