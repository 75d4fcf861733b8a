import MartletCore
import MartletFormats

/// A term of a vocabulary. Texts are equal when their UTF-8 bytes are.
enum LookupToken: Hashable, Sendable {
    case integer(Int)
    case text([UInt8])

    init(_ text: String) { self = .text(Array(text.utf8)) }

    var text: String {
        switch self {
        case .integer(let number): String(number)
        case .text(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    var integer: Int? { if case .integer(let number) = self { number } else { nil } }

    /// In NumPy's order: integers by size, texts by their bytes.
    static func precedes(_ a: LookupToken, _ b: LookupToken) -> Bool {
        switch (a, b) {
        case (.integer(let x), .integer(let y)): x < y
        case (.text(let x), .text(let y)): x.lexicographicallyPrecedes(y)
        case (.integer, .text): true
        case (.text, .integer): false
        }
    }

    var json: JSONValue {
        switch self {
        case .integer(let number): .int(number)
        case .text: .string(text)
        }
    }

    init?(_ json: JSONValue) {
        switch json {
        case .int(let number): self = .integer(number)
        case .double(let number) where number == number.rounded() && number.magnitude < 1e15: self = .integer(Int(number))
        case .string(let text): self.init(text)
        default: return nil
        }
    }
}

extension ArgumentForm<LookupToken> {
    /// A number or a text.
    static let token = ArgumentForm(
        read: { config, key in
            guard let token = LookupToken(try config.required(key, as: JSONValue.self)) else {
                throw MartletError("Expected an integer or a string.", at: "\(config.className).\(key)")
            }
            return token
        }, write: \.json)
}

extension ArgumentForm<[LookupToken]> {
    /// A list of terms. Keras wraps arrays; a file's name is refused, as in Keras.
    static let tokens = ArgumentForm(
        read: { config, key in
            try config.located(key) {
                let json = config.arguments[.key(key)] ?? .null
                if case .string(let path) = json {
                    throw MartletError(
                        "Expected the terms themselves. Received: the name of a file, \"\(path)\", which a model's file may not "
                            + "ask for. Call setVocabulary(contentsOf:) on the layer.")
                }
                guard case .array(let list) = json["config"]?["value"] ?? json else {
                    throw MartletError("Expected a list of terms.")
                }
                return try list.map { item in
                    guard let token = LookupToken(item) else {
                        throw MartletError("Expected integers or strings. Received: \(item.serialized()).")
                    }
                    return token
                }
            }
        }, write: { .array($0.map(\.json)) })
}

/// A hash table from terms to their places in a list.
final class TokenTable: Sendable {
    let tokens: [LookupToken]
    /// For each bucket the place of a token, -1 for none. Their number is a power of two, at least twice that of the tokens.
    private let buckets: [Int32]
    private let integers: [Int: Int]

    init(_ tokens: [LookupToken]) {
        self.tokens = tokens
        var size = 4
        while size < 2 * tokens.count { size *= 2 }
        var buckets = [Int32](repeating: -1, count: size)
        var integers: [Int: Int] = [:]
        for (place, token) in tokens.enumerated() {
            switch token {
            case .integer(let number): integers[number] = place
            case .text(let bytes):
                var bucket = bytes.withUnsafeBytes { Int(truncatingIfNeeded: Fingerprint64.hash($0)) & (size - 1) }
                while buckets[bucket] >= 0 { bucket = (bucket + 1) & (size - 1) }
                buckets[bucket] = Int32(place)
            }
        }
        self.buckets = buckets
        self.integers = integers
    }

    func place(of number: Int) -> Int? { integers[number] }

    func place(of bytes: UnsafeRawBufferPointer) -> Int? {
        var bucket = Int(truncatingIfNeeded: Fingerprint64.hash(bytes)) & (buckets.count - 1)
        while buckets[bucket] >= 0 {
            let place = Int(buckets[bucket])
            if case .text(let token) = tokens[place], token.count == bytes.count, token.elementsEqual(bytes) { return place }
            bucket = (bucket + 1) & (buckets.count - 1)
        }
        return nil
    }
}
