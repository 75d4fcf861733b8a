import MartletCore
import MartletFormats

/// The number of each integer in a vocabulary, or the integer of each number.
///
/// The vocabulary is given, read from a file, or found in data by `adapt`.
///
/// ```swift
/// let codes = IntegerLookup(vocabulary: [12, 36, 1138])
/// print(codes(Tensor([36, 7])))
/// ```
///
/// Index 0 stands for integers that are not in the vocabulary, or for the mask token, if there is one. Floating-point inputs lose
/// their fraction. Shapes: `int` keeps the shape, `oneHot` gives [..., terms] (a last axis of size 1 is replaced), the others
/// [batch, ..., terms], over axis 1. The dtype is `int64`, or the default float type for vectors.
///
/// Source: [`keras.layers.IntegerLookup`](https://keras.io/api/layers/preprocessing_layers/categorical/integer_lookup/).
public final class IntegerLookup: IndexLookup, ConfigurableLayer, Described {
    /// How several numbers for unknown integers are chosen from.
    public enum OOVMethod: String, Sendable {
        /// By the integer's remainder.
        case floormod
        /// By a hash of its digits.
        case farmhash
    }

    /// Makes a layer.
    /// - Parameters:
    ///   - maxTokens: the largest size of the vocabulary, special tokens included, at least 2; nil for any.
    ///   - numOOVIndices: how many numbers stand for integers that are not in the vocabulary; with none, such an integer stops
    ///     the program.
    ///   - maskToken: an integer that stands for no value: 0 in `int` mode, and left out of vectors.
    ///   - oovToken: what `invert` returns for numbers without an integer.
    ///   - vocabulary: the integers, with or without the special tokens at the start; nil where `adapt` finds them.
    ///   - idfWeights: the inverse document frequency of each integer of `vocabulary`, for `tfIDF`.
    ///   - invert: whether the layer returns the integers of numbers.
    ///   - outputMode: what the layer returns.
    ///   - padToMaxTokens: whether vectors have `maxTokens` elements, however many integers there are.
    ///   - oovMethod: how one of several numbers for unknown integers is chosen.
    ///   - salt: a key of two integers for the hash: then SipHash, else FarmHash.
    public init(
        maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: Int? = nil, oovToken: Int = -1, vocabulary: [Int]? = nil,
        idfWeights: [Double]? = nil, invert: Bool = false, outputMode: OutputMode = .int, padToMaxTokens: Bool = false,
        oovMethod: OOVMethod = .floormod, salt: [Int]? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        super.init(
            options: LookupOptions(
                maxTokens: maxTokens, numOOVIndices: numOOVIndices, maskToken: maskToken.map { .integer($0) },
                oovToken: .integer(oovToken), vocabulary: vocabulary?.map { .integer($0) }, idfWeights: idfWeights,
                invert: invert, outputMode: outputMode, padToMaxTokens: padToMaxTokens,
                oovMethod: .init(rawValue: oovMethod.rawValue)!,
                salt: salt, isGiven: vocabulary != nil), name: name, dtype: dtype)
    }

    /// Makes a layer whose vocabulary is in a file, one integer a line, without the special tokens.
    /// - Throws: `MartletError` when the file cannot be read, or its integers do not fit.
    public convenience init(
        vocabularyFile path: String, maxTokens: Int? = nil, numOOVIndices: Int = 1, maskToken: Int? = nil, oovToken: Int = -1,
        invert: Bool = false, outputMode: OutputMode = .int, padToMaxTokens: Bool = false, name: String? = nil
    ) throws {
        self.init(
            maxTokens: maxTokens, numOOVIndices: numOOVIndices, maskToken: maskToken, oovToken: oovToken, invert: invert,
            outputMode: outputMode, padToMaxTokens: padToMaxTokens, name: name)
        try setVocabulary(contentsOf: path)
        options.isGiven = true
    }

    public static let arguments = Arguments(default: IntegerLookup()) {
        $0.include(\.options, LookupOptions.table(of: LookupOptions(oovToken: .integer(-1))))
        $0.custom("vocabulary_dtype") { _, config in
            let type = try config.value("vocabulary_dtype", default: "int64")
            guard type == "int64" else {
                throw MartletError("Expected \"int64\". Received: \"\(type)\".", at: "\(config.className).vocabulary_dtype")
            }
        } write: { _ in
            "int64"
        }
        $0.check { layer in
            layer.options.check(layer.className)
            Argument.check(
                layer.options.salt == nil || layer.options.oovMethod == .farmhash, layer.className, "salt",
                expected: "oovMethod .farmhash with a salt", received: Caller.words(".floormod"))
        }
    }

    /// The integers in the order of their numbers; an empty list where none are known.
    /// - Parameter includeSpecialTokens: whether the mask token and the token of unknown integers are among them.
    public func getVocabulary(includeSpecialTokens: Bool = true) -> [Int] {
        tokens(includeSpecialTokens: includeSpecialTokens).compactMap(\.integer)
    }

    /// Takes a vocabulary, in place of the one that the layer has.
    /// - Parameters:
    ///   - vocabulary: the integers, with or without the special tokens at the start.
    ///   - idfWeights: the inverse document frequency of each of them, for `tfIDF`.
    /// - Throws: `MartletError` when an integer comes twice, there are too many, or the weights do not fit.
    public func setVocabulary(_ vocabulary: [Int], idfWeights: [Double]? = nil) throws {
        try install(vocabulary.map { .integer($0) }, idfWeights: idfWeights)
        options.vocabulary = nil
        options.idfWeights = nil
    }

    /// Finds the vocabulary in integers, each of which is a document of its own.
    /// - Throws: `MartletError` when there are none, or the vocabulary was given.
    public func adapt(_ integers: [Int]) throws { try adapt(Tensor(integers)) }

    public override var config: [String: JSONValue] { vocabularyConfig(super.config) }

    package static var samples: [LayerSample] {
        @Sendable func make(
            _ mode: OutputMode, oov: Int = 1, mask: Int? = nil, idf: [Double]? = nil, invert: Bool = false
        ) -> IntegerLookup {
            IntegerLookup(
                numOOVIndices: oov, maskToken: mask, vocabulary: [3, 1, 4], idfWeights: idf, invert: invert, outputMode: mode,
                dtype: .float64)
        }
        return [
            LayerSample("int", make(.int), [.init([2], classCount: 6)]),
            LayerSample("hashed", make(.int, oov: 3, mask: 0), [.init([2], classCount: 6)]),
            LayerSample("multi hot", make(.multiHot, mask: 0), [.init([3], classCount: 6)]),
            LayerSample("one hot", make(.oneHot), [.init([1], classCount: 6)]),
            LayerSample("tf-idf", make(.tfIDF, idf: [0.5, 1, 2]), [.init([3], classCount: 6)]),
            LayerSample("inverted", make(.int, invert: true), [.init([3], classCount: 6)]),
        ]
    }
}
