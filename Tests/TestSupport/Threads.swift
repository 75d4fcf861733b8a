import Foundation

/// Runs `body` with the numbers below `count`, each in a thread of its own, at the same time, and waits for all.
public func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let (group, start) = (DispatchGroup(), DispatchSemaphore(value: 0))
    for number in 0..<count {
        group.enter()
        Thread {
            start.wait()
            body(number)
            group.leave()
        }.start()
    }
    for _ in 0..<count { start.signal() }
    group.wait()
}
