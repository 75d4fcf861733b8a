import Foundation

extension Study {
    /// Runs an objective until the study has `trials` trials.
    ///
    /// Trials that a killed process left are run again first, with their parameters, then those in the queue. Every trial runs
    /// in a `Session` of its own, whose seed follows from the study's and the trial's number. A value that is not a number
    /// makes a failed trial.
    /// - Parameters:
    ///   - trials: the number of trials that the study shall have, those included that it has already. So the same program goes
    ///     on after an interruption.
    ///   - timeout: no trial begins after so many seconds.
    ///   - continuesAfterErrors: whether an error of the objective only makes its trial fail; otherwise it also ends the search.
    ///   - onTrialEnd: called after every trial.
    ///   - objective: computes the value. It may throw `TrialPruned`.
    /// - Throws: what the objective throws, and `MartletError` when the storage cannot be read or written.
    public func optimize(
        trials: Int, timeout: Double? = nil, continuesAfterErrors: Bool = false,
        onTrialEnd: (FrozenTrial) throws -> Void = { _ in }, _ objective: (Trial) throws -> Double
    ) throws {
        try optimizeAll(trials: trials, timeout: timeout, continuesAfterErrors: continuesAfterErrors, onTrialEnd: onTrialEnd) {
            [try objective($0)]
        }
    }

    /// Runs an objective of several values until the study has `trials` trials. See `optimize` for one value.
    public func optimizeAll(
        trials: Int, timeout: Double? = nil, continuesAfterErrors: Bool = false,
        onTrialEnd: (FrozenTrial) throws -> Void = { _ in }, _ objective: (Trial) throws -> [Double]
    ) throws {
        let search = try Search(self, trials, timeout, continuesAfterErrors)
        defer { search.heartbeat?.stop() }
        while let trial = try search.next() {
            try search.run(trial, objective, onTrialEnd)
        }
        try search.finish()
    }

    /// Runs an objective in several threads until the study has `trials` trials, with the same trials as one thread, in the
    /// order of their numbers. See `optimize` without `workers`.
    /// - Parameters:
    ///   - workers: the number of threads, at most `lookahead + 1`.
    ///   - dividesThreads: whether the threads of kernels are divided among the workers while they run.
    /// - Throws: as without `workers`, and `MartletError` when `lookahead` is too small for the workers.
    public func optimize(
        trials: Int, workers: Int, timeout: Double? = nil, continuesAfterErrors: Bool = false, dividesThreads: Bool = true,
        onTrialEnd: @escaping @Sendable (FrozenTrial) throws -> Void = { _ in },
        _ objective: @escaping @Sendable (Trial) throws -> Double
    ) throws {
        try optimizeAll(
            trials: trials, workers: workers, timeout: timeout, continuesAfterErrors: continuesAfterErrors,
            dividesThreads: dividesThreads, onTrialEnd: onTrialEnd
        ) { [try objective($0)] }
    }

    /// Runs an objective of several values in several threads. See `optimize` with `workers`.
    public func optimizeAll(
        trials: Int, workers: Int, timeout: Double? = nil, continuesAfterErrors: Bool = false, dividesThreads: Bool = true,
        onTrialEnd: @escaping @Sendable (FrozenTrial) throws -> Void = { _ in },
        _ objective: @escaping @Sendable (Trial) throws -> [Double]
    ) throws {
        guard workers >= 1 else { throw MartletError("Expected at least 1 worker. Received: \(workers).", at: "workers") }
        guard workers - 1 <= lookahead else {
            throw MartletError(
                "Expected at most \(lookahead + 1) workers, one more than the study's lookahead. Received: \(workers). A "
                    + "trial waits for all results but the last \(lookahead): make the study with `lookahead: \(workers - 1)`.",
                at: "workers")
        }
        let search = try Search(self, trials, timeout, continuesAfterErrors)
        defer { search.heartbeat?.stop() }
        let workers = max(1, min(workers, trials))
        let threads = Settings.threadCount
        if dividesThreads, workers > 1 { Settings.threadCount = max(1, threads / workers) }
        defer { if dividesThreads, workers > 1 { Settings.threadCount = threads } }
        let group = DispatchGroup()
        for _ in 0..<workers {
            group.enter()
            let thread = Thread {
                defer { group.leave() }
                do {
                    while let trial = try search.next() { try search.run(trial, objective, onTrialEnd) }
                } catch {
                    search.stop(with: error)
                }
            }
            // As large as the main thread's: deep models nest deeply.
            thread.stackSize = 8 << 20
            thread.start()
        }
        group.wait()
        try search.finish()
    }

    /// Ends `optimize` after the running trials. May be called by an objective, or by another thread.
    public func stop() { isStopped.withLock { $0 = true } }

    /// The next trial: one that a killed process left, the next of the queue, or a new one. Nil when there are `total` already.
    /// - Parameter resumes: whether it is a trial of `optimize`, which runs again what was left, and notes that trials run.
    func begin(total: Int?, resumes: Bool) throws -> Trial? {
        let handed = handed.withLock { $0 }
        let record = try journal.update { state -> ([JournalRecord.Event], FrozenTrial?) in
            let trials = trials(state)
            var events: [JournalRecord.Event] = []
            func alive(_ id: Int) -> [JournalRecord.Event] {
                resumes && journal.heartbeat.isFinite ? [Heartbeat.event(id)] : []
            }
            for left in trials where resumes && left.state == .running && isLeft(left, handed) {
                if left.worker == journal.worker { return (events, left) }
                let attempts = left.attempts + 1
                guard attempts <= Self.attemptLimit else {
                    Settings.warn("Trial \(left.number) failed: \(Self.attemptLimit) processes ended while they ran it.")
                    events.append(.setState(trial: left.id, .fail, values: nil, time: Date()))
                    continue
                }
                let known = JSONValue.array([.int(attempts), .int(left.intermediateValues.count)])
                events += [
                    .setTrialAttribute(
                        trial: left.id, isSystem: true, key: JournalState.workerKey, value: .string(journal.worker)),
                    .setTrialAttribute(trial: left.id, isSystem: true, key: JournalState.attemptsKey, value: known),
                ]
                return (events + alive(left.id), left)
            }
            if var waiting = trials.first(where: { $0.state == .waiting }) {
                let now = Date()
                (waiting.state, waiting.start) = (.running, now)
                events.append(.setState(trial: waiting.id, .running, values: nil, time: now))
                return (events + alive(waiting.id), waiting)
            }
            guard trials.count < min(total ?? .max, sampler.trialLimit ?? .max) else { return (events, nil) }
            let template = JournalRecord.Template(start: Date())
            var record = FrozenTrial(id: state.trials.count, number: trials.count, state: .running)
            record.start = template.start
            events.append(.createTrial(study: id, template: template))
            return (events + alive(record.id), record)
        }
        guard let record else { return nil }
        _ = self.handed.withLock { $0.insert(record.id) }
        return Trial(self, record)
    }

    /// So many processes may end while they run a trial without a new report: one that ends them all, for instance for want of
    /// memory, must not keep the study from going on.
    static let attemptLimit = 20

    /// Whether nobody runs a trial any more that has not ended.
    private func isLeft(_ trial: FrozenTrial, _ handed: Set<Int>) -> Bool {
        if trial.worker.isEmpty { return true }
        if trial.worker == journal.worker { return !handed.contains(trial.id) }
        switch WorkerName(text: trial.worker).life {
        case .runs: return false
        case .ended: return true
        case .unknown: return trial.heartbeat.map { -$0.timeIntervalSinceNow > journal.abandonedAfter } ?? false
        }
    }

    /// Declares that nobody runs some trials any more, so that the next `optimize` runs them again: trials of another host, or
    /// of Optuna, which does not note in journals that its trials run. `optimize` sees by itself which trials killed processes
    /// of this host left, and those of another host some minutes after their end.
    /// - Parameter numbers: the trials; all that run when nil. Trials of a process that runs on this host are passed over.
    /// - Returns: the numbers of the trials that were declared so.
    /// - Throws: `MartletError` when the storage cannot be read or written.
    @discardableResult
    public func abandonRunningTrials(_ numbers: [Int]? = nil) throws -> [Int] {
        try journal.update { state in
            let left = trials(state).filter { trial in
                trial.state == .running && numbers?.contains(trial.number) ?? true && trial.worker != journal.worker
                    && WorkerName(text: trial.worker).life != .runs
            }
            let events = left.map {
                JournalRecord.Event.setTrialAttribute(
                    trial: $0.id, isSystem: true, key: JournalState.workerKey, value: .string(""))
            }
            return (events, left.map(\.number))
        }
    }

    /// The seed of a trial's session.
    func sessionSeed(_ number: Int) -> Int {
        var random = TrialRandom(seed: seed, trial: number, purpose: "session")
        return Int(truncatingIfNeeded: random.next() >> 1)
    }
}

/// A call of `optimize`, which threads share.
private final class Search: Sendable {
    private struct State {
        /// The numbers of the trials that it runs.
        var running: Set<Int> = []
        var error: (any Error)?
        var isStopped = false
    }
    private let study: Study
    private let trials: Int
    private let deadline: Date?
    private let continuesAfterErrors: Bool
    private let state = Guarded(State())
    /// Notes that the trials run; nil where no other process sees it.
    let heartbeat: Heartbeat?
    /// Held while a trial begins, so that trials begin one after another.
    private let turn = NSLock()
    /// Signalled when a trial ends.
    private let ended = NSCondition()

    init(_ study: Study, _ trials: Int, _ timeout: Double?, _ continuesAfterErrors: Bool) throws {
        guard timeout.map({ $0 >= 0 }) ?? true else {
            throw MartletError("Expected a number of seconds of at least 0. Received: \(timeout!).", at: "timeout")
        }
        self.study = study
        heartbeat = Heartbeat(study.journal)
        self.trials = trials
        deadline = timeout.map { Date().addingTimeInterval($0) }
        self.continuesAfterErrors = continuesAfterErrors
        study.isStopped.withLock { $0 = false }
    }

    /// The next trial, with what is chosen together; nil when the search is over.
    func next() throws -> Trial? {
        turn.lock()
        defer { turn.unlock() }
        guard !isOver else { return nil }
        guard let trial = try study.begin(total: trials, resumes: true) else { return nil }
        state.withLock { _ = $0.running.insert(trial.number) }
        heartbeat?.begin(trial.id)
        // Its history must be complete: the results that it may know.
        ended.lock()
        while state.withLock({ $0.running.contains { $0 < trial.number - study.lookahead } }) { ended.wait() }
        ended.unlock()
        do {
            try trial.chooseTogether()
        } catch {
            try? study.tell(trial, state: .fail)
            end(trial)
            throw error
        }
        return trial
    }

    func run(
        _ trial: Trial, _ objective: (Trial) throws -> [Double], _ onTrialEnd: (FrozenTrial) throws -> Void
    ) throws {
        defer { end(trial) }
        do {
            let values = try withSession(Session(seed: study.sessionSeed(trial.number))) { try objective(trial) }
            try study.tell(trial, values)
        } catch is TrialPruned {
            try study.tell(trial, state: .pruned)
        } catch {
            if let other = endedElsewhere(trial) {
                Settings.warn("Trial \(trial.number) was ended by another process, which took it for one that was left.")
                return try onTrialEnd(other)
            }
            if !(error is TrialInterrupted) { try? study.tell(trial, state: .fail) } else { try? trial.flush() }
            guard continuesAfterErrors, !(error is TrialInterrupted) else { throw error }
            Settings.warn("Trial \(trial.number) failed: \(error)")
        }
        try onTrialEnd(trial.frozen)
    }

    /// A trial as another process has ended it; nil where none has.
    private func endedElsewhere(_ trial: Trial) -> FrozenTrial? {
        guard !trial.frozen.state.isFinished else { return nil }
        let stored = try? study.journal.read { $0.trials[trial.id] }
        return stored.flatMap { $0.state.isFinished ? $0 : nil }
    }

    private func end(_ trial: Trial) {
        heartbeat?.end(trial.id)
        state.withLock { _ = $0.running.remove(trial.number) }
        study.handed.withLock { _ = $0.remove(trial.id) }
        ended.lock()
        ended.broadcast()
        ended.unlock()
    }

    /// Lets no trial begin any more.
    func stop(with error: (any Error)?) {
        state.withLock {
            $0.isStopped = true
            if $0.error == nil { $0.error = error }
        }
    }

    /// Throws the first error of a thread. Says which trials the search has not waited for.
    func finish() throws {
        if let error = state.withLock({ $0.error }) { throw error }
        let own = study.handed.withLock { $0 }
        let others = try study.trials.filter { $0.state == .running && !own.contains($0.id) }.map { "\($0.number)" }
        guard !others.isEmpty else { return }
        Settings.logger.notice(
            """
            Other processes run trials of the study, or left them: \(others.joined(separator: ", ")). The next search runs \
            those that were left.
            """)
    }

    private var isOver: Bool {
        state.withLock { $0.isStopped } || study.isStopped.withLock { $0 } || deadline.map { Date() >= $0 } ?? false
    }
}

/// Throw it from an objective to end the search and leave the trial as it is: the next `optimize` runs it again.
public struct TrialInterrupted: Error, CustomStringConvertible {
    /// Makes it.
    public init() {}
    public var description: String { "The search was interrupted." }
}
