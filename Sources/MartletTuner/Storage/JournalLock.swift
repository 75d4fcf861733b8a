import Foundation

/// The lock of a journal, which Optuna's processes take too: a symbolic link beside the file, or a file that only one can make.
/// Both work on network file systems, where other locks do not.
struct JournalLock: Sendable {
    let path: String
    let kind: StudyStorage.Lock
    /// After so many seconds without change a lock is taken for that of a process that was killed.
    let gracePeriod: Double

    private var file: String { path + ".lock" }

    /// Runs `body` while no other process does.
    func withLock<R>(_ body: () throws -> R) throws -> R {
        try acquire()
        defer { _ = release() }
        return try body()
    }

    private func acquire() throws {
        var pause: UInt32 = 1000
        var seen: (time: timespec, since: UInt64)?
        while true {
            let isMade: Bool
            switch kind {
            case .symbolicLink: isMade = symlink((path as NSString).lastPathComponent, file) == 0
            case .exclusiveFile:
                let descriptor = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
                isMade = descriptor >= 0
                if isMade { close(descriptor) }
            }
            if isMade { return }
            guard errno == EEXIST else {
                throw MartletError(
                    "The journal cannot be locked: \(String(cString: strerror(errno))). Its folder must be writable.", at: path)
            }
            var status = stat()
            // The link itself: the time of the file behind it says nothing of who holds the lock.
            if lstat(file, &status) == 0 {
                let now = DispatchTime.now().uptimeNanoseconds
                if let known = seen, known.time.tv_sec == status.st_mtim.tv_sec, known.time.tv_nsec == status.st_mtim.tv_nsec {
                    if Double(now - known.since) > gracePeriod * 1e9 {
                        Settings.logger.warning(
                            "\(file): taken away after \(gracePeriod) s. The process that held it was probably killed.")
                        _ = release()
                        seen = nil
                        continue
                    }
                } else {
                    seen = (status.st_mtim, now)
                }
            } else {
                seen = nil
                continue
            }
            usleep(pause)
            pause = min(pause * 2, 100_000)
        }
    }

    /// Renaming first lets only one of several processes remove a lock.
    private func release() -> Bool {
        let moved = "\(file)\(UUID().uuidString.lowercased()).rename"
        return rename(file, moved) == 0 && unlink(moved) == 0
    }
}
