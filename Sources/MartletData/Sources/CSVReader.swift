import MartletCore
import MartletFormats

/// Reads the records of a CSV file (RFC 4180): fields between commas, in quotes where they hold commas, quotes (doubled) or
/// line ends. Lines end with a line feed, a carriage return, or both.
final class CSVReader {
    private let stream: any ByteStream
    private let delimiter: UInt8
    private let limit: Int
    private let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
    private var (start, end) = (0, 0)
    private var field: [UInt8] = []
    /// The bytes of the record so far.
    private var size = 0
    private var nextLine = 1
    private var fieldCount = 0
    private var hasBegun = false
    /// Whether the stream has failed: nothing follows.
    private var isBroken = false
    /// The line at which the last record began, counted from 1.
    private(set) var line = 1
    private static let (quote, lineFeed, carriageReturn) = (UInt8(0x22), UInt8(0x0A), UInt8(0x0D))

    /// - Parameter limit: the most bytes of a record.
    init(_ stream: any ByteStream, delimiter: UInt8, limit: Int = 1 << 24) {
        (self.stream, self.delimiter, self.limit) = (stream, delimiter, limit)
    }

    deinit { chunk.deallocate() }

    /// Whether a byte follows, which `chunk[start]` is then.
    private func hasMore() throws -> Bool {
        guard start == end else { return true }
        guard !isBroken else { return false }
        (start, end) = (0, 0)
        do {
            end = try stream.read(into: UnsafeMutableRawBufferPointer(chunk))
        } catch let error as MartletError {
            isBroken = true
            throw MartletError(error.message, at: error.location == stream.name ? "\(stream.name):\(line)" : error.location)
        }
        return start < end
    }

    private func error(_ message: String, column: Int) -> MartletError {
        MartletError(message, at: "\(stream.name):\(line), column \(column)")
    }

    /// The fields of the next record, nil at the end. Empty lines are passed over.
    func next() throws -> [String]? {
        while true {
            guard let fields = try record() else { return nil }
            if fields.count != 1 || !fields[0].isEmpty { return fields }
        }
    }

    private func record() throws -> [String]? {
        line = nextLine
        size = 0
        guard try hasMore() else { return nil }
        if !hasBegun {
            hasBegun = true
            // The mark that some programs put before UTF-8: a quote behind it is the first of a field.
            if end - start >= 3, (chunk[start], chunk[start + 1], chunk[start + 2]) == (0xEF, 0xBB, 0xBF) { start += 3 }
        }
        var fields: [String] = []
        // Mostly all records have as many.
        fields.reserveCapacity(fieldCount)
        defer { fieldCount = fields.count }
        while true {
            field.removeAll(keepingCapacity: true)
            let column = fields.count + 1
            if try hasMore(), chunk[start] == CSVReader.quote {
                try readQuoted(column)
            } else {
                try readPlain(column)
            }
            fields.append(try text(column))
            guard try hasMore() else { return fields }
            let mark = chunk[start]
            start += 1
            try count(1, column)
            if mark == delimiter { continue }
            nextLine += 1
            if mark == CSVReader.carriageReturn, try hasMore(), chunk[start] == CSVReader.lineFeed { start += 1 }
            return fields
        }
    }

    private func count(_ bytes: Int, _ column: Int) throws {
        size += bytes
        guard size <= limit else {
            throw error("Expected records of at most \(limit) bytes. Is a quote missing?", column: column)
        }
    }

    private func isEnd(_ byte: UInt8) -> Bool {
        byte == delimiter || byte == CSVReader.lineFeed || byte == CSVReader.carriageReturn
    }

    /// Reads a field up to what ends it.
    private func readPlain(_ column: Int) throws {
        while try hasMore() {
            var place = start
            while place < end, !isEnd(chunk[place]) { place += 1 }
            try count(place - start, column)
            field.append(contentsOf: chunk[start..<place])
            start = place
            if place < end { return }
        }
    }

    /// Reads a field in quotes, both of them included.
    private func readQuoted(_ column: Int) throws {
        start += 1
        try count(1, column)
        var isBehindReturn = false
        while try hasMore() {
            let byte = chunk[start]
            start += 1
            try count(1, column)
            if byte == CSVReader.quote {
                guard try hasMore(), chunk[start] == CSVReader.quote else {
                    guard try !hasMore() || isEnd(chunk[start]) else {
                        throw error("Expected a delimiter behind a closing quote. Received other text.", column: column)
                    }
                    return
                }
                start += 1
                try count(1, column)
            }
            // Both together end one line.
            if byte == CSVReader.carriageReturn || byte == CSVReader.lineFeed && !isBehindReturn { nextLine += 1 }
            isBehindReturn = byte == CSVReader.carriageReturn
            field.append(byte)
        }
        throw error("Expected a closing quote. The file ends before.", column: column)
    }

    private func text(_ column: Int) throws -> String {
        // Most fields are ASCII, which needs no second look.
        if field.allSatisfy({ $0 < 0x80 }) { return String(decoding: field, as: UTF8.self) }
        guard let text = String(validating: field, as: UTF8.self) else {
            throw error("Expected text in UTF-8. Received other bytes.", column: column)
        }
        return text
    }
}
