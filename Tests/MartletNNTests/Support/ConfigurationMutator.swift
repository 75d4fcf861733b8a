import MartletFormats
import TestSupport

/// Changes JSON at random places: members that are missing or doubled, extreme numbers, other types, and values that other
/// configurations have under the same name.
struct ConfigurationMutator {
    private typealias Path = [JSONKey]
    private let pool: [String: [JSONValue]]
    private var random: Xorshift

    private enum JSONKey {
        case member(String)
        case index(Int)
    }

    init(others: [JSONValue], seed: UInt64) {
        var pool: [String: [JSONValue]] = [:]
        for other in others {
            for path in Self.places(other) {
                if case .member(let name)? = path.last { pool[name, default: []].append(Self.value(other, path[...])) }
            }
        }
        self.pool = pool
        random = Xorshift(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
    }

    /// A copy of a configuration with one to four changes.
    mutating func mutant(of config: JSONValue) -> JSONValue {
        var mutant = config
        for _ in 0..<[1, 1, 1, 2, 4].randomElement(using: &random)! {
            guard let path = Self.places(mutant).randomElement(using: &random) else { continue }
            mutant = Self.replacing(mutant, path[...], by: changed(Self.value(mutant, path[...]), path.last!))
        }
        return mutant
    }

    /// What stands in place of a value; nil when it goes.
    private mutating func changed(_ value: JSONValue, _ key: JSONKey) -> JSONValue? {
        let action = Int.random(in: 0..<10, using: &random)
        if action == 0 { return nil }
        if action <= 4, let number = Double(json: value) {
            let near: [JSONValue] = [
                .double(-number), .double(number + 1), .double(number * 100), .string("\(number)"), .array([value, value]),
            ]
            return (Self.extremes + near).randomElement(using: &random)!
        }
        if action <= 7, case .member(let name) = key, let other = pool[name]?.randomElement(using: &random) { return other }
        let shapes: [JSONValue] = [
            .null, true, false, [], [:], [.null], [value], ["class_name": value], ["class_name": "Dense", "config": [:]],
        ]
        let words: [JSONValue] = ["", "x", "mse", "Dense", "float16", "none", "same", .string(String(repeating: "é", count: 3000))]
        return (Self.extremes + shapes + words).randomElement(using: &random)!
    }

    private static let extremes: [JSONValue] = [
        -1, 0, 1, 2, 7, .int(1 << 31), .int(1 << 53), .int(.max), .int(.min), 1e-300, 1e308, 0.5, -0.5, .double(.nan),
        .double(.infinity), .double(-.infinity),
    ]

    /// All places below the top.
    private static func places(_ value: JSONValue) -> [Path] {
        children(value).flatMap { key, child in [[key]] + places(child).map { [key] + $0 } }
    }

    private static func children(_ value: JSONValue) -> [(JSONKey, JSONValue)] {
        switch value {
        case .object(let object): object.map { (.member($0.key), $0.value) }
        case .array(let values): values.enumerated().map { (.index($0), $1) }
        default: []
        }
    }

    private static func value(_ root: JSONValue, _ path: ArraySlice<JSONKey>) -> JSONValue {
        switch (root, path.first) {
        case (.object(let object), .member(let name)?): value(object[name]!, path.dropFirst())
        case (.array(let values), .index(let index)?): value(values[index], path.dropFirst())
        default: root
        }
    }

    private static func replacing(_ root: JSONValue, _ path: ArraySlice<JSONKey>, by new: JSONValue?) -> JSONValue {
        switch (root, path.first) {
        case (.object(var object), .member(let name)?):
            object[name] = path.count == 1 ? new : replacing(object[name]!, path.dropFirst(), by: new)
            return .object(object)
        case (.array(var values), .index(let index)?):
            let changed = path.count == 1 ? new : replacing(values[index], path.dropFirst(), by: new)
            values.replaceSubrange(index...index, with: changed.map { [$0] } ?? [])
            return .array(values)
        default: return new ?? .null
        }
    }
}
