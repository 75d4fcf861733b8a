import Foundation

/// Throw it from an objective to end a trial early. It keeps the last value that it reported.
public struct TrialPruned: Error, CustomStringConvertible {
    /// Makes it.
    public init() {}
    public var description: String { "The trial was pruned." }
}

/// A type that choices may have: `String`, `Int`, `Double`, `Bool`, `JSONValue`.
public protocol ParameterChoice: Sendable {
    /// The choice as files have it.
    var parameterValue: JSONValue { get }
}

extension String: ParameterChoice { public var parameterValue: JSONValue { .string(self) } }
extension Int: ParameterChoice { public var parameterValue: JSONValue { .int(self) } }
extension Double: ParameterChoice { public var parameterValue: JSONValue { .double(self) } }
extension Bool: ParameterChoice { public var parameterValue: JSONValue { .bool(self) } }
extension JSONValue: ParameterChoice { public var parameterValue: JSONValue { self } }

/// One run of an objective: it asks for parameters and reports values. It belongs to the thread that runs it.
///
/// A parameter exists once it is asked for, so Swift's `if` and `for` make conditional ones:
///
/// ```swift
/// let study = try Study(direction: .minimize)
/// try study.optimize(trials: 20) { trial in
///     let layers = try trial.int("layers", 1...3)
///     let units = try (0..<layers).map { try trial.int("units \($0)", 32...512, step: 32) }
///     let rate = try trial.float("rate", 1e-5...1e-1, log: true)
///     return Double(units.reduce(0, +)) * rate
/// }
/// ```
public final class Trial {
    /// The study that it belongs to.
    public let study: Study
    /// Its number in the study, from 0.
    public let number: Int
    let id: Int

    /// What it has had in this run.
    private(set) var frozen: FrozenTrial
    /// What stood in the storage when it began: more than that where another run was interrupted.
    let recorded: FrozenTrial
    private let fixed: JSONObject
    private var relative: [String: (Distribution, Double)] = [:]
    private var history: TrialHistory?
    /// What is not yet written.
    private var unwritten: [JournalRecord.Event] = []

    static let fixedKey = "fixed_params"
    static let relativeKey = "tpe:relative_params:"

    init(_ study: Study, _ record: FrozenTrial) {
        self.study = study
        (number, id) = (record.number, record.id)
        recorded = record
        frozen = record
        // A run that goes on decides again what was decided.
        frozen.intermediateValues = [:]
        for key in record.systemAttributes.keys where key.hasPrefix(SuccessiveHalvingPruner.rungPrefix) {
            frozen.systemAttributes[key] = nil
        }
        fixed = record.systemAttributes[Self.fixedKey].flatMap { JSONObject(json: $0) } ?? [:]
    }

    /// The parameters so far.
    public var params: [String: JSONValue] { frozen.params }

    /// The values reported so far, by step.
    public var intermediateValues: [Int: Double] { frozen.intermediateValues }

    // MARK: - Parameters

    /// An integer of a range.
    /// - Parameters:
    ///   - name: the parameter's name. Asked for twice in a trial, it has one value.
    ///   - range: the smallest and the largest value.
    ///   - step: the distance of values, counted from the smallest.
    ///   - log: whether it is spread evenly over the logarithm.
    /// - Throws: `MartletError` when the range is not good, when other trials have another kind of parameter of the name, and
    ///   when the storage cannot be written.
    public func int(_ name: String, _ range: ClosedRange<Int>, step: Int = 1, log: Bool = false) throws -> Int {
        let number = try number(
            name, .int(low: range.lowerBound, high: range.upperBound, step: step, isLogarithmic: log))
        return Int(number.rounded())
    }

    /// A number of a range.
    /// - Parameters:
    ///   - name: the parameter's name. Asked for twice in a trial, it has one value.
    ///   - range: the smallest and the largest value.
    ///   - step: the distance of values, counted from the smallest; nil for any value.
    ///   - log: whether it is spread evenly over the logarithm: for learning rates and the like.
    /// - Throws: as `int`.
    public func float(
        _ name: String, _ range: ClosedRange<Double>, log: Bool = false, step: Double? = nil
    ) throws -> Double {
        try number(name, .float(low: range.lowerBound, high: range.upperBound, step: step, isLogarithmic: log))
    }

    /// One of several values without an order.
    /// - Throws: as `int`, and when there is no choice, or one stands twice.
    public func choice<Choice: ParameterChoice>(_ name: String, _ choices: [Choice]) throws -> Choice {
        let number = try number(name, .choice(choices.map(\.parameterValue)))
        return choices[Int(number)]
    }

    /// One of several things, whose names the storage has.
    public func choice<Value>(_ name: String, among choices: KeyValuePairs<String, Value>) throws -> Value {
        choices[Int(try number(name, .choice(choices.map { .string($0.key) })))].value
    }

    /// True or false.
    public func bool(_ name: String) throws -> Bool { try choice(name, [false, true]) }

    func number(_ name: String, _ distribution: Distribution) throws -> Double {
        let distribution = try distribution.checked(name)
        if let known = frozen.parameter(name) {
            guard known.distribution.isCompatible(with: distribution) else {
                throw MartletError(
                    "Expected one distribution of a name. The trial has \(known.distribution.text). Received: "
                        + "\(distribution.text).", at: "parameter \"\(name)\"")
            }
            if distribution.contains(known.number) { return known.number }
            throw MartletError(
                "Expected a range with the value that the trial has, \(known.value.serialized()). Received: "
                    + "\(distribution.text).", at: "parameter \"\(name)\"")
        }
        let number = try choose(name, distribution)
        let parameter = TrialParameter(name: name, distribution: distribution, number: number)
        try checkCompatibility(parameter)
        frozen.parameters.append(parameter)
        unwritten.append(.setParameter(trial: id, parameter))
        return number
    }

    /// The first trial that has the parameter decides of what kind it is.
    private func checkCompatibility(_ parameter: TrialParameter) throws {
        let (name, distribution) = (parameter.name, parameter.distribution)
        let known: FrozenTrial? = try study.journal.read(synchronized: false) { state in
            guard let ids = state.study(study.id)?.trials else { return nil }
            return ids.lazy.map { state.trials[$0] }.first { $0.parameter(name) != nil }
        }
        guard let trial = known, let old = trial.parameter(name)?.distribution, !old.isCompatible(with: distribution) else {
            return
        }
        throw MartletError(
            "Expected the kind, scale and choices that trial \(trial.number) has, \(old.text). Received: \(distribution.text). "
                + "Give the parameter another name.", at: "parameter \"\(name)\"")
    }

    private func choose(_ name: String, _ distribution: Distribution) throws -> Double {
        if let value = fixed[name] {
            guard let number = distribution.number(value), distribution.contains(number) else {
                throw MartletError(
                    "Expected a value of \(distribution.text). The queue has \(value.serialized()).", at: "parameter \"\(name)\"")
            }
            return number
        }
        if distribution.isSingle { return distribution.first }
        if let (known, number) = relative[name], known.isCompatible(with: distribution), distribution.contains(number) {
            return number
        }
        let number = try study.sampler.number(of: name, in: distribution, given: knowledge())
        guard distribution.contains(number) else {
            throw MartletError(
                "Expected a sampler's number within \(distribution.text). Received: \(number).", at: "parameter \"\(name)\"")
        }
        return number
    }

    private func knowledge() throws -> TrialHistory {
        if let history { return history }
        let made = try study.history(of: number)
        history = made
        return made
    }

    /// Chooses what the sampler draws together, and notes it, so that later trials know it.
    func chooseTogether() throws {
        guard !(study.sampler is RandomSampler) else { return }
        relative = try study.sampler.numbers(given: knowledge())
        guard !relative.isEmpty else { return }
        var members: JSONObject = [:]
        for (name, (distribution, number)) in relative.sorted(by: { $0.key < $1.key }) {
            members[name] = distribution.value(number)
        }
        let text = JSONValue.string(JSONValue.object(members).serialized())
        let key = Self.relativeKey + "0"
        guard recorded.systemAttributes[key] != text else { return }
        try study.journal.append([.setTrialAttribute(trial: id, isSystem: true, key: key, value: text)])
    }

    // MARK: - Values

    /// Reports a value on the way, such as that of an epoch, by which pruners judge. A step that was reported already is passed
    /// over.
    /// - Throws: `MartletError` for a negative step, in a study of several objectives, and when the storage cannot be written.
    public func report(_ value: Double, step: Int) throws {
        try requireOneObjective("report")
        guard step >= 0 else { throw MartletError("Expected a step of at least 0. Received: \(step).", at: "step") }
        guard frozen.intermediateValues[step] == nil else { return }
        frozen.intermediateValues[step] = value
        let known = recorded.intermediateValues[step]
        let isKnown = known == value || (known?.isNaN ?? false && value.isNaN)
        try flush(and: isKnown ? [] : [.report(trial: id, step: step, value: value)])
    }

    /// Whether the pruner would end the trial after what it reported. Throw `TrialPruned` then.
    /// - Throws: as `report`.
    public var shouldPrune: Bool {
        get throws {
            try requireOneObjective("shouldPrune")
            if study.pruner is NopPruner { return false }
            let others = try study.history(of: number).trials
            let decision = try study.pruner.decide(
                PruningContext(trial: frozen, others: others, direction: study.directions[0], study: study.name))
            for (key, value) in decision.attributes {
                frozen.systemAttributes[key] = value
                unwritten.append(.setTrialAttribute(trial: id, isSystem: true, key: key, value: value))
            }
            try flush()
            return decision.prunes
        }
    }

    private func requireOneObjective(_ method: String) throws {
        guard study.directions.count == 1 else {
            throw MartletError("Expected a study of one objective for \(method). It has \(study.directions.count).")
        }
    }

    /// Notes something about the trial.
    public func setUserAttribute(_ key: String, _ value: JSONValue) throws {
        frozen.userAttributes[key] = value
        try flush(and: [.setTrialAttribute(trial: id, isSystem: false, key: key, value: value)])
    }

    /// Notes how a constraint was kept: 0 or less is good. A trial that breaks one is never the best, and samplers avoid it.
    public func setConstraint(_ name: String, _ value: Double) throws {
        guard !value.isNaN else { throw MartletError("Expected a number. Received: NaN.", at: "constraint \"\(name)\"") }
        let key = FrozenTrial.constraintPrefix + name
        frozen.systemAttributes[key] = .double(value)
        try flush(and: [.setTrialAttribute(trial: id, isSystem: true, key: key, value: .double(value))])
    }

    /// Writes what is not yet written, and `events`, at once.
    func flush(and events: [JournalRecord.Event] = []) throws {
        let all = unwritten + events
        guard !all.isEmpty else { return }
        let isEnd = events.contains { if case .setState = $0 { true } else { false } }
        try study.journal.append(all, isDurable: isEnd)
        unwritten = []
    }

    func note(_ state: TrialState, _ values: [Double]?) {
        frozen.state = state
        frozen.values = values
        frozen.end = Date()
    }
}

extension Trial: CustomStringConvertible, CustomDebugStringConvertible {
    /// The number, and the parameters that it has asked for: `Trial(3, units: 64)`.
    public var description: String {
        let parts = params.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.serialized())" }
        return "Trial(\((["\(number)"] + parts).joined(separator: ", ")))"
    }
    public var debugDescription: String { description }
}
