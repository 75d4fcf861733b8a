import Foundation

extension Tensor: CustomStringConvertible {
    /// The elements as NumPy prints an array: aligned columns, eight digits, scientific where sizes differ widely, and
    /// only the first and last three slices along each axis when there are more than 1000 elements.
    public var description: String {
        if elementCount == 0 { return "[]" }
        if dtype == .string { return stringDescription }
        let isSummary = elementCount > ArrayText.threshold
        let shown = shape.dimensions.map { size -> [Int] in
            let edge = ArrayText.edge
            return isSummary && size > 2 * edge ? Array(0..<edge) + Array((size - edge)..<size) : Array(0..<size)
        }
        var places = [0]
        for (indices, stride) in zip(shown, shape.strides) {
            places = places.flatMap { place in indices.map { place + $0 * stride } }
        }
        return ArrayText(shape: shape, shown: shown.map(\.count), words: words(at: places)).text
    }

    /// The strings in quotes, of many the first and the last.
    private var stringDescription: String {
        let (all, edge) = (strings(), ArrayText.edge)
        let isSummary = all.count > ArrayText.threshold
        let shown = stringShape.dimensions.map { size -> [Int] in
            isSummary && size > 2 * edge ? Array(0..<edge) + Array((size - edge)..<size) : Array(0..<size)
        }
        var places = [0]
        for (indices, stride) in zip(shown, stringShape.strides) {
            places = places.flatMap { place in indices.map { place + $0 * stride } }
        }
        let words = places.map { all[$0].debugDescription }
        return ArrayText(shape: stringShape, shown: shown.map(\.count), words: words).text
    }

    /// The elements at `places`, all of one width.
    private func words(at places: [Int]) -> [String] {
        switch dtype {
        case .bool:
            let values: [Bool] = scalars()
            return places.map { values[$0] ? (rank == 0 ? "True" : " True") : "False" }
        case .int32, .int64, .uint8:
            let values: [Int] = scalars()
            let words = places.map { String(values[$0]) }
            let width = words.map(\.count).max() ?? 0
            return words.map { $0.padded(toWidth: width) }
        case .string: return []
        case .float64:
            let values: [Double] = scalars()
            return NumberText.words(places.map { NumberText(values[$0]) }) { large, small in
                large >= 1e8 || small < 0.0001 || large / small > 1000
            }
        case .float32:
            let values: [Float] = scalars()
            return NumberText.words(places.map { NumberText(values[$0]) }) { large, small in
                large >= 1e6 || Float(small) < 0.0001 || Float(large) / Float(small) > 1000
            }
        case .float16, .bfloat16:
            let values: [Float] = scalars()
            let (digits, least) = dtype == .float16 ? (11, -14) : (8, -126)
            let texts = places.map { NumberText(values[$0], significandBits: digits, leastExponent: least) }
            return NumberText.words(texts) { large, small in
                // NumPy divides in float16, where 1000.25 is rounded to 1000.
                large >= 1e3 || small < 0.0001 || large / small > 1000.25
            }
        }
    }
}

/// Lays words out in nested brackets, 75 columns wide.
private struct ArrayText {
    static let threshold = 1000
    static let edge = 3
    static let lineWidth = 75

    let shape: Shape
    /// How many slices are shown along each axis.
    let shown: [Int]
    let words: [String]

    var text: String {
        var next = 0
        return text(axis: 0, indent: " ", width: ArrayText.lineWidth, next: &next)
    }

    private func text(axis: Int, indent: String, width: Int, next: inout Int) -> String {
        if axis == shape.rank {
            next += 1
            return words[next - 1]
        }
        let isLast = axis == shape.rank - 1
        var items: [String] = []
        for index in 0..<shown[axis] {
            if index == ArrayText.edge && shown[axis] < shape[axis] { items.append("...") }
            items.append(text(axis: axis + 1, indent: indent + " ", width: width - 1, next: &next))
        }
        guard isLast else {
            // One more empty line for each further axis inside.
            let separator = String(repeating: "\n", count: shape.rank - axis - 1) + indent
            return "[" + items.joined(separator: separator) + "]"
        }
        var (lines, line) = ([String](), indent)
        for (index, item) in items.enumerated() {
            // A column is kept for the closing bracket.
            if index > 0 && line.count + 1 + item.count > width - 1 {
                lines.append(String(line.trimmingSuffix(" ")))
                line = indent + item
            } else {
                line += (index == 0 ? "" : " ") + item
            }
        }
        lines.append(line)
        return "[" + lines.joined(separator: "\n").dropFirst(indent.count) + "]"
    }
}

/// A floating-point number as the fewest digits that tell it from its neighbours.
private struct NumberText {
    static let precision = 8

    /// The number itself, exactly.
    let value: Double
    /// Its shortest digits, the first one before the point, and the power of ten.
    private let digits: String
    private let exponent: Int

    init(_ value: Double) { self.init(value, shortest: value.isFinite ? "\(value.magnitude)" : "0") }

    init(_ value: Float) { self.init(Double(value), shortest: value.isFinite ? "\(value.magnitude)" : "0") }

    /// A 16-bit float: the fewest digits whose number is nearer to it than to any other 16-bit float.
    init(_ value: Float, significandBits: Int, leastExponent: Int) {
        let exact = Double(value.magnitude)
        guard exact.isFinite, exact > 0 else {
            self.init(value)
            return
        }
        let gap = Double(
            sign: .plus, exponent: max(exact.exponent, leastExponent) - significandBits + 1, significand: 1)
        let isPowerOfTwo = exact.significand == 1 && exact.exponent > leastExponent
        for count in 0..<significandBits {
            let text = String(format: "%.\(count)e", exact)
            let difference = Double(text)! - exact
            if abs(difference) < (isPowerOfTwo && difference < 0 ? gap / 4 : gap / 2) {
                self.init(Double(value), shortest: text)
                return
            }
        }
        self.init(value)
    }

    private init(_ value: Double, shortest: String) {
        self.value = value
        let parts = shortest.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let written = mantissa.joined()
        let significant = written.drop { $0 == "0" }
        let power = mantissa[0].count - 1 - (written.count - significant.count) + (parts.count > 1 ? Int(parts[1])! : 0)
        let trimmed = String(significant.trimmingSuffix("0"))
        digits = trimmed.isEmpty ? "0" : trimmed
        exponent = trimmed.isEmpty ? 0 : power
    }

    private var sign: String { value.sign == .minus ? "-" : "" }

    /// Sign and whole part, and the digits behind the point, at most eight.
    private var positional: (whole: String, fraction: String) {
        if digits.count - 1 - exponent > NumberText.precision {
            let parts = String(format: "%.\(NumberText.precision)f", value.magnitude).split(separator: ".")
            return (sign + parts[0], String(parts[1].trimmingSuffix("0")))
        }
        if exponent < 0 { return (sign + "0", String(repeating: "0", count: -exponent - 1) + digits) }
        let padded = digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        return (sign + padded.prefix(exponent + 1), String(padded.dropFirst(exponent + 1)))
    }

    /// Sign and leading digit, the digits behind the point, at most eight, and the power of ten.
    private var scientific: (whole: String, fraction: String, exponent: Int) {
        if digits.count - 1 > NumberText.precision {
            let (whole, fraction, exponent) = scientific(fractionDigits: NumberText.precision)
            return (whole, String(fraction.trimmingSuffix("0")), exponent)
        }
        return (sign + digits.prefix(1), String(digits.dropFirst()), exponent)
    }

    /// The same with a given number of digits: those beyond the shortest are the number's own, not zeros.
    private func scientific(fractionDigits count: Int) -> (whole: String, fraction: String, exponent: Int) {
        if digits.count - 1 == count || !value.isFinite {
            return (sign + digits.prefix(1), String(digits.dropFirst()), exponent)
        }
        let parts = String(format: "%.\(count)e", value.magnitude).split(separator: "e")
        return (sign + parts[0].prefix(1), String(parts[0].dropFirst(2)), Int(parts[1])!)
    }

    /// The texts of numbers in one column width. `isWide` decides from the largest and the smallest magnitude (but 0)
    /// whether they are written with powers of ten.
    static func words(_ numbers: [NumberText], isWide: (Double, Double) -> Bool) -> [String] {
        let finite = numbers.filter(\.value.isFinite)
        let magnitudes = finite.map(\.value.magnitude).filter { $0 > 0 }
        let hasPowers = magnitudes.max().map { isWide($0, magnitudes.min()!) } ?? false

        let texts: [(whole: String, fraction: String, power: String)]
        if hasPowers {
            let columns = finite.map(\.scientific.fraction.count).max() ?? 0
            let parts = numbers.map { $0.scientific(fractionDigits: columns) }
            let size =
                zip(numbers, parts).map { $0.value.isFinite ? String($1.exponent.magnitude).count : 2 }.max() ?? 2
            texts = parts.map { part in
                let digits = String(part.exponent.magnitude)
                let zeros = String(repeating: "0", count: max(2, size) - digits.count)
                return (part.whole, part.fraction, "e" + (part.exponent < 0 ? "-" : "+") + zeros + digits)
            }
        } else {
            texts = numbers.map(\.positional).map { ($0.whole, $0.fraction, "") }
        }

        let shown = zip(numbers, texts).filter { $0.0.value.isFinite }.map(\.1)
        let fraction = shown.map(\.fraction.count).max() ?? 0
        let tail = fraction + (shown.first?.power.count ?? 0)
        var whole = shown.map(\.whole.count).max() ?? 0
        for number in numbers where !number.value.isFinite { whole = max(whole, number.special.count - tail - 1) }
        return zip(numbers, texts).map { number, text in
            guard number.value.isFinite else { return number.special.padded(toWidth: whole + 1 + tail) }
            let fill = String(repeating: " ", count: fraction - text.fraction.count)
            return text.whole.padded(toWidth: whole) + "." + text.fraction + fill + text.power
        }
    }

    private var special: String { value.isNaN ? "nan" : sign + "inf" }
}

extension String {
    /// The text at the right of `width` characters.
    package func padded(toWidth width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(_ character: Character) -> SubSequence {
        var end = endIndex
        while end > startIndex, self[index(before: end)] == character { end = index(before: end) }
        return self[..<end]
    }
}
