import Foundation
import MartletCore

/// The threads of replicas: the caller's, and one more for each other replica. The pool of kernel threads counts them, so that
/// each has its part of the cores.
final class ReplicaThreads: @unchecked Sendable {
    /// What a thread waits for. It does not hold the threads, so that they end with them.
    private final class Seat: @unchecked Sendable {
        let start = DispatchSemaphore(value: 0)
        let end = DispatchSemaphore(value: 0)
        var job: (() -> Void)?
        var isOver = false
    }

    /// The number of replicas.
    let count: Int
    private let seats: [Seat]
    private let lock = NSLock()

    init(_ count: Int) {
        self.count = count
        seats = (1..<max(1, count)).map { _ in Seat() }
        for (index, seat) in seats.enumerated() {
            let thread = Thread {
                while true {
                    seat.start.wait()
                    if seat.isOver { return }
                    seat.job?()
                    seat.end.signal()
                }
            }
            thread.name = "replica \(index + 1)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    deinit {
        for seat in seats {
            seat.isOver = true
            seat.start.signal()
        }
    }

    /// Calls `body` once for each of `count` numbers, in several threads. Ends when all have ended.
    func forEach(_ count: Int, _ body: (Int) -> Void) {
        let replicas = min(self.count, count)
        guard replicas > 1 else { return (0..<count).forEach(body) }
        lock.lock()
        defer { lock.unlock() }
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let body = body
            let share = { (replica: Int) in
                for number in stride(from: replica, to: count, by: replicas) { body(number) }
            }
            nonisolated(unsafe) let part = share
            for (index, seat) in seats.prefix(replicas - 1).enumerated() {
                seat.job = { part(index + 1) }
                seat.start.signal()
            }
            part(0)
            for seat in seats.prefix(replicas - 1) {
                seat.end.wait()
                seat.job = nil
            }
        }
    }
}
