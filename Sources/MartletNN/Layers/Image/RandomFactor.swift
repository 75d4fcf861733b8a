import MartletCore
import MartletFormats

/// How much a random layer changes its input: a number or the ends of a range, as Keras's `factor`. What a single number
/// means, from 0 or from its negative up to it, the layer says.
///
/// ```swift
/// let layer = RandomRotation(0.1)         // by up to a tenth of a turn, either way
/// let other = RandomRotation([0, 0.25])   // by up to a quarter, one way
/// ```
public struct RandomFactor: Sendable, Hashable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral
{
    /// One number, or the two ends.
    let numbers: [Double]

    /// One number.
    public init(_ number: Double) { numbers = [number] }
    /// The numbers of a range.
    public init(_ range: ClosedRange<Double>) { numbers = [range.lowerBound, range.upperBound] }
    public init(floatLiteral number: Double) { numbers = [number] }
    public init(integerLiteral number: Int) { numbers = [Double(number)] }
    /// The two ends of a range.
    public init(arrayLiteral ends: Double...) { numbers = ends }

    /// The range from which numbers are drawn.
    /// - Parameter least: where the range of a single number begins, unless its negative is greater.
    func range(from least: Double = -1) -> Range<Double> {
        let ends = numbers.count == 1 ? [max(-abs(numbers[0]), least), abs(numbers[0])] : numbers.sorted()
        return ends[0]..<max(ends[0], ends.last!)
    }

    /// A number, or a pair of which the first is at most `high` and the second at least `low`: what Keras takes.
    static func requirement(_ low: Double, _ high: Double) -> Requirement<RandomFactor> {
        Requirement("a number in \(low)...\(high), or two of them", received: \.numbers) { factor in
            let numbers = factor.numbers
            guard (1...2).contains(numbers.count), numbers.allSatisfy(\.isFinite) else { return false }
            return numbers.count == 1 ? (low...high).contains(numbers[0]) : numbers[0] <= high && numbers[1] >= low
        }
    }

    /// The same, where each number of a pair must be between the two.
    static func strictRequirement(_ low: Double, _ high: Double) -> Requirement<RandomFactor> {
        Requirement("a number in \(low)...\(high), or two of them", received: \.numbers) { factor in
            (1...2).contains(factor.numbers.count) && factor.numbers.allSatisfy { (low...high).contains($0) }
        }
    }
}

extension RandomFactor: ArgumentValue {
    package static var argumentForm: ArgumentForm<RandomFactor> {
        ArgumentForm(
            read: { config, key in
                let json = config.arguments[.key(key)] ?? .null
                return try config.located(key) {
                    if let number = Double(json: json) { return RandomFactor(number) }
                    return RandomFactor(numbers: try json.value(at: []))
                }
            },
            write: { factor in
                factor.numbers.count == 1 ? .double(factor.numbers[0]) : .numbers(factor.numbers)
            })
    }

    private init(numbers: [Double]) { self.numbers = numbers }
}

extension ArgumentForm<ClosedRange<Double>> {
    /// The least and the greatest value of a pixel, in any order.
    static let valueRange = ArgumentForm(
        read: { config, key in
            let ends: [Double] = try config.required(key)
            guard ends.count == 2, ends[0] != ends[1], ends.allSatisfy(\.isFinite) else {
                throw MartletError("Expected two different numbers. Received: \(ends).", at: "\(config.className).\(key)")
            }
            return ends.min()!...ends.max()!
        }, write: { .numbers([$0.lowerBound, $0.upperBound]) })
}

extension FillMode: ArgumentValue {}
