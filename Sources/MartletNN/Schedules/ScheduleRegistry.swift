import MartletCore
import MartletFormats

/// The schedules that configurations can name.
package enum ScheduleRegistry {
    package static let types: [any (LearningRateSchedule & Configurable).Type] = [
        ExponentialDecay.self, InverseTimeDecay.self, PolynomialDecay.self, PiecewiseConstantDecay.self,
        CosineDecay.self, CosineDecayRestarts.self,
    ]

    package static let shared = Registry<any LearningRateSchedule>(
        "learning rate schedule", module: "keras.optimizers.schedules",
        types.map { type in (type.className, { try type.init(config: $0) }) }, functionForm: "{ step in ... }",
        ofFunction: { name in CustomObjects.unary(name).map { ClosureSchedule(name: name.withoutPackage, $0) } })
}

/// Makes a schedule from what Keras writes: an object with `class_name` and `config`.
/// - Throws: `MartletError` when there is no such schedule, or an argument is missing, of a wrong type or out of range.
public func makeLearningRateSchedule(from json: JSONValue) throws -> any LearningRateSchedule {
    try ScheduleRegistry.shared.make(from: json)
}

extension Configuration {
    /// The argument `learning_rate`, a number or a schedule; nil when it is missing or null.
    func learningRate() throws -> (any LearningRate)? {
        guard let json = arguments["learning_rate"], json != .null else { return nil }
        return try located("learning_rate") {
            if case .object = json { return try makeLearningRateSchedule(from: json) }
            return try json.value(at: [], as: Double.self)
        }
    }

    /// A number of the argument `key`, which must be whole.
    fileprivate func wholeNumber(_ number: Double, _ key: String) throws -> Int {
        guard let whole = Int(exactly: number) else {
            throw MartletError("Expected a whole number. Received: \(number).", at: "\(className).\(key)")
        }
        return whole
    }
}

extension ArgumentForm<Int> {
    /// A whole number that Python may have written with a fraction: `1000.0`.
    static let wholeNumber = ArgumentForm(
        read: { try $0.wholeNumber($0.required($1), $1) }, write: { .int($0) })
}

extension ArgumentForm<[Int]> {
    /// Whole numbers.
    static let wholeNumbers = ArgumentForm(
        read: { config, key in
            try config.required(key, as: [Double].self).map { try config.wholeNumber($0, key) }
        }, write: { .integers($0) })
}

extension JSONValue {
    /// A schedule as Keras writes it.
    package init(_ schedule: any LearningRateSchedule) {
        if let closure = schedule as? ClosureSchedule {
            self = CustomObjects.function(closure.name)
        } else {
            self = ScheduleRegistry.shared.json(schedule, className: schedule.className, config: schedule.config)
        }
    }
}
