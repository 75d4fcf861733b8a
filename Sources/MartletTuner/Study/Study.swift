import Foundation

/// A search for the parameters with the best value of an objective, or of several.
///
/// ```swift
/// let study = try Study(direction: .minimize, seed: 1)
/// try study.optimize(trials: 50) { trial in
///     let x = try trial.float("x", -10...10)
///     return (x - 2) * (x - 2)
/// }
/// print(try study.bestParams, try study.bestValue ?? .nan)
/// ```
///
/// A study in a file goes on where it stood, also after its process was killed, and has the same trials and values then as one
/// that went straight on, if the objective is a function of its parameters. Optuna opens the file and continues it, and the
/// other way round. Threads may share a study.
///
/// Source: T. Akiba and others, *Optuna: A next-generation hyperparameter optimization framework*, 2019.
public final class Study: Sendable {
    /// The study's name in its storage.
    public let name: String
    /// Whether small or large values are better, for each objective.
    public let directions: [Direction]
    /// Who chooses parameters.
    public let sampler: any Sampler
    /// Who ends trials early.
    public let pruner: any Pruner
    /// Begins all random streams: those of the sampler, and those of each trial's `Session`.
    public let seed: Int
    /// The number of trials before a trial whose results it does not use, even if they are there. `workers` run at once only
    /// when it is at least `workers - 1`.
    public let lookahead: Int

    let journal: Journal
    let id: Int
    let cache = SamplerCache()
    let isStopped = Guarded(false)
    /// The trials that run in this process.
    let handed = Guarded<Set<Int>>([])

    /// What happens when the storage has a study of the name.
    public enum Existing: Sendable {
        /// It goes on.
        case load
        /// An error is thrown.
        case fail
    }

    static let seedKey = "martlet:seed"
    static let lookaheadKey = "martlet:lookahead"

    /// Makes or opens a study.
    /// - Parameters:
    ///   - name: its name in the storage; one that no other study has when nil.
    ///   - directions: one for each objective. A study that exists must have the same.
    ///   - sampler: who chooses parameters; TPE when nil, NSGA-II for several objectives.
    ///   - pruner: who ends trials early.
    ///   - storage: where it is kept.
    ///   - existing: what happens when there is one of the name.
    ///   - seed: begins all random streams. A study that exists has its own; another is an error. Nil: its own, or an
    ///     unpredictable one.
    ///   - lookahead: see the property. A study that exists has its own; another is an error. Nil: its own, or 0.
    /// - Throws: `MartletError` when the storage cannot be read or written, and when the study is not as the arguments say.
    public convenience init(
        _ name: String? = nil, directions: [Direction], sampler: (any Sampler)? = nil, pruner: any Pruner = MedianPruner(),
        storage: StudyStorage = .memory, existing: Existing = .fail, seed: Int? = nil, lookahead: Int? = nil
    ) throws {
        guard !directions.isEmpty else { throw MartletError("Expected at least one direction. Received none.", at: "directions") }
        guard lookahead ?? 0 >= 0 else {
            throw MartletError("Expected a number of at least 0. Received: \(lookahead!).", at: "lookahead")
        }
        let journal = try storage.makeJournal()
        let name = name ?? "no-name-\(UUID().uuidString.lowercased())"
        let study = try journal.update(isDurable: true) { state -> ([JournalRecord.Event], FrozenStudy) in
            if let study = state.study(named: name) {
                guard existing == .load else {
                    throw MartletError(
                        "Expected a name that no study has. Give another, or `existing: .load`.", at: "study \"\(name)\"")
                }
                return ([], study)
            }
            let study = FrozenStudy(id: state.studies.count, name: name, directions: directions)
            return ([.createStudy(name: name, directions: directions)], study)
        }
        guard study.directions == directions else {
            throw MartletError(
                "Expected the directions that the study has, \(study.directions). Received: \(directions).",
                at: "study \"\(name)\"")
        }
        let sampler = sampler ?? (directions.count == 1 ? TPESampler() : NSGAIISampler())
        try self.init(study.id, in: journal, sampler, pruner, seed, lookahead)
    }

    /// Makes or opens a study of one objective. See `init` for several.
    public convenience init(
        _ name: String? = nil, direction: Direction = .minimize, sampler: (any Sampler)? = nil,
        pruner: any Pruner = MedianPruner(), storage: StudyStorage = .memory, existing: Existing = .fail, seed: Int? = nil,
        lookahead: Int? = nil
    ) throws {
        try self.init(
            name, directions: [direction], sampler: sampler, pruner: pruner, storage: storage, existing: existing, seed: seed,
            lookahead: lookahead)
    }

    /// Opens a study that exists.
    /// - Parameter name: its name; nil where the storage holds only one.
    /// - Throws: `MartletError` when there is none, or several and no name.
    public static func load(
        _ name: String? = nil, from storage: StudyStorage, sampler: (any Sampler)? = nil, pruner: any Pruner = MedianPruner(),
        seed: Int? = nil, lookahead: Int? = nil
    ) throws -> Study {
        let journal = try storage.makeJournal()
        let study = try journal.read { state in
            let studies = state.studies.compactMap { $0 }
            let names = studies.prefix(20).map { "\"\($0.name)\"" }.joined(separator: ", ")
            guard let name else {
                guard studies.count == 1 else {
                    throw MartletError("Expected one study, or a name. The storage has \(studies.count): \(names).")
                }
                return studies[0]
            }
            guard let study = state.study(named: name) else {
                throw MartletError(
                    "Expected a study of the storage: \(names.isEmpty ? "it has none" : names).", at: "study \"\(name)\"")
            }
            return study
        }
        let standard: any Sampler = study.directions.count == 1 ? TPESampler() : NSGAIISampler()
        return try Study(study.id, in: journal, sampler ?? standard, pruner, seed, lookahead)
    }

    private init(
        _ id: Int, in journal: Journal, _ sampler: any Sampler, _ pruner: any Pruner, _ seed: Int?, _ lookahead: Int?
    ) throws {
        (self.id, self.journal, self.sampler, self.pruner) = (id, journal, sampler, pruner)
        let study = try journal.update(isDurable: true) { state -> ([JournalRecord.Event], FrozenStudy) in
            guard var study = state.study(id) else { throw MartletError("Expected a study that exists. It was deleted.") }
            var events: [JournalRecord.Event] = []
            for (key, argument, given, standard) in [
                (Self.seedKey, "seed", seed, Int.random(in: 0..<1 << 31)), (Self.lookaheadKey, "lookahead", lookahead, 0),
            ] {
                if let known = study.systemAttributes[key].flatMap({ Int(json: $0) }) {
                    guard given ?? known == known else {
                        throw MartletError(
                            "Expected the \(argument) that the study has, \(known). Received: \(given!).", at: argument)
                    }
                } else {
                    study.systemAttributes[key] = .int(given ?? standard)
                    events.append(.setStudyAttribute(study: id, isSystem: true, key: key, value: .int(given ?? standard)))
                }
            }
            return (events, study)
        }
        (name, directions) = (study.name, study.directions)
        self.seed = study.systemAttributes[Self.seedKey].flatMap { Int(json: $0) } ?? 0
        self.lookahead = max(0, study.systemAttributes[Self.lookaheadKey].flatMap { Int(json: $0) } ?? 0)
        try sampler.check(objectives: directions.count)
    }

    /// Deletes the study from its storage. Its numbers are not given again.
    public func delete() throws { try journal.append([.deleteStudy(id)], isDurable: true) }

    // MARK: - Results

    /// All trials, in order, with what other processes have added.
    /// - Throws: `MartletError` when the storage cannot be read.
    public var trials: [FrozenTrial] { get throws { try journal.read(trials) } }

    func trials(_ state: JournalState) -> [FrozenTrial] { state.study(id)?.trials.map { state.trials[$0] } ?? [] }

    /// The best complete trial that breaks no constraint, the first of equals; nil before there is one.
    /// - Throws: `MartletError` for a study of several objectives, and when the storage cannot be read.
    public var bestTrial: FrozenTrial? {
        get throws {
            guard directions.count == 1 else {
                throw MartletError("Expected a study of one objective. It has \(directions.count): use bestTrials.")
            }
            var best: (loss: Double, trial: FrozenTrial)?
            for trial in try trials where trial.state == .complete && trial.violation == 0 {
                guard let value = trial.value else { continue }
                let loss = directions[0] == .minimize ? value : -value
                if best == nil || loss < best!.loss { best = (loss, trial) }
            }
            return best?.trial
        }
    }

    /// The value of the best trial. Throws as `bestTrial`.
    public var bestValue: Double? { get throws { try bestTrial?.value } }

    /// The parameters of the best trial, empty before there is one. Throws as `bestTrial`.
    public var bestParams: [String: JSONValue] { get throws { try bestTrial?.params ?? [:] } }

    /// The complete trials that break no constraint and that no other of them is better than in all objectives.
    public var bestTrials: [FrozenTrial] {
        get throws {
            let feasible = try trials.filter {
                $0.state == .complete && $0.violation == 0 && $0.values?.count == directions.count
            }
            let losses = feasible.map { trial in zip(trial.values!, directions).map { $1 == .minimize ? $0 : -$0 } }
            let ranks = ParetoFront.ranks(losses)
            return zip(feasible, ranks).filter { $1 == 0 }.map(\.0)
        }
    }

    /// What was noted about the study.
    public var userAttributes: JSONObject { get throws { try journal.read { $0.study(id)?.userAttributes ?? [:] } } }

    /// Notes something about the study.
    public func setUserAttribute(_ key: String, _ value: JSONValue) throws {
        try journal.append([.setStudyAttribute(study: id, isSystem: false, key: key, value: value)])
    }

    /// What was noted about the study under a key; `value`, which is noted then, where nothing was. Of several processes one
    /// notes it.
    package func userAttribute(_ key: String, orSetting value: JSONValue) throws -> JSONValue {
        try journal.update(isDurable: true) { state -> ([JournalRecord.Event], JSONValue) in
            if let known = state.study(id)?.userAttributes[key] { return ([], known) }
            return ([.setStudyAttribute(study: id, isSystem: false, key: key, value: value)], value)
        }
    }

    // MARK: - Trials by hand

    /// Puts a trial with given parameters into the queue: the next trials take them. Parameters that are not given are chosen
    /// by the sampler.
    /// - Parameter skipsKnown: whether to do nothing when a trial has these parameters already.
    public func enqueue(_ params: [String: JSONValue], userAttributes: JSONObject = [:], skipsKnown: Bool = false) throws {
        var fixed: JSONObject = [:]
        for (key, value) in params.sorted(by: { $0.key < $1.key }) { fixed[key] = value }
        try journal.update { state in
            let isKnown = trials(state).contains { trial in
                trial.systemAttributes[Trial.fixedKey] == .object(fixed) || (trial.params == params && !params.isEmpty)
            }
            if skipsKnown && isKnown { return ([], ()) }
            var template = JournalRecord.Template(state: .waiting)
            template.userAttributes = userAttributes
            template.systemAttributes = [Trial.fixedKey: .object(fixed)]
            return ([.createTrial(study: id, template: template)], ())
        }
    }

    /// Adds a trial that ran elsewhere.
    /// - Parameters:
    ///   - params: its parameters with their distributions.
    ///   - values: one for each objective.
    public func add(_ params: [(name: String, distribution: Distribution, value: JSONValue)], values: [Double]) throws {
        guard values.count == directions.count, !values.contains(where: \.isNaN) else {
            throw MartletError("Expected a value for each of \(directions.count) objectives. Received: \(values).", at: "values")
        }
        var template = JournalRecord.Template(state: .complete, values: values)
        template.parameters = try params.map { name, distribution, value in
            let distribution = try distribution.checked(name)
            guard let number = distribution.number(value), distribution.contains(number) else {
                throw MartletError(
                    "Expected a value in \(distribution.text). Received: \(value.serialized()).", at: "parameter \"\(name)\"")
            }
            return TrialParameter(name: name, distribution: distribution, number: number)
        }
        (template.start, template.end) = (Date(), Date())
        let made = template
        try journal.update(isDurable: true) { state in
            for parameter in made.parameters {
                let known = trials(state).lazy.compactMap { $0.parameter(parameter.name) }.first?.distribution
                if let known, !known.isCompatible(with: parameter.distribution) {
                    throw MartletError("Expected a distribution like \(known.text).", at: "parameter \"\(parameter.name)\"")
                }
            }
            return ([.createTrial(study: id, template: made)], ())
        }
    }

    /// Begins a trial: the next of the queue, or a new one. Tell its result with `tell`.
    public func ask() throws -> Trial {
        guard let trial = try begin(total: nil, resumes: false) else { throw MartletError("Expected a trial. There is none.") }
        try trial.chooseTogether()
        return trial
    }

    /// Ends a trial with its value.
    public func tell(_ trial: Trial, _ value: Double) throws { try tell(trial, [value]) }

    /// Ends a trial with its values, one for each objective. One that is not a number makes it a failed trial.
    public func tell(_ trial: Trial, _ values: [Double]) throws {
        guard values.count == directions.count else {
            throw MartletError("Expected a value for each of \(directions.count) objectives. Received: \(values.count).")
        }
        let isGood = !values.contains(where: \.isNaN)
        try end(trial, isGood ? .complete : .fail, isGood ? values : nil)
    }

    /// Ends a trial without a value.
    /// - Parameter state: pruned or failed. A pruned trial keeps the last value that it reported.
    public func tell(_ trial: Trial, state: TrialState) throws {
        guard state == .pruned || state == .fail else {
            throw MartletError("Expected .pruned or .fail, or a value. Received: .\(state).", at: "state")
        }
        let last = state == .pruned ? trial.frozen.lastStep.flatMap { trial.frozen.intermediateValues[$0] } : nil
        try end(trial, state, last.flatMap { $0.isNaN ? nil : [$0] })
    }

    private func end(_ trial: Trial, _ state: TrialState, _ values: [Double]?) throws {
        try trial.flush(and: [.setState(trial: trial.id, state, values: values, time: Date())])
        trial.note(state, values)
        handed.withLock { _ = $0.remove(trial.id) }
    }

    // MARK: - Histories

    /// What trial `number` may know.
    func history(of number: Int) throws -> TrialHistory {
        var (revealed, pending): ([FrozenTrial], [[String: JSONValue]]) = ([], [])
        try journal.read { state in
            guard let study = state.study(id) else { return }
            revealed.reserveCapacity(number)
            for id in study.trials.prefix(number) {
                let isRevealed = state.trials[id].number < number - lookahead && state.trials[id].state.isFinished
                if isRevealed {
                    revealed.append(state.trials[id])
                } else if state.trials[id].state != .waiting {
                    pending.append(state.trials[id].chosenTogether)
                }
            }
        }
        return TrialHistory(
            number: number, directions: directions, trials: revealed, pending: pending, lookahead: lookahead, seed: seed,
            cache: cache)
    }
}

extension FrozenTrial {
    /// What was chosen before it ran: that which was given, and what the sampler drew together.
    var chosenTogether: [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        for prefix in [Trial.relativeKey, "gp:relative_params:"] {
            // Optuna cuts the text into pieces.
            var (text, count) = ("", 0)
            while let piece = systemAttributes["\(prefix)\(count)"].flatMap({ String(json: $0) }) {
                text += piece
                count += 1
            }
            guard !text.isEmpty, let json = try? JSONValue(parsing: text), let members = JSONObject(json: json) else { continue }
            for (key, value) in members { result[key] = value }
        }
        if let fixed = systemAttributes[Trial.fixedKey].flatMap({ JSONObject(json: $0) }) {
            for (key, value) in fixed { result[key] = value }
        }
        return result
    }
}

extension Study: CustomStringConvertible, CustomDebugStringConvertible {
    /// The name and what is searched for: `Study("units", minimize, TPESampler)`.
    public var description: String {
        let parts = [name.debugDescription] + directions.map { "\($0)" } + ["\(type(of: sampler))"]
        return "Study(\(parts.joined(separator: ", ")))"
    }
    public var debugDescription: String { description }
}
