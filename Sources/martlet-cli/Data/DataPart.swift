import Foundation
import Martlet
import MartletCore
import MartletImages

/// The range of numbers, without those that are missing.
struct NumberRange {
    private(set) var least = Double.infinity, most = -Double.infinity, sum = 0.0
    private(set) var count = 0, missing = 0, infinite = 0

    mutating func add(_ value: Double) {
        guard value.isFinite else {
            if value.isNaN { missing += 1 } else { infinite += 1 }
            return
        }
        (least, most, sum, count) = (min(least, value), max(most, value), sum + value, count + 1)
    }

    /// Adds all numbers of a tensor.
    mutating func add(_ values: Tensor) {
        switch values.dtype {
        case .float32: addAll(values) { (value: Float) in Double(value) }
        case .float64: addAll(values) { (value: Double) in value }
        case .float16, .bfloat16: add(values.cast(to: .float32))
        case .uint8, .bool: addAll(values) { (value: UInt8) in Double(value) }
        case .int32: addAll(values) { (value: Int32) in Double(value) }
        case .int64: addAll(values) { (value: Int64) in Double(value) }
        case .string: break
        }
    }

    @inline(__always)
    private mutating func addAll<Number>(_ values: Tensor, _ double: (Number) -> Double) {
        values.withUnsafeBytes { bytes in
            for number in bytes.bindMemory(to: Number.self) { add(double(number)) }
        }
    }

    var json: [(String, JSONValue)] {
        let numbers: [(String, JSONValue)] = count == 0
            ? [] : [("min", .double(least)), ("max", .double(most)), ("mean", .double(sum / Double(count)))]
        return numbers + (missing == 0 ? [] : [("missing", .int(missing))])
            + (infinite == 0 ? [] : [("infinite", .int(infinite))])
    }
}

/// What is in a column, a feature, an array, or the images.
struct DataPart {
    var name: String
    var type: String
    /// The shape of an element, as text; sizes that differ as ranges.
    var shape = ""
    /// The number of axes of an array.
    var rank = 0
    var range = NumberRange()
    var missing = 0
    /// How often texts occur; of no more than 1000 texts.
    var texts: [String: Int] = [:]
    var hasMoreTexts = false

    init(_ name: String, _ type: String, missing: Int = 0) { (self.name, self.type, self.missing) = (name, type, missing) }

    mutating func add(text: String) {
        if texts.count < 1000 || texts[text] != nil { texts[text, default: 0] += 1 } else { hasMoreTexts = true }
    }

    private var commonTexts: [(String, Int)] {
        texts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10).map { ($0.key, $0.value) }
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "type": .string(type)]
        if !shape.isEmpty { object["shape"] = .string(shape) }
        for (key, value) in range.json { object[key] = value }
        if missing > 0 { object["missing"] = .int(missing + range.missing) }
        if !texts.isEmpty {
            object["different"] = .string(hasMoreTexts ? "more than 1000" : "\(texts.count)")
            object["common"] = .object(commonTexts.reduce(into: JSONObject()) { $0[$1.0] = .int($1.1) })
        }
        return .object(object)
    }

    var cells: [String] {
        func text(_ value: Double) -> String { value.text("%.6g") }
        var notes: [String] = []
        if range.count > 0 {
            notes.append("\(text(range.least)) ... \(text(range.most)), mean \(text(range.sum / Double(range.count)))")
        }
        if !texts.isEmpty {
            let common = commonTexts.prefix(5).map { "\($0.0.prefix(20)) (\($0.1))" }.joined(separator: ", ")
            notes.append("\(hasMoreTexts ? "more than 1000" : "\(texts.count)") different: \(common)")
        }
        if missing + range.missing > 0 { notes.append("\(missing + range.missing) missing") }
        if range.infinite > 0 { notes.append("\(range.infinite) infinite") }
        return [name, type, shape, notes.joined(separator: "; ")]
    }
}

/// `3 ... 7`, or one number.
struct SizeRange {
    private var range: ClosedRange<Int>?
    mutating func add(_ size: Int) { range = range.map { min($0.lowerBound, size)...max($0.upperBound, size) } ?? size...size }
    var text: String { range.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)...\($0.upperBound)" } ?? "0" }
}

extension Example.Feature {
    var count: Int {
        switch self {
        case .floats(let values): values.count
        case .integers(let values): values.count
        case .bytes(let values): values.count
        }
    }
}

extension DataPart {
    /// Short text, or what kind of image it is; nil for other bytes.
    static func text(of data: Data) -> String? {
        if let header = try? ImageHeader(Array(data)) {
            return "\(header.format.rawValue) image, \(header.height) x \(header.width)"
        }
        guard data.count <= 10_000, let text = String(validating: data, as: UTF8.self) else { return nil }
        return text
    }

    mutating func add(_ feature: Example.Feature) {
        func note(_ kind: String) { type = type.isEmpty ? kind : type.contains(kind) ? type : "\(type), \(kind)" }
        switch feature {
        case .floats(let values):
            note("float32")
            for value in values { range.add(Double(value)) }
        case .integers(let values):
            note("int64")
            for value in values { range.add(Double(value)) }
        case .bytes(let values):
            note("bytes")
            for value in values { add(text: DataPart.text(of: value).map { String($0.prefix(60)) } ?? "other bytes") }
        }
    }
}
