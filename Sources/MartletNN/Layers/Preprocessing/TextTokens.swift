import MartletCore
import MartletFormats

/// What is done to texts before they are split.
public enum TextStandardization: String, CaseIterable, Sendable, ArgumentValue {
    /// Both of the others, which is the default.
    case lowerAndStripPunctuation = "lower_and_strip_punctuation"
    /// A to Z become a to z.
    case lower
    /// ASCII punctuation is left out.
    case stripPunctuation = "strip_punctuation"
}

/// How texts are split into tokens.
public enum TextSplit: String, CaseIterable, Sendable, ArgumentValue {
    /// At runs of ASCII whitespace.
    case whitespace
    /// Into Unicode code points.
    case character
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
        guard standardize != nil else { return splitting(text, body) }
        withUnsafeTemporaryAllocation(byteCount: max(1, text.count), alignment: 1) { buffer in
            let (lowers, strips) = (standardize != .stripPunctuation, standardize != .lower)
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
