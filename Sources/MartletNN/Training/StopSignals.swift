import Foundation
import MartletCore
import Synchronization

/// Catches signals that ask a process to end: the first one is noted, a second one, 0.1 s later or more, ends the process at once.
/// One object at a time.
package final class StopSignals {
    private var actions: [(number: Int32, before: sigaction)] = []

    /// The first signal, 0 before it, and when it came.
    private static let first = Atomic<Int32>(0)
    private static let time = Atomic<Int>(0)

    /// The first signal since the last object was made, 0 before it.
    package static var received: Int32 { first.load(ordering: .relaxed) }

    /// The name of a signal: `SIGINT`.
    package static func name(_ number: Int32) -> String {
        [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"][number] ?? "Signal \(number)"
    }

    /// Catches signals from now on, except for those that the process ignores.
    package init(_ numbers: [Int32]) {
        // Made before a signal handler needs them.
        Self.first.store(0, ordering: .relaxed)
        Self.time.store(0, ordering: .relaxed)
        for number in numbers { handle(number) }
    }

    /// Gives the signals back the effect that they had.
    package func release() {
        for (number, before) in actions { withUnsafePointer(to: before) { _ = sigaction(number, $0, nil) } }
        actions = []
    }

    deinit { release() }

    private func handle(_ number: Int32) {
        var before = sigaction()
        // A signal that is ignored stays so: `nohup`, a shell's `&`. (Function pointers do not compare.)
        guard sigaction(number, nil, &before) == 0,
            unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
        else { return }
        var action = sigaction()
        // Only what a signal handler may do: atomics, the clock, write, _exit.
        action.__sigaction_handler.sa_handler = { number in
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let milliseconds = now.tv_sec * 1000 + now.tv_nsec / 1_000_000
            let (isFirst, _) = StopSignals.first.compareExchange(expected: 0, desired: number, ordering: .relaxed)
            guard isFirst else {
                // `timeout` sends its signal twice in a row.
                if milliseconds - StopSignals.time.load(ordering: .relaxed) > 100 { _exit(128 + number) }
                return
            }
            StopSignals.time.store(milliseconds, ordering: .relaxed)
            let notice: StaticString = "\nInterrupted: training ends after this step. A second signal ends it at once.\n"
            _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
        }
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
        actions.append((number, before))
        // Who starts the command may have it blocked for all that it starts, as Foundation's Process does.
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}

/// A signal ended `fit` after a step. A checkpoint was written, from which the training can go on.
public struct TrainingInterruption: Error, CustomStringConvertible, EndsProcess {
    /// The signal: `SIGINT` or `SIGTERM`.
    public let signal: Int32
    /// The epoch, counted from 0.
    public let epoch: Int
    /// The steps of the epoch that have passed.
    public let steps: Int
    /// The folder of the checkpoints or the backup, nil without one.
    public let folder: String?

    /// The signal's name.
    public var signalName: String { StopSignals.name(signal) }

    public var description: String {
        let rest = folder.map { " The same call with resume: .automatic goes on from the checkpoint in \($0)." }
        return "\(signalName) ended training in epoch \(epoch + 1), after \(steps) steps.\(rest ?? "")"
    }

    /// The code with which a program ends, as shells expect: 130 after `SIGINT`.
    package var exitCode: Int32 { 128 + signal }
}

/// Ends `fit` with a `TrainingInterruption` after the step, or the batch of a validation, in which a caught signal came. What
/// keeps the training's state writes it before.
package final class SignalWatch: Callback {
    var keepers: [any TrainingKeeper] = []
    /// The callbacks of the training.
    var all: [Callback] = []
    /// The present epoch, counted from 0.
    package private(set) var epoch = 0
    /// The steps of it that have passed.
    package private(set) var steps = 0

    package override func onEpochBegin(_ epoch: Int) { (self.epoch, steps) = (epoch, 0) }
    package override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { steps = batch + 1 }
    package override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) throws { try check() }

    /// Called when all callbacks have seen the end of a batch.
    func check() throws {
        let signal = StopSignals.received
        guard signal != 0 else { return }
        for keeper in keepers { try keeper.saveForLater() }
        let interruption = TrainingInterruption(signal: signal, epoch: epoch, steps: steps, folder: keepers.first?.folder)
        for callback in all { try callback.onInterrupt(interruption) }
        throw interruption
    }
}
