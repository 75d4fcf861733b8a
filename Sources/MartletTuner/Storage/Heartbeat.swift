import Foundation

/// Notes in a journal, again and again, that the trials of a search run, so that other hosts can tell those that were left.
final class Heartbeat: Sendable {
    /// What its thread shares.
    private final class Shared: Sendable {
        /// The ids of the trials that run; nil at the end.
        let trials = Guarded<Set<Int>?>([])
        let signal = NSCondition()
    }
    private let shared = Shared()

    /// Begins.
    /// - Returns: nil where no other process sees the journal.
    init?(_ journal: Journal) {
        guard journal.heartbeat.isFinite else { return nil }
        let (shared, seconds) = (shared, journal.heartbeat)
        // The thread keeps no journal: a study that is opened again sees that the one before has ended.
        let thread = Thread { [weak journal] in
            while true {
                let next = Date().addingTimeInterval(seconds)
                shared.signal.lock()
                while shared.trials.withLock({ $0 != nil }), shared.signal.wait(until: next) {}
                shared.signal.unlock()
                guard let running = shared.trials.withLock({ $0?.sorted() }) else { return }
                // A search that cannot write learns it from its own records.
                _ = try? journal?.update { state in
                    (running.filter { state.trials[$0].state == .running }.map(Self.event), ())
                }
            }
        }
        thread.start()
    }

    /// A trial of this id begins.
    func begin(_ trial: Int) { shared.trials.withLock { _ = $0?.insert(trial) } }

    /// A trial of this id has ended.
    func end(_ trial: Int) { shared.trials.withLock { _ = $0?.remove(trial) } }

    /// Ends it.
    func stop() {
        shared.signal.lock()
        shared.trials.withLock { $0 = nil }
        shared.signal.broadcast()
        shared.signal.unlock()
    }

    /// The record that a trial runs now.
    static func event(_ trial: Int) -> JournalRecord.Event {
        .setTrialAttribute(trial: trial, isSystem: true, key: JournalState.heartbeatKey, value: JournalRecord.json(Date()))
    }
}

extension FrozenTrial {
    /// How many processes have taken it over since it last reported something new.
    var attempts: Int {
        guard let known = systemAttributes[JournalState.attemptsKey].flatMap({ [Int](json: $0) }), known.count == 2 else {
            return 0
        }
        return known[1] == intermediateValues.count ? max(0, min(known[0], Study.attemptLimit)) : 0
    }
}
