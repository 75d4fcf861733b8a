import Foundation
import Martlet
import Synchronization

/// Ends training after the running step when Ctrl-C, SIGTERM or SIGHUP comes, so that its results can be written. A second
/// signal ends the process at once.
///
/// ```swift
/// let training = try Interruption.watch(model, callbacks) { try model.fit(data, callbacks: $0) }
/// try model.save(to: path)
/// try training.end(wrote: [path])
/// ```
final class Interruption: Callback {
    /// The logs of the epochs that ended.
    let history = History()
    private var epoch = 0
    private var steps = 0
    private var handled: [Int32] = []

    /// The first signal, 0 before it, and when it came.
    private static let signal = Atomic<Int32>(0)
    private static let time = Atomic<Int>(0)
    private static let names: [Int32: String] = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]

    private struct Signalled: Error {}

    /// Calls `fit` with the callbacks and some of its own.
    static func watch(
        _ model: Model, _ callbacks: [Callback], fit: ([Callback]) throws -> Void
    ) throws -> Interruption {
        let watcher = Interruption()
        // Made before a signal handler needs them.
        signal.store(0, ordering: .relaxed)
        time.store(0, ordering: .relaxed)
        for number in names.keys { watcher.handle(number) }
        do {
            try fit([watcher, watcher.history] + callbacks)
        } catch is Signalled {
            // What the end of training does to the weights.
            model.optimizer?.finalizeValues(of: model.trainableVariables)
            for case let callback as EarlyStopping in callbacks { try callback.onTrainEnd() }
            // It has not come to its end: with a backup it goes on.
            for case let callback as TensorBoard in callbacks { try callback.flush() }
            for case let callback as RunRecorder in callbacks {
                try callback.finish(reason: names[signal.load(ordering: .relaxed)] ?? "a signal")
            }
        }
        return watcher
    }

    /// Throws when a signal came, with the files that were written after it. From now on signals have their usual effect.
    /// - Parameter resumes: whether `--resume` can go on.
    func end(wrote files: [String], resumes: Bool = false) throws {
        for number in handled { Foundation.signal(number, SIG_DFL) }
        let number = Self.signal.load(ordering: .relaxed)
        guard number != 0 else { return }
        let place = "in epoch \(epoch + 1) of \(parameters.epochs), after \(steps) of \(parameters.steps) steps"
        let outcome = files.isEmpty ? "Nothing was asked to be saved" : "Wrote \(files.joined(separator: ", "))"
        throw CommandEnd(
            message: "\(Self.names[number] ?? "A signal") ended training \(place). \(outcome)."
                + (resumes ? " The same command with --resume goes on after the last whole epoch." : ""), code: 128 + number)
    }

    override func onEpochBegin(_ epoch: Int) {
        self.epoch = epoch
        steps = 0
    }

    override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        steps = batch + 1
        try check()
    }

    override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) throws { try check() }

    private func check() throws {
        if Self.signal.load(ordering: .relaxed) != 0 { throw Signalled() }
    }

    private func handle(_ number: Int32) {
        var action = sigaction()
        // A signal that is ignored stays so: `nohup`, a shell's `&`. (Function pointers do not compare.)
        guard sigaction(number, nil, &action) == 0,
            unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
        else { return }
        // Only what a signal handler may do: atomics, the clock, write, _exit.
        action.__sigaction_handler.sa_handler = { number in
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let milliseconds = now.tv_sec * 1000 + now.tv_nsec / 1_000_000
            let (isFirst, _) = Interruption.signal.compareExchange(expected: 0, desired: number, ordering: .relaxed)
            guard isFirst else {
                // `timeout` sends its signal twice in a row.
                if milliseconds - Interruption.time.load(ordering: .relaxed) > 100 { _exit(128 + number) }
                return
            }
            Interruption.time.store(milliseconds, ordering: .relaxed)
            let notice: StaticString = "\nInterrupted: training ends after this step. A second signal ends it at once.\n"
            _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
        }
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
        handled.append(number)
        // Who starts the command may have it blocked for all that it starts, as Foundation's Process does.
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
