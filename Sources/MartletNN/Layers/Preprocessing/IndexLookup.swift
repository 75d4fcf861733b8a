import Foundation
import MartletCore
import MartletFormats

/// What `StringLookup` and `IntegerLookup` share: a vocabulary, and the number of each of its terms.
///
/// The numbers begin with those of the mask token, if there is one and `outputMode` is `int`, and of terms that are not in the
/// vocabulary, `numOOVIndices` of them. With several, a hash of the term chooses one; with none such a term stops the program.
public class IndexLookup: Layer {
    var options: LookupOptions
    /// The vocabulary without the special tokens, nil until it is known.
    private var table: TokenTable?
    private var function: CustomOp?
    /// Counts the changes of the vocabulary, which compiled functions hold.
    private(set) var version = 0 { didSet { Trace.noteSettingsChange() } }
    /// The weights of the special tokens and the terms, for `tfIDF`.
    private(set) var inverseFrequencies: [Double]?

    init(options: LookupOptions, name: String?, dtype: (any DTypeConvertible)? = nil) {
        self.options = options
        super.init(name: name, dtype: dtype)
        guard let given = self.options.vocabulary else { return }
        do { try install(given, idfWeights: self.options.idfWeights) } catch { Argument.note(error) }
    }

    /// The largest size of the vocabulary, special tokens included; nil for any.
    public var maxTokens: Int? { options.maxTokens }
    /// How many numbers stand for terms that are not in the vocabulary.
    public var numOOVIndices: Int { options.numOOVIndices }
    /// Whether the layer returns the terms of numbers.
    public var invert: Bool { options.invert }
    /// What the layer returns.
    public var outputMode: OutputMode { options.outputMode }
    /// Whether vectors have `maxTokens` elements, however many terms there are.
    public var padToMaxTokens: Bool { options.padToMaxTokens }

    /// Whether the terms are texts.
    var isOfText: Bool { false }

    // MARK: The vocabulary

    private var oovStart: Int { options.maskToken != nil && options.outputMode == .int ? 1 : 0 }
    private var tokenStart: Int { oovStart + options.numOOVIndices }

    /// The number of terms, with the special tokens.
    public var vocabularySize: Int { tokenStart + (table?.tokens.count ?? 0) }

    func tokens(includeSpecialTokens: Bool) -> [LookupToken] {
        guard let table else { return [] }
        guard includeSpecialTokens else { return table.tokens }
        do throws(MartletError) {
            try Settings.requireMemory(tokenStart * MemoryLayout<LookupToken>.stride, at: name)
        } catch {
            fail(className, error.message)
            return []
        }
        return (oovStart == 1 ? [options.maskToken!] : [])
            + [LookupToken](repeating: oovToken, count: options.numOOVIndices) + table.tokens
    }

    /// Whether a vocabulary begins with the special tokens: the mask token and those of unknown terms. They may be many, so they
    /// are not listed.
    private func hasSpecialTokens(_ vocabulary: [LookupToken]) -> Bool {
        vocabulary.count >= tokenStart && (oovStart == 0 || vocabulary[0] == options.maskToken)
            && vocabulary[oovStart..<tokenStart].allSatisfy { $0 == oovToken }
    }

    /// The special tokens as errors give them.
    private var specialNames: String {
        let mask = oovStart == 1 ? ["\"\(options.maskToken!.text)\""] : []
        let times = numOOVIndices > 1 ? " \(numOOVIndices) times" : ""
        return (mask + (numOOVIndices > 0 ? ["\"\(oovToken.text)\"\(times)"] : [])).joined(separator: ", ")
    }

    private var oovToken: LookupToken { options.oovToken ?? (isOfText ? .text([]) : .integer(-1)) }

    /// Whether the layer has a vocabulary.
    var isReady: Bool { table != nil }

    /// Takes a vocabulary, which may begin with the special tokens.
    func install(_ vocabulary: [LookupToken], idfWeights: [Double]? = nil) throws {
        func refuse(_ expected: String, _ received: Any) -> MartletError {
            MartletError("Expected \(expected). Received: \(received).", at: "\(className).vocabulary")
        }
        guard !vocabulary.isEmpty else { throw refuse("at least one term", "none") }
        guard vocabulary.allSatisfy({ ($0.integer == nil) == isOfText }) else {
            throw refuse(isOfText ? "strings" : "integers", vocabulary.first { ($0.integer == nil) != isOfText }!.text)
        }
        guard outputMode != .tfIDF || idfWeights != nil else {
            throw refuse("idfWeights with outputMode .tfIDF", "a vocabulary alone")
        }
        guard outputMode == .tfIDF || idfWeights == nil else {
            throw refuse("idfWeights with outputMode .tfIDF only", "outputMode .\(outputMode)")
        }
        let hasSpecial = hasSpecialTokens(vocabulary) && (options.oovToken != nil || numOOVIndices == 0)
        let tokens = hasSpecial ? Array(vocabulary.dropFirst(tokenStart)) : vocabulary
        var seen: Set<LookupToken> = []
        if let repeated = tokens.first(where: { !seen.insert($0).inserted }) {
            throw refuse("different terms", "\"\(repeated.text)\" twice")
        }
        let names = specialNames
        if let mask = options.maskToken, seen.contains(mask) {
            throw refuse(
                "the mask token nowhere, or all special tokens at the start, \(names)",
                "the mask token \"\(mask.text)\" elsewhere")
        }
        if invert, let oov = options.oovToken, seen.contains(oov) {
            throw refuse(
                "the token of unknown terms nowhere, or all special tokens at the start, \(names)", "\"\(oov.text)\" elsewhere")
        }
        let size = tokenStart + tokens.count
        guard size <= maxTokens ?? .max else {
            throw refuse("at most maxTokens = \(maxTokens!) terms, special tokens included", size)
        }
        if let idfWeights {
            guard idfWeights.count == vocabulary.count else {
                throw refuse("as many idfWeights as terms, \(vocabulary.count)", idfWeights.count)
            }
            let mean = idfWeights.reduce(0, +) / Double(idfWeights.count)
            try set(idf: idfWeights, special: hasSpecial ? 0 : tokenStart, mean)
        }
        try set(tokens)
    }

    /// Takes the weights of terms, with `mean` for special tokens that have none of their own.
    private func set(idf weights: [Double], special: Int, _ mean: Double) throws {
        let count = special + weights.count
        let padding = padToMaxTokens ? max(0, (maxTokens ?? 0) - count) : 0
        try Settings.requireMemory((count + padding) * MemoryLayout<Double>.stride, at: name)
        inverseFrequencies = [Double](repeating: mean, count: special) + weights + [Double](repeating: 0, count: padding)
        function = nil
        version += 1
    }

    private func set(_ tokens: [LookupToken]) throws {
        let size = tokenStart + tokens.count
        if outputMode != .int, !padToMaxTokens, isReady || isBuilt, let before = options.vocabularySize, before != size {
            throw MartletError(
                "Expected a vocabulary of the size that the layer had first, \(before), which is the size of its output. "
                    + "Received: \(size) terms. With \(Caller.words("padToMaxTokens")) it may change.", at: name)
        }
        options.vocabularySize = size
        table = TokenTable(tokens)
        function = nil
        version += 1
    }

    /// Takes the terms of a file, one a line.
    /// - Throws: `MartletError` when it cannot be read, a term comes twice, there are too many, or a line is no integer where the
    ///   layer takes integers; with `tfIDF`, whose weights no such file holds.
    public func setVocabulary(contentsOf path: String) throws {
        guard outputMode != .tfIDF else {
            throw MartletError("Expected another \(Caller.words("outputMode than .tfIDF")), whose weights no such file holds.", at: name)
        }
        let lines = try Self.lines(FileIO.read(path))
        options.vocabulary = nil
        do {
            let tokens = try lines.map(token)
            guard Set(tokens).count == tokens.count else { throw MartletError("Expected different terms. Received one twice.") }
            guard tokenStart + tokens.count <= maxTokens ?? .max else {
                throw MartletError("Expected at most \(maxTokens!) terms with the special tokens.")
            }
            try set(tokens)
        } catch let error as MartletError {
            throw MartletError(error.message, at: path)
        }
    }

    private func token(of line: [UInt8]) throws -> LookupToken {
        if isOfText { return .text(line) }
        let text = String(decoding: line, as: UTF8.self)
        guard let number = Int(text.trimmingCharacters(in: .whitespaces)) else {
            throw MartletError("Expected an integer on each line. Received: \(text.debugDescription).")
        }
        return .integer(number)
    }

    /// The lines of a text, as Python splits it; empty ones at the end are dropped.
    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var place = 0
        func end(_ length: Int) {
            lines.append(line)
            line = []
            place += length
        }
        while place < bytes.count {
            let (a, b, c) = (
                bytes[place], place + 1 < bytes.count ? bytes[place + 1] : 0, place + 2 < bytes.count ? bytes[place + 2] : 0
            )
            switch (a, b, c) {
            case (0x0D, 0x0A, _): end(2)
            case (0x0A...0x0D, _, _), (0x1C...0x1E, _, _): end(1)
            case (0xC2, 0x85, _): end(2)
            case (0xE2, 0x80, 0xA8...0xA9): end(3)
            default:
                line.append(a)
                place += 1
            }
        }
        if !line.isEmpty { lines.append(line) }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    // MARK: Adapting

    /// Finds the vocabulary in data: the most frequent terms, of equally frequent ones the last in their order first. With
    /// `tfIDF` each row along the first axis is a document.
    /// - Throws: `MartletError` when the data does not fit, or the vocabulary was given.
    public func adapt(_ data: Tensor) throws {
        var counter = try makeCounter()
        counter.add(try documents(in: data, eachIsOne: data.stringShape.rank == 1))
        try finish(counter)
    }

    /// Finds the vocabulary in batches of data. A batch of one axis is one document, as in Keras.
    /// - Parameter steps: how many batches are read; nil is all of them.
    /// - Throws: `MartletError` when the data does not fit, or the vocabulary was given.
    public func adapt(_ batches: some Sequence<Tensor>, steps: Int? = nil) throws {
        var counter = try makeCounter()
        try batches.forEachBatch(limit: steps) { counter.add(try documents(in: $0, eachIsOne: false)) }
        try finish(counter)
    }

    func makeCounter() throws -> TokenCounter {
        guard !options.isGiven else {
            throw MartletError("Expected a layer without a given vocabulary, to be adapted to data.", at: name)
        }
        return TokenCounter(countsDocuments: outputMode == .tfIDF)
    }

    /// The terms of each document of a batch.
    private func documents(in batch: Tensor, eachIsOne: Bool) throws -> [[LookupToken]] {
        let tokens: [LookupToken]
        if isOfText {
            guard batch.dtype == .string else {
                throw MartletError("Expected strings. Received: \(batch.spec).", at: name)
            }
            tokens = batch.utf8Strings().map { .text($0) }
        } else {
            guard batch.dtype != .string else { throw MartletError("Expected integers. Received: strings.", at: name) }
            tokens = try withErrors { batch.scalars(as: Int.self) }.map { .integer($0) }
        }
        let shape = batch.stringShape
        let count = eachIsOne ? tokens.count : shape.rank > 1 ? shape[0] : 1
        let size = count > 0 ? tokens.count / count : 0
        return (0..<count).map { Array(tokens[$0 * size..<($0 + 1) * size]) }
    }

    /// Makes the vocabulary of what was counted.
    func finish(_ counter: TokenCounter) throws {
        guard !counter.counts.isEmpty else { throw MartletError("Expected data to adapt to. Received: no elements.", at: name) }
        var counts = counter.counts
        for token in [options.maskToken, options.oovToken].compactMap({ $0 }) { counts[token] = nil }
        let sorted = counts.sorted { $0.value == $1.value ? LookupToken.precedes($1.key, $0.key) : $0.value > $1.value }
        let tokens = sorted.map(\.key).prefix(max(0, (maxTokens ?? .max) - tokenStart))
        try set(Array(tokens))
        guard outputMode == .tfIDF else { return }
        let weights = tokens.map { Double(Float(log(1 + Double(counter.documents) / Double(1 + counter.documentCounts[$0]!)))) }
        let mean = weights.isEmpty ? 0 : weights.reduce(0, +) / Double(weights.count)
        try set(idf: weights, special: tokenStart, mean)
    }

    // MARK: Calling

    public override var takesStrings: Bool { isOfText && !invert }
    override var castsInputs: Bool { false }
    override var ownTraceSettings: [AnyHashable] { super.ownTraceSettings + [version] }

    /// The size of vectors, nil until the vocabulary is known.
    var depth: Int? { padToMaxTokens ? maxTokens : options.vocabularySize }

    /// How the terms are looked up.
    var terms: LookupTerms {
        LookupTerms(
            table: table ?? TokenTable([]), maskToken: options.maskToken, maskIndex: outputMode == .int ? 0 : .max,
            oovStart: oovStart, oovCount: options.numOOVIndices,
            buckets: HashBuckets(count: max(1, options.numOOVIndices), salt: options.salt),
            hashesIntegers: options.oovMethod == .farmhash)
    }

    private var lookup: CustomOp {
        if let function { return function }
        let made = invert ? inverse() : terms.function(isOfText: isOfText)
        function = made
        return made
    }

    private func inverse() -> CustomOp {
        let (start, mask) = (tokenStart, options.maskToken)
        let tokens = table?.tokens ?? []
        let oov = oovToken
        let place: @Sendable (Int) -> LookupToken = { index in
            if let mask, index == 0 { return mask }
            return tokens.indices.contains(index - start) ? tokens[index - start] : oov
        }
        guard isOfText else {
            return CustomOp("terms") { [TensorSpec($0[0].shape, .int64)] } run: { inputs, outputs in
                let target = outputs[0].elements(Int.self)
                for (at, index) in inputs[0].elements(Int.self).enumerated() { target[at] = place(index).integer ?? 0 }
            }
        }
        let all = tokens + [oov] + (mask.map { [$0] } ?? [])
        let width = all.reduce(1) { if case .text(let bytes) = $1 { max($0, bytes.count) } else { $0 } }
        return CustomOp("terms") { inputs in
            [TensorSpec(Shape(inputs[0].shape.dimensions + [width]), .string)]
        } run: { inputs, outputs in
            outputs[0].bytes.initializeMemory(as: UInt8.self, repeating: 0)
            for (at, index) in inputs[0].elements(Int.self).enumerated() {
                guard case .text(let bytes) = place(index) else { continue }
                let target = outputs[0].bytes[at * width..<at * width + bytes.count]
                UnsafeMutableRawBufferPointer(rebasing: target).copyBytes(from: bytes)
            }
        }
    }

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        guard
            require(
                table != nil, className, "Expected a vocabulary: give vocabulary, or call adapt(_:) or setVocabulary(_:) first.")
        else { return .nothing }
        let found = lookup(isOfText && !invert ? x : x.asCategories)
        return invert ? found : encoded(found)
    }

    /// The output for numbers of terms.
    func encoded(_ indices: Tensor) -> Tensor {
        if outputMode == .int { return indices }
        let type = Settings.defaultFloatType
        return weighted(CategoryEncoder.encode(indices, outputMode, depth: depth ?? 0, dtype: type))
    }

    /// Counts times the weights of `tfIDF`; other vectors as they are.
    func weighted(_ vectors: Tensor) -> Tensor {
        guard let inverseFrequencies, outputMode == .tfIDF else { return vectors }
        return vectors * Tensor(inverseFrequencies, shape: [inverseFrequencies.count]).cast(to: vectors.dtype)
    }

    public override func outputType(for inputTypes: [DType]) -> DType {
        if invert { return isOfText ? .string : .int64 }
        return outputMode == .int ? .int64 : Settings.defaultFloatType
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        var shape = try Self.onlyInput(inputShapes)
        guard shape.holdsStrings == takesStrings else {
            throw MartletError("Expected \(takesStrings ? "strings" : "integers"). Received: numbers of shape \(shape).")
        }
        if invert {
            shape.holdsStrings = isOfText
            return [shape]
        }
        guard outputMode == .int || depth != nil else {
            throw MartletError(
                "Expected a vocabulary, by which the size of the output is known: give vocabulary, or call adapt(_:) first.")
        }
        return [CategoryEncoder.shape(of: shape, outputMode, depth: depth)]
    }

    // MARK: Files

    override var assets: [(name: String, bytes: [UInt8])] {
        guard options.vocabulary == nil, table != nil else { return [] }
        let text = tokens(includeSpecialTokens: true).map(\.text).joined(separator: "\n")
        return [(Self.assetName, Array(text.utf8))]
    }
    override var assetNames: [String] { options.vocabulary == nil ? [Self.assetName] : [] }
    private static let assetName = "vocabulary.txt"

    override func load(asset: [UInt8], named name: String) throws {
        var tokens = try Self.lines(asset).map(token)
        // An empty string at the end left no line.
        if isOfText, let size = options.vocabularySize, tokens.count == size - 1 { tokens.append(.text([])) }
        // The layer was not adapted.
        if tokens.isEmpty || tokens.count == tokenStart && hasSpecialTokens(tokens) { return }
        let weights = inverseFrequencies.map { Array($0.prefix(tokens.count)) }
        try install(tokens, idfWeights: outputMode == .tfIDF ? weights ?? [] : nil)
    }

    override var storedNames: Set<String> { outputMode == .tfIDF ? ["idf_weights"] : [] }
    override var storedArrays: [(name: String, value: Tensor)] {
        guard outputMode == .tfIDF, let inverseFrequencies else { return [] }
        return [("idf_weights", Tensor(inverseFrequencies, shape: [inverseFrequencies.count]).cast(to: .float32))]
    }
    override var storedByteCount: Int { outputMode == .tfIDF ? 8 * min(depth ?? 0, 1 << 24) : 0 }
    override func load(array: Tensor, named name: String) throws {
        guard outputMode == .tfIDF, array.rank == 1 else { return }
        inverseFrequencies = array.scalars(as: Double.self)
        function = nil
        version += 1
    }
}
