import MartletCore

extension JSONValue {
    /// The deepest nesting of arrays and objects: far beyond any model, and safe for the stack.
    public static let maximumDepth = 256

    /// Reads a JSON document (RFC 8259), and `NaN`, `Infinity` and `-Infinity` where a number may stand, as Python
    /// does.
    ///
    /// A number without fraction and exponent becomes `int` if it fits, every other number `double`.
    /// - Throws: `MartletError` with line and column when the text is not JSON, repeats a key, or nests too deeply.
    public init(parsing text: String) throws(MartletError) { try self.init(parsing: Array(text.utf8)) }

    /// Reads a JSON document in UTF-8, as `init(parsing:)` from a string.
    public init(parsing utf8: [UInt8]) throws(MartletError) {
        var parser = JSONParser(bytes: utf8)
        self = try parser.document()
    }
}

/// Recursive descent over UTF-8.
private struct JSONParser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(MartletError) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        if position < bytes.count { throw error("the end") }
        return result
    }

    private mutating func value(depth: Int) throws(MartletError) -> JSONValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        case UInt8(ascii: "N") where take("NaN"): return .double(.nan)
        case UInt8(ascii: "I") where take("Infinity"): return .double(.infinity)
        case UInt8(ascii: "-") where take("-Infinity"): return .double(-.infinity)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(MartletError) -> JSONObject {
        try enter(depth)
        var result = JSONObject()
        if takeToken("}") { return result }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("a key in quotation marks") }
            let start = position
            let key = try string()
            guard takeToken(":") else { throw error("\":\"") }
            guard result[key] == nil else {
                position = start
                throw error("every key once")
            }
            result[key] = try value(depth: depth)
        } while takeToken(",")
        guard takeToken("}") else { throw error("\",\" or \"}\"") }
        return result
    }

    private mutating func array(depth: Int) throws(MartletError) -> [JSONValue] {
        try enter(depth)
        var result: [JSONValue] = []
        if takeToken("]") { return result }
        repeat { result.append(try value(depth: depth)) } while takeToken(",")
        guard takeToken("]") else { throw error("\",\" or \"]\"") }
        return result
    }

    private mutating func enter(_ depth: Int) throws(MartletError) {
        guard depth <= JSONValue.maximumDepth else {
            throw error("at most \(JSONValue.maximumDepth) levels of nesting")
        }
        position += 1
    }

    private mutating func number() throws(MartletError) -> JSONValue {
        let start = position
        _ = take("-")
        let whole = digits()
        let leadsWithZero = whole > 1 && bytes[position - whole] == UInt8(ascii: "0")
        var isValid = whole > 0 && !leadsWithZero
        var isWhole = true
        if take(".") {
            isWhole = false
            isValid = digits() > 0 && isValid
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            isValid = digits() > 0 && isValid
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isValid {
            if isWhole, let value = Int(text) { return .int(value) }
            if let value = Double(text) { return .double(value) }
        }
        position = start
        throw error("a value")
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws(MartletError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                guard let result = String(validating: text, as: UTF8.self) else { throw error("text in UTF-8") }
                position += 1
                return result
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            case 0..<0x20:
                throw error("no control character in a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw error("the end of the string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(MartletError) {
        let plain: [UInt8: UInt8] = [
            UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
            UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
            UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        if let character = peek.flatMap({ plain[$0] }) {
            position += 1
            return text.append(character)
        }
        guard take("u"), let first = hexUnit() else { throw error("an escape sequence") }
        var code = UInt32(first)
        if (0xD800..<0xDC00).contains(first), take("\\u"), let second = hexUnit(), (0xDC00..<0xE000).contains(second) {
            code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("both halves of a surrogate pair") }
        text.append(contentsOf: Array(String(Character(scalar)).utf8))
    }

    private mutating func hexUnit() -> UInt16? {
        guard position + 4 <= bytes.count else { return nil }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        position += 4
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C {
            position += 1
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for i in 0..<count where bytes[position + i] != word.utf8Start[i] { return false }
        position += count
        return true
    }

    private mutating func takeToken(_ word: StaticString) -> Bool {
        skipSpace()
        return take(word)
    }

    private func error(_ expected: String) -> MartletError {
        let before = bytes[..<position]
        let line = before.count { $0 == 0x0A } + 1
        let column = position - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        let rest = String(decoding: bytes[position...].prefix(12), as: UTF8.self)
        return MartletError(
            "Expected \(expected) in JSON, line \(line), column \(column). Received: "
                + (rest.isEmpty ? "the end." : "\(rest.debugDescription)."))
    }
}
