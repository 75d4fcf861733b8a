import MartletCore

/// Reads an event file, as TensorFlow, PyTorch and Martlet write them, record by record.
package final class EventReader {
    private let records: RecordReader
    private let path: String
    /// The last record that was begun.
    private var place = (number: 0, offset: 0)
    /// Whether the last error was that the file ends within a record: so does a file that is still being written, and one whose
    /// writer was killed.
    package var isCutShort: Bool { records.isCutShort }

    /// - Throws: `MartletError` when the file cannot be read.
    package init(_ path: String) throws {
        records = RecordReader(try FileStream(path))
        self.path = path
    }

    /// The next event, nil at the end.
    /// - Throws: `MartletError` with the file and the place when the file is damaged, cut short, or holds something else.
    package func next() throws -> SummaryEvent? {
        place = (records.count, records.offset)
        guard let record = try records.next() else { return nil }
        return try locating { try record.withUnsafeBytes(SummaryEvent.init(record:)) }
    }

    /// Runs `body`, which looks into the last event; its errors say where that is.
    package func locating<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as MartletError {
            throw MartletError("Record \(place.number) at byte \(place.offset): \(error.message)", at: path)
        }
    }
}
