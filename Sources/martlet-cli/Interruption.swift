import Foundation
import Martlet
import MartletNN

/// Ends training after the running step when Ctrl-C, SIGTERM or SIGHUP comes, so that its results can be written. A second
/// signal ends the process at once.
///
/// ```swift
/// let training = try Interruption.watch(model, callbacks) { try model.fit(data, callbacks: $0) }
/// try model.save(to: path)
/// try training.end(wrote: [path])
/// ```
final class Interruption {
    /// The logs of the epochs that ended.
    let history = History()
    private let signals = StopSignals([SIGINT, SIGTERM, SIGHUP])
    private let watch = SignalWatch()

    /// Calls `fit` with the callbacks and some of its own.
    static func watch(
        _ model: Model, _ callbacks: [Callback], fit: ([Callback]) throws -> Void
    ) throws -> Interruption {
        let training = Interruption()
        do {
            try fit([training.watch, training.history] + callbacks)
        } catch is TrainingInterruption {
            // What the end of training does to the weights.
            model.optimizer?.finalizeValues(of: model.trainableVariables)
            for case let callback as EarlyStopping in callbacks { try callback.onTrainEnd() }
        }
        return training
    }

    /// Throws when a signal came, with the files that were written after it. From now on signals have their usual effect.
    /// - Parameter option: the option with which the same command goes on, empty when it does without; nil when it cannot.
    func end(wrote files: [String], resumingWith option: String? = nil) throws {
        signals.release()
        let number = StopSignals.received
        guard number != 0 else { return }
        let parameters = watch.parameters
        let place = "in epoch \(watch.epoch + 1) of \(parameters.epochs), after \(watch.steps) of \(parameters.steps) steps"
        let outcome = files.isEmpty ? "Nothing was asked to be saved" : "Wrote \(files.joined(separator: ", "))"
        let rest = option.map { " The same command\($0.isEmpty ? "" : " with \($0)") goes on from there." } ?? ""
        throw CommandEnd(
            message: "\(StopSignals.name(number)) ended training \(place). \(outcome).\(rest)", code: 128 + number)
    }
}
