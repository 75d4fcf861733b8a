/// What an argument must fulfil by itself.
package struct Requirement<Value>: Sendable {
    /// What was expected, and received, of a value that does not fulfil it; nil of one that does.
    let problem: @Sendable (Value) -> String?

    /// Makes a requirement.
    /// - Parameters:
    ///   - expected: what the value should be: `a positive integer`.
    ///   - received: what errors give for the value; nil is the value itself.
    package init(
        _ expected: String, received: (@Sendable (Value) -> Any)? = nil, _ holds: @escaping @Sendable (Value) -> Bool
    ) {
        problem = { value in
            holds(value) ? nil : "Expected \(expected). Received: \(received?(value) ?? value)."
        }
    }

    private init(problem: @escaping @Sendable (Value) -> String?) { self.problem = problem }

    /// The same for a value that may be nil, which is good.
    var whereGiven: Requirement<Value?> { Requirement<Value?>(problem: { $0.flatMap(problem) }) }
}

extension Requirement<Int> {
    /// The largest size: products of two do not overflow.
    fileprivate static let largest = 1 << 31

    /// A number of repetitions, whose time must stay bounded.
    package static let repetitions = Requirement("an integer in 0...1000") { (0...1000).contains($0) }

    /// A size or a number of things.
    package static func atLeast(_ least: Int) -> Requirement {
        let expected = least == 1 ? "a positive integer" : "an integer of at least \(least)"
        return Requirement(problem: { value in
            guard value < least || value > largest else { return nil }
            return "Expected \(expected)\(value > largest ? ", at most \(largest)" : ""). Received: \(value)."
        })
    }
}

extension Requirement<Double> {
    package static let positive = Requirement("a positive number") { $0 > 0 }

    package static func atLeast(_ least: Int) -> Requirement {
        Requirement("a number of at least \(least)") { $0 >= Double(least) }
    }

    package static func `in`(_ range: ClosedRange<Int>) -> Requirement {
        Requirement("a number in \(range)") { $0 >= Double(range.lowerBound) && $0 <= Double(range.upperBound) }
    }

    package static func above(_ low: Int, upTo high: Int) -> Requirement {
        Requirement("a number above \(low) and at most \(high)") { $0 > Double(low) && $0 <= Double(high) }
    }

    package static func from(_ low: Int, below high: Int) -> Requirement {
        Requirement("a number from \(low) to below \(high)") { $0 >= Double(low) && $0 < Double(high) }
    }

    /// Numbers between two, of which neither is good.
    package static func between(_ low: Int, _ high: Int) -> Requirement {
        Requirement("a number above \(low) and below \(high)") { $0 > Double(low) && $0 < Double(high) }
    }
}

extension Requirement<[Int]> {
    /// A positive integer for each of `count` axes.
    package static func positive(axes count: Int) -> Requirement { sizes("a positive integer", 1, axes: count) }

    /// An integer from 0 on for each of `count` axes.
    package static func notNegative(axes count: Int) -> Requirement { sizes("an integer of at least 0", 0, axes: count) }

    private static func sizes(_ expected: String, _ least: Int, axes count: Int) -> Requirement {
        let largest = Requirement<Int>.largest
        return Requirement(problem: { numbers in
            guard numbers.count != count || !numbers.allSatisfy({ (least...largest).contains($0) }) else { return nil }
            // As it was given, most likely.
            let received = numbers.count == count && Set(numbers).count == 1 ? "\(numbers[0])" : "\(numbers)"
            let bound = numbers.contains { $0 > largest } ? ", at most \(largest)" : ""
            return "Expected \(expected), or \(count) of them\(bound). Received: \(received)."
        })
    }
}

extension Requirement where Value: Equatable {
    /// One of some values.
    package static func oneOf(_ values: [Value]) -> Requirement where Value: Sendable {
        let names = values.map { "\($0)" }
        let expected = names.dropLast().joined(separator: ", ") + " or " + names.last!
        return Requirement(expected) { values.contains($0) }
    }
}
