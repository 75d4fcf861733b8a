import MartletCore
import MartletFormats

/// What is done to texts before they are split.
///
/// ```swift
/// TextVectorization(standardize: .custom(name: "clean") { $0.lowercased().replacing("<br />", with: " ") })
/// ```
public enum TextStandardization: Sendable {
    /// Both of the next two, which is the default.
    case lowerAndStripPunctuation
    /// A to Z become a to z.
    case lower
    /// ASCII punctuation is left out.
    case stripPunctuation
    /// A function of one's own. Files hold its name, for `registerStandardization`. Several threads may call it at once.
    case custom(name: String = "custom", @Sendable (String) -> String)
}

/// How texts are split into tokens.
public enum TextSplit: Sendable {
    /// At runs of ASCII whitespace.
    case whitespace
    /// Into Unicode code points.
    case character
    /// A function of one's own. Files hold its name, for `registerSplit`. Several threads may call it at once.
    case custom(name: String = "custom", @Sendable (String) -> [String])
}

/// Registers a function that standardizes texts, so that files can name it.
/// - Parameters:
///   - name: the name that `.custom(name:_:)` was given.
///   - package: the part before the name in files, as in Keras.
public func registerStandardization(
    _ name: String, package: String = "Custom", _ function: @escaping @Sendable (String) -> String
) {
    CustomObjects.register(name, package: package, standardization: function)
}

/// Registers a function that splits texts, so that files can name it.
/// - Parameters:
///   - name: the name that `.custom(name:_:)` was given.
///   - package: the part before the name in files, as in Keras.
public func registerSplit(
    _ name: String, package: String = "Custom", _ function: @escaping @Sendable (String) -> [String]
) {
    CustomObjects.register(name, package: package, split: function)
}

extension TextStandardization: ArgumentValue {
    private static let registry = Registry<TextStandardization>(
        "standardization of texts", module: "builtins", words.map { word in (word.name, { _ in word.value }) },
        functionForm: "{ text in ... }", registering: "registerStandardization",
        ofFunction: { name in CustomObjects.standardization(name).map { .custom(name: name.withoutPackage, $0) } })

    private static let words: [(name: String, value: TextStandardization)] = [
        ("lower_and_strip_punctuation", .lowerAndStripPunctuation), ("lower", .lower), ("strip_punctuation", .stripPunctuation),
    ]

    package static var argumentForm: ArgumentForm<TextStandardization> {
        ArgumentForm(
            read: { config, key in try config.located(key) { try registry.make(from: config.arguments[.key(key)] ?? .null) } },
            write: { value in
                switch value {
                case .lowerAndStripPunctuation: "lower_and_strip_punctuation"
                case .lower: "lower"
                case .stripPunctuation: "strip_punctuation"
                case .custom(let name, _): CustomObjects.function(name)
                }
            })
    }
}

extension TextSplit: ArgumentValue {
    private static let registry = Registry<TextSplit>(
        "split of texts", module: "builtins",
        [("whitespace", { _ in .whitespace }), ("character", { _ in .character })], functionForm: "{ text in ... }",
        registering: "registerSplit",
        ofFunction: { name in CustomObjects.split(name).map { .custom(name: name.withoutPackage, $0) } })

    package static var argumentForm: ArgumentForm<TextSplit> {
        ArgumentForm(
            read: { config, key in try config.located(key) { try registry.make(from: config.arguments[.key(key)] ?? .null) } },
            write: { value in
                switch value {
                case .whitespace: "whitespace"
                case .character: "character"
                case .custom(let name, _): CustomObjects.function(name)
                }
            })
    }
}

/// How texts become terms: standardized, split, and joined to n-grams.
struct TextTokens: Sendable {
    var standardize: TextStandardization? = .lowerAndStripPunctuation
    var split: TextSplit? = .whitespace
    /// The numbers of tokens in n-grams, or with `isRange` the largest; empty for tokens alone.
    var ngrams: [Int] = []
    var isRange = true

    private var sizes: [Int] { isRange ? ngrams.first.map { Array(1...max(1, $0)) } ?? [] : ngrams }

    /// How many terms so many tokens make.
    func termCount(_ tokens: Int) -> Int {
        ngrams.isEmpty ? tokens : sizes.reduce(0) { $0 + max(0, tokens - $1 + 1) }
    }

    /// The texts of each document.
    /// - Parameter size: how many texts a document has.
    func documents(_ strings: StringArray, size: Int) -> [Slice<StringArray>] {
        size < 1 ? [] : stride(from: 0, to: strings.count, by: size).map { strings[$0..<$0 + size] }
    }

    /// Calls `body` with each term of a document: n-grams by their sizes, in the order of `ngrams`.
    func forEachTerm(in texts: Slice<StringArray>, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard !ngrams.isEmpty else {
            for text in texts { forEachToken(in: text, body) }
            return
        }
        var tokens: [[UInt8]] = []
        for text in texts { forEachToken(in: text) { tokens.append(Array($0)) } }
        for size in sizes where size <= tokens.count {
            for start in 0...(tokens.count - size) {
                Array(tokens[start..<start + size].joined(separator: [0x20])).withUnsafeBytes(body)
            }
        }
    }

    private func forEachToken(in text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        let (lowers, strips): (Bool, Bool)
        switch standardize {
        case nil: return splitting(text, body)
        case .custom(_, let function):
            return Array(function(String(decoding: text, as: UTF8.self)).utf8).withUnsafeBytes { splitting($0, body) }
        case .lowerAndStripPunctuation: (lowers, strips) = (true, true)
        case .lower: (lowers, strips) = (true, false)
        case .stripPunctuation: (lowers, strips) = (false, true)
        }
        withUnsafeTemporaryAllocation(byteCount: max(1, text.count), alignment: 1) { buffer in
            var count = 0
            for byte in text {
                if strips, Self.isPunctuation(byte) { continue }
                buffer[count] = lowers && (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
                count += 1
            }
            splitting(UnsafeRawBufferPointer(rebasing: buffer[..<count]), body)
        }
    }

    private func splitting(_ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        switch split {
        case nil: body(text)
        case .custom(_, let function):
            for token in function(String(decoding: text, as: UTF8.self)) { Array(token.utf8).withUnsafeBytes(body) }
        case .whitespace:
            var start = 0
            for place in 0...text.count where place == text.count || Self.isSpace(text[place]) {
                if place > start { body(UnsafeRawBufferPointer(rebasing: text[start..<place])) }
                start = place + 1
            }
        case .character:
            // Bytes that are no UTF-8 become U+FFFD.
            for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
                Array(String(scalar).utf8).withUnsafeBytes(body)
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
