import Foundation

/// The values that a parameter may take, and how they are spread.
///
/// In files and in samplers a value is a number: an integer or a float itself, a choice its place among the choices, from 0.
public enum Distribution: Hashable, Sendable {
    /// Integers from `low` to `high` in steps, or spread evenly over the logarithm.
    case int(low: Int, high: Int, step: Int = 1, isLogarithmic: Bool = false)
    /// Numbers from `low` to `high`, in steps where `step` is not nil, or spread evenly over the logarithm.
    case float(low: Double, high: Double, step: Double? = nil, isLogarithmic: Bool = false)
    /// One of several values without an order: strings, numbers, truth values, null.
    case choice([JSONValue])

    /// The distribution with what it means: a range that its step does not divide ends at the last step.
    /// - Throws: `MartletError` naming the parameter, when the range is empty, a step is not positive, or a logarithm has no
    ///   value.
    func checked(_ name: String) throws -> Distribution {
        func refuse(_ expected: String, _ received: String) -> MartletError {
            MartletError("Expected \(expected). Received: \(received).", at: "parameter \"\(name)\"")
        }
        switch self {
        case .int(let low, let high, let step, let isLogarithmic):
            guard low <= high else { throw refuse("a range with an end that is not below its start", "\(low)...\(high)") }
            guard step >= 1 else { throw refuse("a step of at least 1", "\(step)") }
            guard !isLogarithmic || step == 1 else { throw refuse("no step on a logarithmic scale", "\(step)") }
            guard !isLogarithmic || low >= 1 else { throw refuse("a range from 1 for a logarithmic scale", "\(low)...\(high)") }
            // Beyond 2^53 a double, which files hold, is not exact.
            guard abs(Double(low)) <= 0x1p53, abs(Double(high)) <= 0x1p53 else {
                throw refuse("integers within 2^53", "\(low)...\(high)")
            }
            return .int(low: low, high: low + (high - low) / step * step, step: step, isLogarithmic: isLogarithmic)
        case .float(let low, let high, let step, let isLogarithmic):
            guard low.isFinite, high.isFinite, low <= high, (high - low).isFinite else {
                throw refuse("a finite range with an end that is not below its start", "\(low)...\(high)")
            }
            guard !isLogarithmic || low > 0 else { throw refuse("a range above 0 for a logarithmic scale", "\(low)...\(high)") }
            guard let step else { return self }
            guard step > 0, step.isFinite else { throw refuse("a positive step", "\(step)") }
            guard !isLogarithmic else { throw refuse("no step on a logarithmic scale", "\(step)") }
            return .float(low: low, high: Self.lastStep(from: low, to: high, by: step), step: step)
        case .choice(let values):
            guard !values.isEmpty else { throw refuse("at least one choice", "none") }
            for (index, value) in values.enumerated() {
                switch value {
                case .array, .object: throw refuse("choices that are strings, numbers, truth values or null", value.serialized())
                default: break
                }
                if values[..<index].contains(value) { throw refuse("every choice once", value.serialized()) }
            }
            return self
        }
    }

    /// The last of the steps, in decimal arithmetic: three steps of 0.3 are 0.9, as Optuna has it in its files.
    private static func lastStep(from low: Double, to high: Double, by step: Double) -> Double {
        let locale = Locale(identifier: "en_US_POSIX")
        guard let a = Decimal(string: "\(low)", locale: locale), let b = Decimal(string: "\(high)", locale: locale),
            let s = Decimal(string: "\(step)", locale: locale), s > 0
        else { return low + ((high - low) / step).rounded(.down) * step }
        var (quotient, whole) = ((b - a) / s, Decimal())
        NSDecimalRound(&whole, &quotient, 0, .down)
        let last = whole * s + a
        return Double("\(last)") ?? low + ((high - low) / step).rounded(.down) * step
    }

    /// Whether there is only one value.
    public var isSingle: Bool {
        switch self {
        case .int(let low, let high, let step, _): low == high || (step > 1 && high - low < step)
        case .float(let low, let high, let step, _): low == high || step.map { high - low < $0 } ?? false
        case .choice(let values): values.count == 1
        }
    }

    /// The only value, or the first.
    var first: Double {
        switch self {
        case .int(let low, _, _, _): Double(low)
        case .float(let low, _, _, _): low
        case .choice: 0
        }
    }

    /// Whether it is a choice among values without an order.
    public var isChoice: Bool {
        if case .choice = self { true } else { false }
    }

    /// The value that a number stands for.
    public func value(_ number: Double) -> JSONValue {
        switch self {
        case .int: .int(Int(max(-0x1p62, min(0x1p62, number.rounded(.towardZero)))))
        case .float: .double(number)
        case .choice(let values): values[max(0, min(values.count - 1, Int(max(-1, min(1e9, number)))))]
        }
    }

    /// The number that stands for a value; nil when it is none of the distribution's kind.
    public func number(_ value: JSONValue) -> Double? {
        switch self {
        case .choice(let values):
            if let index = values.firstIndex(of: value) { return Double(index) }
            // As in Python, 1 and 1.0 are the same.
            guard let number = Double(json: value) else { return nil }
            return values.firstIndex { Double(json: $0) == number }.map { Double($0) }
        default: return Double(json: value).flatMap { $0.isNaN ? nil : $0 }
        }
    }

    /// Whether a number stands for one of the values.
    public func contains(_ number: Double) -> Bool {
        switch self {
        case .int(let low, let high, let step, _):
            guard let value = Int(exactly: number) else { return false }
            return value >= low && value <= high && (value - low) % step == 0
        case .float(let low, let high, let step, _):
            guard number >= low, number <= high else { return false }
            guard let step else { return true }
            let steps = (number - low) / step
            return abs(steps - steps.rounded()) < 1e-8
        case .choice(let values): return number >= 0 && Int(exactly: number.rounded(.down)).map { $0 < values.count } ?? false
        }
    }

    /// Whether trials of both may stand in one study: the same kind and scale, the same choices.
    func isCompatible(with other: Distribution) -> Bool {
        switch (self, other) {
        case (.int(_, _, _, let a), .int(_, _, _, let b)): a == b
        case (.float(_, _, _, let a), .float(_, _, _, let b)): a == b
        case (.choice(let a), .choice(let b)): a == b
        default: false
        }
    }
}

// MARK: - The unit interval

extension Distribution {
    /// Where the values lie for a sampler: the ends of the range, half a step wider where there are steps, as logarithms where
    /// the scale is logarithmic.
    var bounds: (low: Double, high: Double) {
        switch self {
        case .int(let low, let high, let step, let isLogarithmic):
            let (a, b) = (Double(low) - Double(step) / 2, Double(high) + Double(step) / 2)
            return isLogarithmic ? (log(a), log(b)) : (a, b)
        case .float(let low, let high, let step, let isLogarithmic):
            let half = (step ?? 0) / 2
            return isLogarithmic ? (log(low), log(high)) : (low - half, high + half)
        case .choice(let values): return (0, Double(values.count))
        }
    }

    /// Whether a logarithm is taken.
    var isLogarithmic: Bool {
        switch self {
        case .int(_, _, _, let isLogarithmic), .float(_, _, _, let isLogarithmic): isLogarithmic
        case .choice: false
        }
    }

    /// The distance of neighbouring values, 0 without steps.
    var step: Double {
        switch self {
        case .int(_, _, let step, _): Double(step)
        case .float(_, _, let step, _): step ?? 0
        case .choice: 1
        }
    }

    /// The number of values, nil when they are not countable, or too many.
    var count: Int? {
        switch self {
        case .int(let low, let high, let step, _): (high - low) / step + 1
        case .float(let low, let high, let step?, _):
            Int(exactly: ((high - low) / step).rounded()).map { $0 + 1 }
        case .float(let low, let high, nil, _): low == high ? 1 : nil
        case .choice(let values): values.count
        }
    }

    /// The value at a place from 0 to 1 between the bounds. Places that are evenly spread give values that are spread as the
    /// distribution says.
    func number(at place: Double) -> Double {
        let place = place.isNaN ? 0.5 : max(0, min(1, place))
        let (low, high) = bounds
        return nearest(low + place * (high - low))
    }

    /// The value nearest to a place between the bounds.
    func nearest(_ place: Double) -> Double {
        switch self {
        case .int(let low, let high, let step, let isLogarithmic):
            let value = isLogarithmic ? exp(place) : place
            let steps = ((value - Double(low)) / Double(step)).rounded()
            return max(Double(low), min(Double(high), Double(low) + steps * Double(step)))
        case .float(let low, let high, let step, let isLogarithmic):
            if isLogarithmic { return max(low, min(high, exp(place))) }
            guard let step else { return max(low, min(high, place)) }
            return max(low, min(high, low + ((place - low) / step).rounded() * step))
        case .choice(let values): return max(0, min(Double(values.count - 1), place.rounded(.down)))
        }
    }

    /// A number's place from 0 to 1 between the bounds; of a choice the middle of its part.
    func place(of number: Double) -> Double {
        let (low, high) = bounds
        guard high > low else { return 0.5 }
        let value = isChoice ? number + 0.5 : isLogarithmic ? log(number) : number
        return max(0, min(1, (value - low) / (high - low)))
    }
}

// MARK: - Files

extension Distribution {
    /// As Optuna writes it: a JSON document, as text.
    package var text: String {
        let (name, attributes): (String, JSONObject) =
            switch self {
            case .int(let low, let high, let step, let isLogarithmic):
                (
                    "IntDistribution",
                    ["log": .bool(isLogarithmic), "step": .int(step), "low": .int(low), "high": .int(high)]
                )
            case .float(let low, let high, let step, let isLogarithmic):
                (
                    "FloatDistribution",
                    [
                        "step": step.map { .double($0) } ?? .null, "low": .double(low), "high": .double(high),
                        "log": .bool(isLogarithmic),
                    ]
                )
            case .choice(let values): ("CategoricalDistribution", ["choices": .array(values)])
            }
        var json: JSONObject = ["name": .string(name)]
        json["attributes"] = .object(attributes)
        return JSONValue.object(json).serialized()
    }

    /// Reads what Optuna writes, and what it wrote before version 3.
    package init(text: String) throws {
        let json = try JSONValue(parsing: text)
        let name = try json.string("name")
        let attributes = JSONValue.object(try json.object("attributes"))
        func int(_ key: JSONKey, or standard: Int? = nil) throws -> Int {
            if let standard, attributes[key] ?? .null == .null { return standard }
            let value = try attributes.double(key)
            guard let whole = Int(exactly: value) else { throw MartletError("Expected a whole number. Received: \(value).") }
            return whole
        }
        func flag(_ key: JSONKey) throws -> Bool { try attributes.valueIfPresent(at: [key]) ?? false }
        let read: Distribution =
            switch name {
            case "IntDistribution", "IntUniformDistribution", "IntLogUniformDistribution":
                try .int(
                    low: int("low"), high: int("high"), step: int("step", or: 1),
                    isLogarithmic: flag("log") || name == "IntLogUniformDistribution")
            case "FloatDistribution", "UniformDistribution", "LogUniformDistribution", "DiscreteUniformDistribution":
                try .float(
                    low: attributes.double("low"), high: attributes.double("high"),
                    step: attributes.valueIfPresent(at: [name == "DiscreteUniformDistribution" ? "q" : "step"]),
                    isLogarithmic: flag("log") || name == "LogUniformDistribution")
            case "CategoricalDistribution": try .choice(attributes.array("choices"))
            default: throw MartletError("Expected a distribution of Optuna's. Received: \"\(name)\".")
            }
        self = try read.checked(name)
    }
}
