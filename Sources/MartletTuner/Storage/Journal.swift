import Foundation

/// Where studies are kept.
public struct StudyStorage: Sendable {
    /// How processes keep each other from writing into a journal at once.
    public enum Lock: Sendable {
        /// A symbolic link, as Optuna's `JournalFileSymlinkLock`, its default.
        case symbolicLink
        /// A file that only one process can make, as Optuna's `JournalFileOpenLock`.
        case exclusiveFile
    }

    let makeJournal: @Sendable () throws -> Journal

    /// In memory: the study ends with the process.
    public static var memory: StudyStorage { StudyStorage { Journal() } }

    /// In a file in the format of Optuna's journals, which is made where there is none. Processes may use it together, and
    /// Optuna too: `JournalStorage(JournalFileBackend(path))`.
    /// - Parameters:
    ///   - path: the file.
    ///   - lock: how it is locked. All processes must use the same.
    ///   - gracePeriod: after so many seconds a lock is taken for that of a killed process. Optuna has 30.
    ///   - heartbeat: `optimize` notes every so many seconds that its trials run.
    ///   - abandonedAfter: after so many seconds without a note a trial of another host is taken for that of a killed process,
    ///     and runs again. Clocks of hosts may differ by less. Of processes of the same host it is seen at once.
    public static func journal(
        _ path: String, lock: Lock = .symbolicLink, gracePeriod: Double = 30, heartbeat: Double = 60,
        abandonedAfter: Double = 300
    ) -> StudyStorage {
        StudyStorage {
            guard heartbeat > 0, abandonedAfter > heartbeat else {
                throw MartletError(
                    "Expected a heartbeat above 0 and below abandonedAfter. Received: \(heartbeat) and \(abandonedAfter).",
                    at: "heartbeat")
            }
            let lock = JournalLock(path: path, kind: lock, gracePeriod: gracePeriod)
            return try Journal(path, lock: lock, heartbeat: heartbeat, abandonedAfter: abandonedAfter)
        }
    }

    /// The names of the studies in it.
    /// - Throws: `MartletError` when the file cannot be read.
    public func studyNames() throws -> [String] {
        try makeJournal().read { $0.studies.compactMap { $0?.name } }
    }
}

/// The records of studies, in a file or in memory, and the state that they make. Threads may share it.
final class Journal: Sendable {
    private struct Content {
        var state = JournalState()
        /// How much of the file is in the state, and how many lines.
        var offset = 0
        var lines = 0
        /// Opened for reading and writing.
        var descriptor: Int32 = -1
    }
    private let content: Guarded<Content>
    private let path: String?
    private let lock: JournalLock?
    /// The name under which this process writes: host, process, and when it began, so that others can tell whether it lives.
    let worker = WorkerName.make()

    /// Seconds between notes that a trial runs; infinite where no other process sees them.
    let heartbeat: Double
    /// After so many seconds without a note a trial of another host has been left.
    let abandonedAfter: Double

    /// A journal in memory.
    init() {
        (path, lock, heartbeat, abandonedAfter) = (nil, nil, .infinity, .infinity)
        content = Guarded(Content())
    }

    /// A journal in a file.
    init(_ path: String, lock: JournalLock, heartbeat: Double, abandonedAfter: Double) throws {
        (self.path, self.lock, self.heartbeat, self.abandonedAfter) = (path, lock, heartbeat, abandonedAfter)
        // Of a pipe or a device nothing is opened.
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe, a device or the like"
            throw MartletError("Expected a journal's file, or a path where there is none. Received \(kind).", at: path)
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure("written", path) }
        content = Guarded(Content(descriptor: descriptor))
        try content.withLock { try synchronize(&$0) }
    }

    deinit {
        WorkerName.retire(worker)
        content.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
    }

    /// Reads the state, with what other processes have written.
    func read<R: Sendable>(synchronized: Bool = true, _ body: (JournalState) throws -> R) throws -> R {
        try content.withLock { content in
            if synchronized { try synchronize(&content) }
            return try body(content.state)
        }
    }

    /// Adds what `body` makes of the state to it. Between the reading and the writing nobody else writes.
    /// - Parameter isDurable: whether it shall survive the machine's end, not only the process's.
    @discardableResult
    func update<R: Sendable>(
        isDurable: Bool = false, _ body: (JournalState) throws -> (events: [JournalRecord.Event], result: R)
    ) throws -> R {
        try content.withLock { content in
            guard let lock, let path else {
                let (events, result) = try body(content.state)
                for event in events { try check(content.state.apply(JournalRecord(worker: worker, event)), event) }
                return result
            }
            return try lock.withLock {
                try synchronize(&content)
                let (events, result) = try body(content.state)
                guard !events.isEmpty else { return result }
                try dropTornLine(content)
                let records = events.map { JournalRecord(worker: worker, $0) }
                let bytes = Array((records.map(\.line).joined(separator: "\n") + "\n").utf8)
                let isWritten = bytes.withUnsafeBytes { FileIO.write($0, to: content.descriptor) }
                guard isWritten, !isDurable || fsync(content.descriptor) == 0 else {
                    throw Self.failure("written", path)
                }
                content.offset += bytes.count
                content.lines += records.count
                for record in records { try check(content.state.apply(record), record.event) }
                return result
            }
        }
    }

    /// Adds events that do not depend on the state.
    func append(_ events: [JournalRecord.Event], isDurable: Bool = false) throws {
        try update(isDurable: isDurable) { _ in (events, ()) }
    }

    private func check(_ refusal: JournalState.Refusal?, _ event: JournalRecord.Event) throws {
        switch refusal {
        case nil: return
        case .duplicatedStudy:
            throw MartletError("Expected a name that no study has. Give another, or load the study.", at: path)
        case .missing: throw MartletError("Expected a study and a trial that exist. The study was deleted.", at: path)
        case .finished: throw MartletError("Expected a trial that has not ended. Another process may have ended it.", at: path)
        case .isRunning: throw MartletError("Expected a waiting trial. Another process runs it.", at: path)
        case .incompatible(let trial, let known):
            guard case .setParameter(_, let parameter) = event else { return }
            throw MartletError(
                "Expected the distribution that trial \(trial.number) has, or one of its kind, scale and choices: "
                    + "\(known.text). Received: \(parameter.distribution.text). Give the parameter another name.",
                at: "parameter \"\(parameter.name)\"")
        }
    }

    // MARK: - The file

    private static func failure(_ verb: String, _ path: String) -> MartletError {
        MartletError("The journal cannot be \(verb): \(String(cString: strerror(errno))).", at: path)
    }

    /// How every line begins, of Optuna's too.
    private static let lineStart = Array("{\"op_code\":".utf8)

    /// The longest line that is read.
    private static let longestLine = 1 << 26

    /// Reads the lines that were added. One without an end is still being written, or was torn by the end of its process.
    private func synchronize(_ content: inout Content) throws {
        guard let path else { return }
        var status = stat()
        guard fstat(content.descriptor, &status) == 0 else { throw Self.failure("read", path) }
        guard status.st_size >= content.offset else {
            throw MartletError("The journal is shorter than it was: something else than a study writes into it.", at: path)
        }
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while content.offset + rest.count < Int(status.st_size) {
            let count = buffer.withUnsafeMutableBytes {
                pread(content.descriptor, $0.baseAddress!, $0.count, off_t(content.offset + rest.count))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path) }
            if count == 0 { break }
            rest.append(contentsOf: buffer[..<count])
            var start = 0
            while let end = rest[start...].firstIndex(of: 0x0A) {
                do {
                    content.state.apply(try JournalRecord(line: Array(rest[start..<end])))
                } catch let error as MartletError {
                    throw MartletError(
                        "Expected a journal of Optuna's. Line \(content.lines + 1): \(error.message)", at: path)
                }
                content.lines += 1
                start = end + 1
            }
            content.offset += start
            rest.removeFirst(start)
            guard rest.count < Self.longestLine else {
                throw MartletError("Expected a journal of Optuna's. Line \(content.lines + 1) has no end.", at: path)
            }
        }
    }

    /// Cuts off the beginning of a line whose writer was killed: what comes next would continue it. Nothing else is cut off.
    private func dropTornLine(_ content: Content) throws {
        var status = stat()
        guard let path, fstat(content.descriptor, &status) == 0 else { return }
        guard status.st_size > content.offset else { return }
        var start = [UInt8](repeating: 0, count: Self.lineStart.count)
        let count = start.withUnsafeMutableBytes {
            pread(content.descriptor, $0.baseAddress!, $0.count, off_t(content.offset))
        }
        guard count >= 0 else { throw Self.failure("read", path) }
        guard start.prefix(count).elementsEqual(Self.lineStart.prefix(count)) else {
            throw MartletError(
                "Expected a journal of Optuna's. Line \(content.lines + 1) is none of its lines, and has no end.", at: path)
        }
        guard ftruncate(content.descriptor, off_t(content.offset)) == 0 else { throw Self.failure("written", path) }
    }
}
