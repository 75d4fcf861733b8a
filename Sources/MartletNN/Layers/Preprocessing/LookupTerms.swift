import MartletCore

/// The numbers of terms: a vocabulary and the rules for what is not in it.
struct LookupTerms: Sendable {
    let table: TokenTable
    let maskToken: LookupToken?
    /// The number of the mask token.
    let maskIndex: Int
    let oovStart: Int
    let oovCount: Int
    let buckets: HashBuckets
    let hashesIntegers: Bool

    /// The number of a text.
    func index(of bytes: UnsafeRawBufferPointer) throws(OpFailure) -> Int {
        if case .text(let mask)? = maskToken, mask.elementsEqual(bytes) { return maskIndex }
        if let place = table.place(of: bytes) { return oovStart + oovCount + place }
        return switch oovCount {
        case 0: throw unknown(String(decoding: bytes, as: UTF8.self).debugDescription)
        case 1: oovStart
        default: oovStart + buckets.bucket(of: bytes)
        }
    }

    /// The number of an integer.
    func index(of number: Int) throws(OpFailure) -> Int {
        if maskToken == .integer(number) { return maskIndex }
        if let place = table.place(of: number) { return oovStart + oovCount + place }
        switch oovCount {
        case 0: throw unknown("\(number)")
        case 1: return oovStart
        default:
            if hashesIntegers { return oovStart + buckets.bucket(of: number) }
            let rest = number % oovCount
            return oovStart + (rest < 0 ? rest + oovCount : rest)
        }
    }

    private func unknown(_ term: String) -> OpFailure {
        OpFailure("Expected terms of the vocabulary, since \(Caller.words("numOOVIndices")) is 0, not \(term).")
    }

    /// The numbers of integers by comparing them with the whole vocabulary, nil where they are hashed. An unknown one is -1 where
    /// none may be.
    private func composed(_ x: Tensor) -> Tensor? {
        guard oovCount < 2 || !hashesIntegers else { return nil }
        let known = table.tokens.compactMap(\.integer)
        var result = oovCount == 0 ? Tensor.full(x.shape, -1, dtype: .int64)
            : oovCount == 1 ? Tensor.full(x.shape, oovStart, dtype: .int64) : x % oovCount + oovStart
        if !known.isEmpty {
            let isHere = x.expandingDims(at: -1) .== Tensor(known)
            let place = isHere.cast(to: .int32).argmax(axis: -1) + oovStart + oovCount
            result = `where`(isHere.any(axis: -1), place, result)
        }
        if case .integer(let mask)? = maskToken { result = `where`(x .== mask, Tensor(maskIndex), result) }
        return result
    }

    /// The numbers of a tensor of terms.
    func function(isOfText: Bool) -> CustomOp {
        let formula: @Sendable ([Tensor]) -> [Tensor]? = { inputs in
            isOfText ? nil : composed(inputs[0]).map { [$0] }
        }
        return CustomOp("lookup", formula: formula) { inputs in
            guard (inputs[0].dtype == .string) == isOfText else {
                throw OpFailure("Expected \(isOfText ? "strings" : "integers").")
            }
            let shape = inputs[0].shape
            return [TensorSpec(isOfText ? Shape(shape.dimensions.dropLast()) : shape, .int64)]
        } run: { inputs, outputs in
            let target = outputs[0].elements(Int.self)
            if isOfText {
                let strings = inputs[0].strings
                for place in strings.indices { target[place] = try index(of: strings[place]) }
            } else {
                let numbers = inputs[0].elements(Int.self)
                for place in numbers.indices { target[place] = try index(of: numbers[place]) }
            }
        }
    }
}

/// Counts of terms, and of the documents that hold them.
struct TokenCounter {
    private let countsDocuments: Bool
    private(set) var counts: [LookupToken: Int] = [:]
    private(set) var documentCounts: [LookupToken: Int] = [:]
    private(set) var documents = 0

    init(countsDocuments: Bool) { self.countsDocuments = countsDocuments }

    mutating func add(_ batch: [[LookupToken]]) {
        documents += batch.count
        for document in batch {
            for token in document { counts[token, default: 0] += 1 }
            guard countsDocuments else { continue }
            for token in Set(document) { documentCounts[token, default: 0] += 1 }
        }
    }
}

/// The arguments that lookups share.
struct LookupOptions {
    enum OOVMethod: String, CaseIterable, ArgumentValue { case floormod, farmhash }

    var maxTokens: Int?
    var numOOVIndices = 1
    var maskToken: LookupToken?
    var oovToken: LookupToken?
    /// The vocabulary that was given, special tokens included if they were; nil for one that was found or read from a file.
    var vocabulary: [LookupToken]? { didSet { isGiven = isGiven || vocabulary != nil } }
    var idfWeights: [Double]?
    var invert = false
    var outputMode = OutputMode.int
    var padToMaxTokens = false
    var oovMethod = OOVMethod.floormod
    var salt: [Int]?
    /// The size of the vocabulary when it was first known.
    var vocabularySize: Int?
    /// Whether the vocabulary was given, so that the layer is not adapted.
    var isGiven = false

    /// Whether a file that is being written has no place for vocabularies but the configuration.
    @TaskLocal static var writesVocabularies = false

    static func table(of default: LookupOptions) -> Arguments<LookupOptions> {
        Arguments(default: `default`) {
            $0("max_tokens", \.maxTokens, .atLeast(2))
            $0("num_oov_indices", \.numOOVIndices, name: "numOOVIndices", .atLeast(0))
            $0("mask_token", \.maskToken, as: .token)
            $0("oov_token", \.oovToken, as: .token)
            $0("vocabulary", \.vocabulary, as: .tokens)
            $0("idf_weights", \.idfWeights, as: .numbers)
            $0("invert", \.invert)
            $0("output_mode", \.outputMode)
            $0("pad_to_max_tokens", \.padToMaxTokens)
            $0("oov_method", \.oovMethod)
            $0("salt", \.salt, as: .salt, .salt)
            $0("vocabulary_size", \.vocabularySize, .atLeast(0))
            $0.absent("sparse", "sparse")
        }
    }

    /// Checks what joins arguments.
    func check(_ owner: String) {
        Argument.check(
            !padToMaxTokens || maxTokens != nil, owner, "padToMaxTokens", expected: "maxTokens with padToMaxTokens",
            received: "none")
        Argument.check(
            !invert || outputMode == .int, owner, "outputMode", expected: "int with invert", received: outputMode.rawValue)
        Argument.check(
            idfWeights == nil || outputMode == .tfIDF, owner, "idfWeights", expected: "outputMode .tfIDF with idfWeights",
            received: Caller.words(".\(outputMode)"))
        Argument.check(
            vocabulary == nil || outputMode != .tfIDF || idfWeights != nil, owner, "idfWeights",
            expected: "weights of the given vocabulary, which outputMode .tfIDF needs", received: "none")
    }
}
