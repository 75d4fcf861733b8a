import Foundation
import MartletCore

/// Runs one task at a time on a thread of its own, while its owner goes on.
final class BackgroundTask {
    /// What crosses to the thread. The owner gives the task what it does not touch any more, and reads the result after the end.
    private final class Parcel: @unchecked Sendable {
        let body: () throws -> Void
        let end = DispatchSemaphore(value: 0)
        var failure: (any Error)?

        init(_ body: @escaping () throws -> Void) { self.body = body }
    }

    private var running: Parcel?

    deinit { running?.end.wait() }

    /// Begins a task, after the end of the last one.
    /// - Throws: what the last one threw. Then nothing begins.
    func start(_ body: @escaping () throws -> Void) throws {
        try finish()
        let (parcel, session) = (Parcel(body), Session.current)
        running = parcel
        let thread = Thread {
            Session.within(session) {
                do { try parcel.body() } catch { parcel.failure = error }
            }
            parcel.end.signal()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Waits for the end of the last task.
    /// - Throws: what it threw, once.
    func finish() throws {
        guard let last = running else { return }
        last.end.wait()
        running = nil
        if let failure = last.failure { throw failure }
    }
}
