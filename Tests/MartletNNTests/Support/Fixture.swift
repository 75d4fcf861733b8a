import Foundation
import Martlet
import MartletCore
import MartletFormats
import Testing

/// A file of `Fixtures/`, as `scripts/fixtures.py` writes them: what Keras computes.
struct Fixture {
    let content: JSONValue
    let cases: [JSONValue]

    init(_ name: String) throws {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"), "no fixture \(name)")
        content = try JSONValue(parsing: String(contentsOf: url, encoding: .utf8))
        cases = try content.array("cases")
    }
}

extension JSONValue {
    /// The tensor that this value describes.
    func tensor() throws -> Tensor {
        if try string("dtype") == "string" {
            return try Tensor(strings: value(at: ["values"]), shape: Shape(value(at: ["shape"], as: [Int].self)))
        }
        let values = try array("values").map { value in
            switch value {
            case .string("nan"): Double.nan
            case .string("inf"): Double.infinity
            case .string("-inf"): -Double.infinity
            default: try value.double()
            }
        }
        let shape: [Int] = try value(at: ["shape"])
        return try Tensor(values, shape: Shape(shape)).cast(to: DType(name: string("dtype")))
    }

    /// The member `key` as a tensor, nil when it is missing or null.
    func tensorIfPresent(_ key: String) throws -> Tensor? {
        guard let value = self[.key(key)], value != .null else { return nil }
        return try value.tensor()
    }

    func double(_ key: String, or value: Double) throws -> Double { try valueIfPresent(at: [.key(key)]) ?? value }
    func bool(_ key: String) throws -> Bool {
        // Python's numbers are written as 0 and 1 where they stand for truth values.
        switch self[.key(key)] {
        case .bool(let value): value
        case .int(let value): value != 0
        default: false
        }
    }
    func string(_ key: String, or value: String) throws -> String { try valueIfPresent(at: [.key(key)]) ?? value }
}

/// The largest difference, divided by the larger of 1 and the expected value's size; infinite when shapes differ or
/// only one of two values is NaN. Equal infinities do not differ.
func relativeError(_ found: Tensor, _ expected: Tensor) -> Double {
    guard found.shape == expected.shape else { return .infinity }
    return zip(found.scalars(as: Double.self), expected.scalars(as: Double.self)).reduce(0) { worst, pair in
        let (a, b) = pair
        if a == b || a.isNaN && b.isNaN { return worst }
        let error = Swift.abs(a - b) / Swift.max(1, Swift.abs(b))
        return Swift.max(worst, error.isNaN ? .infinity : error)
    }
}
