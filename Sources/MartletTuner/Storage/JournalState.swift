/// The studies and trials that the records of a journal make, in the order in which they stand there. The rules are Optuna's:
/// every reader of a file comes to the same state.
struct JournalState: Sendable {
    /// Studies by id; nil where one was deleted.
    private(set) var studies: [FrozenStudy?] = []
    /// Trials by id.
    private(set) var trials: [FrozenTrial] = []
    /// The study of each trial.
    private(set) var studyOfTrial: [Int] = []

    func study(named name: String) -> FrozenStudy? { studies.lazy.compactMap { $0 }.first { $0.name == name } }

    func study(_ id: Int) -> FrozenStudy? { studies.indices.contains(id) ? studies[id] : nil }

    /// Why a record would change nothing; nil when it is applied.
    enum Refusal {
        case duplicatedStudy
        case missing
        case finished
        case isRunning
        case incompatible(FrozenTrial, Distribution)
    }

    @discardableResult
    mutating func apply(_ record: JournalRecord) -> Refusal? {
        switch record.event {
        case .createStudy(let name, let directions):
            guard study(named: name) == nil else { return .duplicatedStudy }
            studies.append(FrozenStudy(id: studies.count, name: name, directions: directions))
        case .deleteStudy(let id):
            guard study(id) != nil else { return .missing }
            studies[id] = nil
        case .setStudyAttribute(let id, let isSystem, let key, let value):
            guard study(id) != nil else { return .missing }
            if isSystem { studies[id]!.systemAttributes[key] = value } else { studies[id]!.userAttributes[key] = value }
        case .createTrial(let id, let template):
            guard let study = study(id) else { return .missing }
            var trial = FrozenTrial(id: trials.count, number: study.trials.count, state: template.state)
            trial.values = template.values
            trial.parameters = template.parameters
            trial.intermediateValues = template.intermediateValues
            trial.userAttributes = template.userAttributes
            trial.systemAttributes = template.systemAttributes
            (trial.start, trial.end) = (template.start, template.end)
            if template.state == .running { trial.worker = record.worker }
            studies[id]!.trials.append(trial.id)
            studyOfTrial.append(id)
            trials.append(trial)
        case .setParameter(let id, let parameter):
            if let refusal = refusal(id) { return refusal }
            // The first trial that has it decides.
            if let first = firstTrial(with: parameter.name, like: id),
                let known = trials[first].parameter(parameter.name)?.distribution,
                !known.isCompatible(with: parameter.distribution)
            {
                return .incompatible(trials[first], known)
            }
            if let place = trials[id].parameters.firstIndex(where: { $0.name == parameter.name }) {
                trials[id].parameters[place] = parameter
            } else {
                trials[id].parameters.append(parameter)
            }
        case .setState(let id, let state, let values, let time):
            if let refusal = refusal(id) { return refusal }
            if state == .running {
                guard trials[id].state != .running else { return .isRunning }
                trials[id].start = time
                trials[id].worker = record.worker
            }
            if state.isFinished { trials[id].end = time }
            trials[id].state = state
            if let values { trials[id].values = values }
        case .report(let id, let step, let value):
            if let refusal = refusal(id) { return refusal }
            trials[id].intermediateValues[step] = value
        case .setTrialAttribute(let id, let isSystem, let key, let value):
            if let refusal = refusal(id) { return refusal }
            if isSystem { trials[id].systemAttributes[key] = value } else { trials[id].userAttributes[key] = value }
            guard isSystem, case .string(let text) = value else { break }
            if key == Self.workerKey { trials[id].worker = text }
            if key == Self.heartbeatKey { trials[id].heartbeat = JournalRecord.date(text) }
        case .other: break
        }
        return nil
    }

    /// The attribute by which a worker takes over a trial that another one left.
    static let workerKey = "martlet:worker"
    /// The attribute by which a worker says that it still runs a trial: when it did so last.
    static let heartbeatKey = "martlet:heartbeat"
    /// How often a trial was taken over since it last reported something new, and how many values it had reported then.
    static let attemptsKey = "martlet:attempts"

    private func refusal(_ trial: Int) -> Refusal? {
        guard trials.indices.contains(trial) else { return .missing }
        return trials[trial].state.isFinished ? .finished : nil
    }

    /// Usually the first trial of the study has the parameter.
    private func firstTrial(with name: String, like id: Int) -> Int? {
        guard let study = study(studyOfTrial[id]) else { return nil }
        return study.trials.first { trials[$0].parameter(name) != nil }
    }
}
