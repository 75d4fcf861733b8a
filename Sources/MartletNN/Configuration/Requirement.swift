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
    package static func atLeast(_ least: Int) -> Requirement {
        Requirement(least == 1 ? "a positive integer" : "an integer of at least \(least)") { $0 >= least }
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
    package static func positive(axes count: Int) -> Requirement {
        Requirement("a positive integer, or \(count) of them", received: { numbers in
            // As it was given, most likely.
            numbers.count == count && Set(numbers).count == 1 ? numbers[0] as Any : numbers
        }) { $0.count == count && $0.allSatisfy { $0 >= 1 } }
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
