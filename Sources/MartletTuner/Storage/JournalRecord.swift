import Foundation

/// One line of Optuna's journal: something that happened to a study or a trial.
struct JournalRecord: Sendable {
    enum Event: Sendable {
        case createStudy(name: String, directions: [Direction])
        case deleteStudy(Int)
        case setStudyAttribute(study: Int, isSystem: Bool, key: String, value: JSONValue)
        case createTrial(study: Int, template: Template)
        case setParameter(trial: Int, TrialParameter)
        case setState(trial: Int, TrialState, values: [Double]?, time: Date?)
        case report(trial: Int, step: Int, value: Double)
        case setTrialAttribute(trial: Int, isSystem: Bool, key: String, value: JSONValue)
        /// A kind that later versions may write, and that changes nothing here.
        case other
    }

    /// What a new trial may have from the start.
    struct Template: Sendable {
        var state = TrialState.running
        var values: [Double]?
        var parameters: [TrialParameter] = []
        var intermediateValues: [Int: Double] = [:]
        var userAttributes: JSONObject = [:]
        var systemAttributes: JSONObject = [:]
        var start: Date?
        var end: Date?
    }

    /// Who wrote it: a text that differs for each thread of each process.
    let worker: String
    let event: Event

    // MARK: - Text

    /// The line, without its end.
    var line: String {
        let (code, members): (Int, JSONObject) =
            switch event {
            case .createStudy(let name, let directions):
                (0, ["study_name": .string(name), "directions": .array(directions.map { .int($0.rawValue) })])
            case .deleteStudy(let study): (1, ["study_id": .int(study)])
            case .setStudyAttribute(let study, let isSystem, let key, let value):
                (isSystem ? 3 : 2, ["study_id": .int(study), isSystem ? "system_attr" : "user_attr": .object([key: value])])
            case .createTrial(let study, let template): (4, template.members(study))
            case .setParameter(let trial, let parameter):
                (
                    5,
                    [
                        "trial_id": .int(trial), "param_name": .string(parameter.name),
                        "param_value_internal": parameter.numberJSON, "distribution": .string(parameter.distribution.text),
                    ]
                )
            case .setState(let trial, let state, let values, let time):
                (
                    6,
                    {
                        var members: JSONObject = [
                            "trial_id": .int(trial), "state": .int(state.rawValue), "values": Self.json(values),
                        ]
                        if let time { members[state == .running ? "datetime_start" : "datetime_complete"] = Self.json(time) }
                        return members
                    }()
                )
            case .report(let trial, let step, let value):
                (7, ["trial_id": .int(trial), "step": .int(step), "intermediate_value": .double(value)])
            case .setTrialAttribute(let trial, let isSystem, let key, let value):
                (isSystem ? 9 : 8, ["trial_id": .int(trial), isSystem ? "system_attr": "user_attr": .object([key: value])])
            case .other: (10, [:])
            }
        var line: JSONObject = ["op_code": .int(code), "worker_id": .string(worker)]
        for (key, value) in members { line[key] = value }
        return JSONValue.object(line).serialized()
    }

    /// Reads a line.
    /// - Throws: `MartletError` when it is none of the journal's.
    init(line: [UInt8]) throws {
        let json = try JSONValue(parsing: line)
        worker = try json.string("worker_id")
        func attribute(_ key: JSONKey) throws -> (key: String, value: JSONValue) {
            let members = try json.object(key)
            guard members.count == 1, let member = members.first(where: { _ in true }) else {
                throw MartletError("Expected one attribute. Received \(members.count).")
            }
            return member
        }
        func state() throws -> TrialState { try Self.state(json.int("state")) }
        switch try json.int("op_code") {
        case 0:
            let directions = try json.value(at: ["directions"], as: [Int].self).map { number in
                // 0, not set, is what old files have for minimize.
                guard let direction = number == 0 ? .minimize : Direction(rawValue: number) else {
                    throw MartletError("Expected directions of 1 or 2. Received: \(number).")
                }
                return direction
            }
            guard !directions.isEmpty else { throw MartletError("Expected at least one direction. Received none.") }
            event = .createStudy(name: try json.string("study_name"), directions: directions)
        case 1: event = .deleteStudy(try json.int("study_id"))
        case 2, 3:
            let isSystem = try json.int("op_code") == 3
            let (key, value) = try attribute(isSystem ? "system_attr" : "user_attr")
            event = .setStudyAttribute(study: try json.int("study_id"), isSystem: isSystem, key: key, value: value)
        case 4: event = .createTrial(study: try json.int("study_id"), template: try Template(json))
        case 5:
            event = .setParameter(
                trial: try json.int("trial_id"),
                try TrialParameter(
                    read: json.string("param_name"), json.string("distribution"), json.double("param_value_internal")))
        case 6:
            let state = try state()
            let time: String? = try json.valueIfPresent(at: [state == .running ? "datetime_start" : "datetime_complete"])
            event = .setState(
                trial: try json.int("trial_id"), state, values: try json.valueIfPresent(at: ["values"]),
                time: time.flatMap(Self.date))
        case 7:
            event = .report(
                trial: try json.int("trial_id"), step: try json.int("step"), value: try json.double("intermediate_value"))
        case 8, 9:
            let isSystem = try json.int("op_code") == 9
            let (key, value) = try attribute(isSystem ? "system_attr" : "user_attr")
            event = .setTrialAttribute(trial: try json.int("trial_id"), isSystem: isSystem, key: key, value: value)
        default: event = .other
        }
    }

    init(worker: String, _ event: Event) {
        self.worker = worker
        self.event = event
    }

    fileprivate static func state(_ number: Int) throws -> TrialState {
        guard let state = TrialState(rawValue: number) else {
            throw MartletError("Expected a state of a trial, 0 to 4. Received: \(number).")
        }
        return state
    }

    fileprivate static func json(_ values: [Double]?) -> JSONValue { values.map { .array($0.map { .double($0) }) } ?? .null }

    /// `2026-01-31T12:00:00.123456+00:00`, as Python's `isoformat` writes it.
    static func json(_ date: Date) -> JSONValue {
        let microseconds = Int((date.timeIntervalSince1970 * 1e6).rounded())
        var seconds = time_t(microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func text(_ number: some BinaryInteger, _ count: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, count - digits.count)) + digits
        }
        return .string(
            "\(text(parts.tm_year + 1900, 4))-\(text(parts.tm_mon + 1, 2))-\(text(parts.tm_mday, 2))T"
                + "\(text(parts.tm_hour, 2)):\(text(parts.tm_min, 2)):\(text(parts.tm_sec, 2))."
                + "\(text(microseconds % 1_000_000, 6))+00:00")
    }

    /// Reads a time in ISO 8601; one without a zone is the local one, as in Optuna. Nil for other text.
    static func date(_ text: String) -> Date? {
        let scalars = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= scalars.count else { return nil }
            return Int(String(decoding: scalars[range], as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year - 1900), Int32(month - 1), Int32(day))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
        var position = 19
        var fraction = 0.0
        if position < scalars.count, scalars[position] == UInt8(ascii: ".") {
            var scale = 0.1
            position += 1
            while position < scalars.count, (48...57).contains(scalars[position]) {
                fraction += Double(scalars[position] - 48) * scale
                scale /= 10
                position += 1
            }
        }
        guard position < scalars.count else {
            parts.tm_isdst = -1
            return Date(timeIntervalSince1970: Double(mktime(&parts)) + fraction)
        }
        var seconds = Double(timegm(&parts)) + fraction
        if let sign = [UInt8(ascii: "+"): -1.0, UInt8(ascii: "-"): 1][scalars[position]],
            let hours = number(position + 1..<position + 3), let minutes = number(position + 4..<position + 6)
        {
            seconds += sign * Double(hours * 3600 + minutes * 60)
        }
        return Date(timeIntervalSince1970: seconds)
    }
}

extension TrialParameter {
    /// A parameter as a file has it. Optuna lets a queue have numbers outside of a range, but none without a meaning.
    fileprivate init(read name: String, _ distribution: String, _ number: Double) throws {
        let distribution = try Distribution(text: distribution)
        let hasMeaning =
            switch distribution {
            case .int(_, _, _, let isLogarithmic): abs(number) <= 0x1p53 && (number > 0 || !isLogarithmic)
            case .float(_, _, _, let isLogarithmic): number.isFinite && (number > 0 || !isLogarithmic)
            case .choice: distribution.contains(number)
            }
        guard hasMeaning else {
            throw MartletError("Expected a value of \"\(name)\" in \(distribution.text). Received: \(number).")
        }
        self.init(name: name, distribution: distribution, number: number)
    }

    /// Integers and choices are written without a fraction, as Optuna does with choices.
    var numberJSON: JSONValue { distribution.isChoice ? .int(Int(number)) : .double(number) }
}

extension JournalRecord.Template {
    fileprivate func members(_ study: Int) -> JSONObject {
        var members: JSONObject = ["study_id": .int(study), "datetime_start": start.map(JournalRecord.json) ?? .null]
        let isPlain = state == .running && values == nil && parameters.isEmpty && intermediateValues.isEmpty
            && userAttributes.count == 0 && systemAttributes.count == 0
        guard !isPlain else { return members }
        members["state"] = .int(state.rawValue)
        members["value"] = values?.count == 1 ? .double(values![0]) : .null
        members["values"] = values?.count ?? 0 > 1 ? JournalRecord.json(values) : .null
        if let end { members["datetime_complete"] = JournalRecord.json(end) }
        var (distributions, numbers): (JSONObject, JSONObject) = ([:], [:])
        for parameter in parameters {
            distributions[parameter.name] = .string(parameter.distribution.text)
            numbers[parameter.name] = parameter.numberJSON
        }
        members["distributions"] = .object(distributions)
        members["params"] = .object(numbers)
        members["user_attrs"] = .object(userAttributes)
        members["system_attrs"] = .object(systemAttributes)
        var reports: JSONObject = [:]
        for (step, value) in intermediateValues.sorted(by: { $0.key < $1.key }) { reports["\(step)"] = .double(value) }
        members["intermediate_values"] = .object(reports)
        return members
    }

    fileprivate init(_ json: JSONValue) throws {
        if let number: Int = try json.valueIfPresent(at: ["state"]) { state = try JournalRecord.state(number) }
        values = try json.valueIfPresent(at: ["values"])
        if values == nil, let value: Double = try json.valueIfPresent(at: ["value"]) { values = [value] }
        let numbers: JSONObject = try json.valueIfPresent(at: ["params"]) ?? [:]
        let distributions = try json.valueIfPresent(at: ["distributions"]) ?? JSONObject()
        for (name, number) in numbers {
            guard let text = distributions[name].flatMap({ String(json: $0) }), let number = Double(json: number) else {
                throw MartletError("Expected a number and a distribution of \"\(name)\".")
            }
            parameters.append(try TrialParameter(read: name, text, number))
        }
        for (step, value) in try json.valueIfPresent(at: ["intermediate_values"]) ?? JSONObject() {
            guard let step = Int(step), let value = Double(json: value) else {
                throw MartletError("Expected steps and values. Received: \"\(step)\": \(value.serialized()).")
            }
            intermediateValues[step] = value
        }
        userAttributes = try json.valueIfPresent(at: ["user_attrs"]) ?? [:]
        systemAttributes = try json.valueIfPresent(at: ["system_attrs"]) ?? [:]
        start = try json.valueIfPresent(at: ["datetime_start"], as: String.self).flatMap(JournalRecord.date)
        end = try json.valueIfPresent(at: ["datetime_complete"], as: String.self).flatMap(JournalRecord.date)
    }
}
