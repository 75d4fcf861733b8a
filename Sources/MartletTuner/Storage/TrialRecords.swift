import Foundation

/// Whether small or large values are better.
public enum Direction: Int, Sendable, Hashable {
    case minimize = 1
    case maximize = 2
}

/// How far a trial is.
public enum TrialState: Int, Sendable, Hashable, CustomStringConvertible {
    case running = 0
    case complete = 1
    /// Ended early, as it promised little.
    case pruned = 2
    /// Ended by an error, or without a value.
    case fail = 3
    /// In the queue, with parameters that are given.
    case waiting = 4

    /// Whether nothing of it changes any more.
    public var isFinished: Bool { self != .running && self != .waiting }

    public var description: String {
        switch self {
        case .running: "running"
        case .complete: "complete"
        case .pruned: "pruned"
        case .fail: "failed"
        case .waiting: "waiting"
        }
    }
}

/// One parameter of a trial.
public struct TrialParameter: Sendable, Hashable {
    /// Its name, one for each parameter of a study.
    public let name: String
    /// What it could be.
    public let distribution: Distribution
    /// The number that stands for its value (see `Distribution`).
    public let number: Double
    /// Its value.
    public var value: JSONValue { distribution.value(number) }

    package init(name: String, distribution: Distribution, number: Double) {
        (self.name, self.distribution, self.number) = (name, distribution, number)
    }
}

/// What is known of a trial at one moment.
public struct FrozenTrial: Sendable, Hashable, Identifiable, CustomStringConvertible {
    /// Its number among all trials of the storage.
    public let id: Int
    /// Its number in its study, from 0.
    public let number: Int
    /// How far it is.
    public internal(set) var state: TrialState
    /// One value for each objective; of a pruned trial the last that it reported. Nil before there is one.
    public package(set) var values: [Double]?
    /// Its parameters, in the order in which they were asked for.
    public package(set) var parameters: [TrialParameter] = []
    /// What it reported, by step.
    public internal(set) var intermediateValues: [Int: Double] = [:]
    /// What the user noted.
    public internal(set) var userAttributes: JSONObject = [:]
    /// What samplers and pruners noted.
    public internal(set) var systemAttributes: JSONObject = [:]
    /// When it began.
    public internal(set) var start: Date?
    /// When it ended.
    public internal(set) var end: Date?
    /// Who runs it, or ran it last; empty where nobody does.
    var worker = ""
    /// When its worker last said that it runs it; nil where it never did.
    var heartbeat: Date?

    package init(id: Int, number: Int, state: TrialState) { (self.id, self.number, self.state) = (id, number, state) }

    /// The value of a study with one objective.
    public var value: Double? { values?.count == 1 ? values![0] : nil }

    /// The values of the parameters by name.
    public var params: [String: JSONValue] { Dictionary(parameters.map { ($0.name, $0.value) }) { a, _ in a } }

    /// The value of a parameter; nil when the trial has none of this name, or one of another type.
    public func value<T: JSONReadable>(_ name: String, as type: T.Type = T.self) -> T? {
        parameter(name).flatMap { T(json: $0.value) }
    }

    /// `trial 3: complete, 0.25, x 1.5, kind "a"`.
    public var description: String {
        let parts = ["\(state)"] + (values ?? []).map { "\($0)" } + parameters.map { "\($0.name) \($0.value.serialized())" }
        return "trial \(number): " + parts.joined(separator: ", ")
    }

    /// The last step that was reported.
    public var lastStep: Int? { intermediateValues.keys.max() }

    /// How long it ran, in seconds; nil before its end.
    public var seconds: Double? { start.flatMap { start in end.map { $0.timeIntervalSince(start) } } }

    package func parameter(_ name: String) -> TrialParameter? { parameters.first { $0.name == name } }

    static let constraintPrefix = "constraints:"

    /// The constraints by name. One that is above 0 is broken.
    public var constraints: [String: Double] {
        guard systemAttributes.count > 0 else { return [:] }
        var result: [String: Double] = [:]
        // Optuna before version 5 has a list.
        if let list = systemAttributes["constraints"].flatMap({ [Double](json: $0) }) {
            for (index, value) in list.enumerated() { result["\(index)"] = value }
        }
        for (key, value) in systemAttributes where key.hasPrefix(Self.constraintPrefix) {
            if let value = Double(json: value) { result[String(key.dropFirst(Self.constraintPrefix.count))] = value }
        }
        return result
    }

    /// The sum of what is above 0 of the constraints: 0 when all are kept.
    var violation: Double { constraints.values.sorted().reduce(0) { $0 + max(0, $1) } }
}

/// What is known of a study at one moment.
struct FrozenStudy: Sendable {
    let id: Int
    let name: String
    let directions: [Direction]
    var userAttributes: JSONObject = [:]
    var systemAttributes: JSONObject = [:]
    /// The places of its trials among those of the storage.
    var trials: [Int] = []
}
