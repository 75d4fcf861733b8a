import MartletCore
import MartletFormats

/// The number of each string in a vocabulary, or the string of each number.
///
/// The vocabulary is given, read from a file, or found in data by `adapt`.
///
/// ```swift
/// let fruit = StringLookup(vocabulary: ["apple", "fig", "pear"])
/// print(fruit(Tensor(strings: ["pear", "plum"])))
/// ```
///
/// Index 0 stands for strings that are not in the vocabulary, or for the mask token, if there is one. Shapes: `int` keeps the
/// shape, `oneHot` gives [..., terms] (a last axis of size 1 is replaced), the others [batch, ..., terms], over axis 1. The dtype
/// is `int64`, or the default float type for vectors.
///
/// Source: [`keras.layers.StringLookup`](https://keras.io/api/layers/preprocessing_layers/categorical/string_lookup/).
public final class StringLookup: IndexLookup, ConfigurableLayer, Described {
    /// Makes a layer.
    /// - Parameters:
    ///   - maxTokens: the largest size of the vocabulary, special tokens included, at least 2; nil for any.
    ///   - numOOVIndices: how many numbers stand for strings that are not in the vocabulary. With several, a hash of the string
    ///     chooses one; with none, such a string stops the program.
    ///   - maskToken: a string that stands for no value: 0 in `int` mode, and left out of vectors.
    ///   - oovToken: what `invert` returns for numbers without a string.
    ///   - vocabulary: the strings, with or without the special tokens at the start; nil where `adapt` finds them.
    ///   - idfWeights: the inverse document frequency of each string of `vocabulary`, for `tfIDF`.
    ///   - invert: whether the layer returns the strings of numbers.
    ///   - outputMode: what the layer returns.
    ///   - padToMaxTokens: whether vectors have `maxTokens` elements, however many strings there are.
    ///   - salt: a key of two integers for the hash: then SipHash, else FarmHash.
    public init(
        maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: String? = nil, oovToken: String = "[UNK]",
        vocabulary: [String]? = nil, idfWeights: [Double]? = nil, invert: Bool = false, outputMode: OutputMode = .int,
        padToMaxTokens: Bool = false, salt: [Int]? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            options: LookupOptions(
                maxTokens: maxTokens, numOOVIndices: numOOVIndices, maskToken: maskToken.map { LookupToken($0) },
                oovToken: LookupToken(oovToken), vocabulary: vocabulary?.map { LookupToken($0) }, idfWeights: idfWeights,
                invert: invert, outputMode: outputMode, padToMaxTokens: padToMaxTokens, salt: salt,
                isGiven: vocabulary != nil), name: name, dtype: dtype)
    }

    /// Makes a layer whose vocabulary is in a file, one string a line, without the special tokens.
    /// - Throws: `MartletError` when the file cannot be read, or its strings do not fit.
    public convenience init(
        vocabularyFile path: String, maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: String? = nil,
        oovToken: String = "[UNK]", invert: Bool = false, outputMode: OutputMode = .int, padToMaxTokens: Bool = false,
        name: String? = nil
    ) throws {
        self.init(
            maxTokens: maxTokens, numOOVIndices: numOOVIndices, maskToken: maskToken, oovToken: oovToken, invert: invert,
            outputMode: outputMode, padToMaxTokens: padToMaxTokens, name: name)
        try setVocabulary(contentsOf: path)
        options.isGiven = true
    }

    init(_ options: LookupOptions) { super.init(options: options, name: nil) }

    public static let arguments = Arguments(default: StringLookup()) {
        $0.include(\.options, LookupOptions.table(of: LookupOptions(oovToken: LookupToken("[UNK]"))))
        $0.custom("encoding", read: { try $1.requireUTF8() }, write: { _ in "utf-8" })
        $0.check { $0.options.check($0.className) }
    }

    override var isOfText: Bool { true }

    /// The strings in the order of their numbers; an empty list where none are known.
    /// - Parameter includeSpecialTokens: whether the mask token and the token of unknown strings are among them.
    public func getVocabulary(includeSpecialTokens: Bool = true) -> [String] {
        tokens(includeSpecialTokens: includeSpecialTokens).map(\.text)
    }

    /// Takes a vocabulary, in place of the one that the layer has.
    /// - Parameters:
    ///   - vocabulary: the strings, with or without the special tokens at the start.
    ///   - idfWeights: the inverse document frequency of each of them, for `tfIDF`.
    /// - Throws: `MartletError` when a string comes twice, there are too many, or the weights do not fit.
    public func setVocabulary(_ vocabulary: [String], idfWeights: [Double]? = nil) throws {
        try install(vocabulary.map { LookupToken($0) }, idfWeights: idfWeights)
        options.vocabulary = nil
        options.idfWeights = nil
    }

    /// Finds the vocabulary in strings, each of which is a document of its own: a list, or a `Dataset`.
    /// - Throws: `MartletError` when there are none, or the vocabulary was given.
    public func adapt(_ strings: some Sequence<String>) throws {
        var counter = try makeCounter()
        try strings.forEachBatch(limit: nil) { counter.add([[LookupToken($0)]]) }
        try finish(counter)
    }

    /// Finds the vocabulary in batches of strings, such as those of `Dataset.batch`. Each string is a document of its own.
    /// - Parameter steps: how many batches are read; nil is all of them.
    /// - Throws: `MartletError` when there are none, or the vocabulary was given.
    public func adapt(_ batches: some Sequence<[String]>, steps: Int? = nil) throws {
        var counter = try makeCounter()
        try batches.forEachBatch(limit: steps) { counter.add($0.map { [LookupToken($0)] }) }
        try finish(counter)
    }

    public override var config: [String: JSONValue] { vocabularyConfig(super.config) }

    package static var samples: [LayerSample] {
        let words = ["fig", "", "pear", "Äpfel", "plum"]
        @Sendable func make(
            _ mode: OutputMode, oov: Int = 1, mask: String? = nil, idf: [Double]? = nil
        ) -> StringLookup {
            StringLookup(
                numOOVIndices: oov, maskToken: mask, vocabulary: ["pear", "fig", "Äpfel"], idfWeights: idf, outputMode: mode,
                dtype: .float64)
        }
        let bad: [[PartialShape]] = [[[nil, 3]]]
        return [
            LayerSample("int", make(.int), [.init([2], words: words)], bad: bad),
            LayerSample("hashed", make(.int, oov: 3, mask: ""), [.init([2], words: words)]),
            LayerSample("multi hot", make(.multiHot, mask: ""), [.init([3], words: words)]),
            LayerSample("one hot", make(.oneHot), [.init([1], words: words)]),
            LayerSample("tf-idf", make(.tfIDF, idf: [0.5, 1, 2]), [.init([3], words: words)]),
        ]
    }
}

extension IndexLookup {
    /// Where a file has no place for a vocabulary, the configuration holds it.
    func vocabularyConfig(_ config: [String: JSONValue]) -> [String: JSONValue] {
        var config = config
        // Older versions of Keras do not know these.
        if options.salt == nil, options.oovMethod == .floormod { (config["salt"], config["oov_method"]) = (nil, nil) }
        guard LookupOptions.writesVocabularies, options.vocabulary == nil, isReady else { return config }
        let tokens = tokens(includeSpecialTokens: true)
        let weights = inverseFrequencies.map { Array($0.prefix(tokens.count)) }
        return config.merging(["vocabulary": .array(tokens.map(\.json)), "idf_weights": .numbers(weights)]) { $1 }
    }
}

extension Configuration {
    /// - Throws: `MartletError` for another encoding than UTF-8.
    func requireUTF8() throws {
        let encoding = try value("encoding", default: "utf-8")
        guard ["utf-8", "utf8", "ascii", "us-ascii"].contains(encoding.lowercased()) else {
            throw MartletError("Expected \"utf-8\". Received: \"\(encoding)\".", at: "\(className).encoding")
        }
    }
}
