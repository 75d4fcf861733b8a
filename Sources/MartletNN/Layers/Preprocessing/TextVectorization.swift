import MartletCore
import MartletFormats

/// The numbers of the words of texts, or vectors of which words occur.
///
/// Each text is standardized, split into tokens, and joined to n-grams; a vocabulary, given or found by `adapt`, has a number for
/// each of them.
///
/// ```swift
/// let vectorize = TextVectorization(outputSequenceLength: 4)
/// try vectorize.adapt(["the cat sat", "the dog ran"])
/// print(vectorize(Tensor(strings: ["The cat ran!"])))
/// ```
///
/// Shapes: [batch] or [batch, 1] of strings gives [batch, steps] of `int64` in `int` mode, where 0 is padding and 1 stands for
/// unknown tokens, and [batch, terms] of the default float type in the others. Without `outputSequenceLength` there are as many
/// steps as the longest text of the batch has. Outside of `fit`, `evaluate` and `predict`, a function that is being compiled
/// cannot call such a layer.
///
/// Source: [`keras.layers.TextVectorization`](https://keras.io/api/layers/preprocessing_layers/text/text_vectorization/).
public final class TextVectorization: Layer, ConfigurableLayer, Described {
    /// The steps of `int` outputs: longer texts are cut, shorter ones filled up with 0. Nil takes the longest of each batch.
    public private(set) var outputSequenceLength: Int?
    /// How texts are split and joined.
    private var tokens = TextTokens()
    private var options: LookupOptions
    /// The vocabulary.
    private(set) var lookupLayer: StringLookup!

    /// Makes a layer.
    /// - Parameters:
    ///   - maxTokens: the largest size of the vocabulary, special tokens included, at least 2; nil for any.
    ///   - standardize: what is done to the texts first; nothing when nil.
    ///   - split: how texts are split into tokens; nil takes each string of [batch, steps] as a token.
    ///   - ngrams: n: runs of 1 to n tokens are terms, too; nil for tokens alone.
    ///   - outputMode: what the layer returns.
    ///   - outputSequenceLength: the steps in `int` mode.
    ///   - padToMaxTokens: whether vectors have `maxTokens` elements, however many terms there are.
    ///   - vocabulary: the terms, with or without the special tokens ("" and "[UNK]") at the start; nil where `adapt` finds them.
    ///   - idfWeights: the inverse document frequency of each term of `vocabulary`, for `tfIDF`.
    public convenience init(
        maxTokens: Int? = nil, standardize: TextStandardization? = .lowerAndStripPunctuation, split: TextSplit? = .whitespace,
        ngrams: Int? = nil, outputMode: OutputMode = .int, outputSequenceLength: Int? = nil, padToMaxTokens: Bool = false,
        vocabulary: [String]? = nil, idfWeights: [Double]? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            maxTokens: maxTokens, standardize: standardize, split: split, ngramSizes: ngrams.map { [$0] } ?? [], isRange: true,
            outputMode: outputMode, outputSequenceLength: outputSequenceLength, padToMaxTokens: padToMaxTokens,
            vocabulary: vocabulary, idfWeights: idfWeights, name: name, dtype: dtype)
    }

    /// Makes a layer whose terms are runs of any of the given numbers of tokens. The other parameters are those of the other
    /// initializer.
    public convenience init(
        maxTokens: Int? = nil, standardize: TextStandardization? = .lowerAndStripPunctuation, split: TextSplit? = .whitespace,
        ngrams: [Int], outputMode: OutputMode = .int, outputSequenceLength: Int? = nil, padToMaxTokens: Bool = false,
        vocabulary: [String]? = nil, idfWeights: [Double]? = nil, name: String? = nil, dtype: (any DTypeConvertible)? = nil
    ) {
        self.init(
            maxTokens: maxTokens, standardize: standardize, split: split, ngramSizes: ngrams, isRange: false,
            outputMode: outputMode, outputSequenceLength: outputSequenceLength, padToMaxTokens: padToMaxTokens,
            vocabulary: vocabulary, idfWeights: idfWeights, name: name, dtype: dtype)
    }

    private init(
        maxTokens: Int?, standardize: TextStandardization?, split: TextSplit?, ngramSizes: [Int], isRange: Bool,
        outputMode: OutputMode, outputSequenceLength: Int?, padToMaxTokens: Bool, vocabulary: [String]?, idfWeights: [Double]?,
        name: String?, dtype: (any DTypeConvertible)?
    ) {
        self.outputSequenceLength = outputSequenceLength
        tokens = TextTokens(standardize: standardize, split: split, ngrams: ngramSizes, isRange: isRange)
        options = LookupOptions(
            maxTokens: maxTokens, maskToken: .text([]), oovToken: LookupToken("[UNK]"),
            vocabulary: vocabulary?.map { LookupToken($0) }, idfWeights: idfWeights, outputMode: outputMode,
            padToMaxTokens: padToMaxTokens, isGiven: vocabulary != nil)
        super.init(name: name, dtype: dtype)
        lookupLayer = StringLookup(options)
    }

    public static let arguments = Arguments(default: TextVectorization()) {
        $0.include(\.options, LookupOptions.textTable)
        $0("standardize", \.tokens.standardize)
        $0("split", \.tokens.split)
        $0.custom("ngrams") { layer, config in
            guard let json = config.arguments["ngrams"], json != .null else { return layer.tokens.ngrams = [] }
            if case .int = json { layer.tokens.isRange = true } else { layer.tokens.isRange = false }
            layer.tokens.ngrams = try config.perAxis("ngrams", default: 1).numbers(axes: 1)
        } write: { layer in
            let sizes = layer.tokens.ngrams
            return sizes.isEmpty ? .null : layer.tokens.isRange ? .int(sizes[0]) : .integers(sizes)
        }
        $0("output_sequence_length", \.outputSequenceLength, .atLeast(0))
        $0.absent("ragged", "ragged")
        $0.custom("encoding", read: { try $1.requireUTF8() }, write: { _ in "utf-8" })
        $0.check { layer in
            layer.options.check(layer.className)
            Argument.check(
                layer.outputSequenceLength == nil || layer.options.outputMode == .int, layer.className, "outputSequenceLength",
                expected: "outputMode .int with outputSequenceLength", received: Caller.words(".\(layer.options.outputMode)"))
            Argument.check(
                layer.tokens.ngrams.allSatisfy { (1...1000).contains($0) }, layer.className, "ngrams",
                expected: "numbers of tokens from 1", received: layer.tokens.ngrams)
            Argument.check(
                layer.options.outputMode != .oneHot || layer.tokens.split == nil, layer.className, "outputMode",
                expected: "another mode than .oneHot where texts are split: texts have different numbers of tokens",
                received: Caller.words(".oneHot"))
        }
    }

    // MARK: The vocabulary

    /// What the layer returns.
    public var outputMode: OutputMode { options.outputMode }
    /// The number of terms, with the special tokens.
    public var vocabularySize: Int { lookupLayer.vocabularySize }

    /// The terms in the order of their numbers; an empty list where none are known.
    /// - Parameter includeSpecialTokens: whether padding, "", and the token of unknown terms are among them.
    public func getVocabulary(includeSpecialTokens: Bool = true) -> [String] {
        lookupLayer.getVocabulary(includeSpecialTokens: includeSpecialTokens)
    }

    /// Takes a vocabulary, in place of the one that the layer has.
    /// - Parameters:
    ///   - vocabulary: the terms, with or without the special tokens at the start.
    ///   - idfWeights: the inverse document frequency of each of them, for `tfIDF`.
    /// - Throws: `MartletError` when a term comes twice, there are too many, or the weights do not fit.
    public func setVocabulary(_ vocabulary: [String], idfWeights: [Double]? = nil) throws {
        try lookupLayer.setVocabulary(vocabulary, idfWeights: idfWeights)
    }

    /// Takes the terms of a file, one a line, without the special tokens.
    /// - Throws: `MartletError` when it cannot be read, a term comes twice, or there are too many; with `tfIDF`, whose weights
    ///   no such file holds.
    public func setVocabulary(contentsOf path: String) throws {
        try lookupLayer.setVocabulary(contentsOf: path)
    }

    /// Finds the vocabulary in texts, a list or a `Dataset`: the most frequent terms, of equally frequent ones the last in their
    /// order first.
    /// - Throws: `MartletError` when there are no texts, or the vocabulary was given.
    public func adapt(_ texts: some Sequence<String>) throws {
        var counter = try lookupLayer.makeCounter()
        try texts.forEachBatch(limit: nil) { text in
            let texts = Tensor(strings: [text])
            try add(texts, to: &counter)
        }
        try lookupLayer.finish(counter)
    }

    /// Finds the vocabulary in texts, of shape [batch] or [batch, 1].
    /// - Throws: `MartletError` when there are no texts, or the vocabulary was given.
    public func adapt(_ data: Tensor) throws { try adapt(CollectionOfOne(data)) }

    /// Finds the vocabulary in batches of texts, which are read once.
    /// - Parameter steps: how many batches are read; nil is all of them.
    /// - Throws: `MartletError` when there are no texts, or the vocabulary was given.
    public func adapt(_ batches: some Sequence<Tensor>, steps: Int? = nil) throws {
        var counter = try lookupLayer.makeCounter()
        try batches.forEachBatch(limit: steps) { try add($0, to: &counter) }
        try lookupLayer.finish(counter)
    }

    /// Finds the vocabulary in batches of texts, such as those of `Dataset.batch`, which are read once.
    /// - Parameter steps: how many batches are read; nil is all of them.
    /// - Throws: `MartletError` when there are no texts, or the vocabulary was given.
    public func adapt(_ batches: some Sequence<[String]>, steps: Int? = nil) throws {
        var counter = try lookupLayer.makeCounter()
        try batches.forEachBatch(limit: steps) { try add(Tensor(strings: $0), to: &counter) }
        try lookupLayer.finish(counter)
    }

    private func add(_ batch: Tensor, to counter: inout TokenCounter) throws {
        guard batch.dtype == .string else { throw MartletError("Expected strings. Received: \(batch.spec).", at: name) }
        let shape = try documentShape(PartialShape(of: batch))
        let size = tokens.split == nil && shape.rank > 1 ? batch.stringShape[-1] : 1
        let terms = batch.withUnsafeBytes { bytes in
            tokens.documents(StringArray(bytes, width: batch.shape[-1]), size: size).map { texts in
                var found: [LookupToken] = []
                tokens.forEachTerm(in: texts) { found.append(.text(Array($0))) }
                return found
            }
        }
        counter.add(terms)
    }

    // MARK: Calling

    public override var takesStrings: Bool { true }
    override var castsInputs: Bool { false }
    public override var needsElements: Bool { outputMode == .int && outputSequenceLength == nil && tokens.split != nil }
    override var ownTraceSettings: [AnyHashable] { super.ownTraceSettings + [lookupLayer.version] }

    /// The function, of the vocabulary of that version.
    private var function: (version: Int, function: CustomOp)?

    public override func call(_ x: Tensor, in context: CallContext) -> Tensor {
        if isCalled(with: PartialShape(of: x)) { return x }
        guard
            require(
                lookupLayer.isReady, className,
                "Expected a vocabulary: give vocabulary, or call adapt(_:) or setVocabulary(_:) first."),
            require(x.dtype == .string, className, "Expected strings. Received: \(x.spec).")
        else { return .nothing }
        if needsElements { return vectorizedToLongest(x) }
        let output = vectorization(x)
        return outputMode == .int ? output : lookupLayer.weighted(output.cast(to: Settings.defaultFloatType))
    }

    /// The shape of the documents: without the axis of size 1 or, where nothing is split, with their tokens as the last axis.
    private func documentShape(_ shape: PartialShape) throws -> PartialShape {
        guard shape.holdsStrings else { throw MartletError("Expected strings. Received: numbers of shape \(shape).") }
        if tokens.split == nil {
            guard shape.rank > 1 || tokens.ngrams.isEmpty else {
                throw MartletError("Expected tokens of shape (batch, steps), of which n-grams are made. Received: \(shape).")
            }
            return PartialShape(shape.dimensions)
        }
        guard shape.rank > 1 else { return PartialShape(shape.dimensions) }
        guard shape[-1] ?? 1 == 1 else {
            throw MartletError("Expected one text for each sample: shape (batch,) or (batch, 1). Received: \(shape).")
        }
        return PartialShape(Array(shape.dimensions.dropLast()))
    }

    /// Whether the input is the layer's own output: the model has called the layer already, to know the number of steps.
    private func isCalled(with shape: PartialShape) -> Bool {
        needsElements && !shape.holdsStrings && Context.current.trace != nil
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        if inputShapes.count == 1, isCalled(with: inputShapes[0]) { return inputShapes }
        let shape = try documentShape(Self.onlyInput(inputShapes))
        let isSplit = tokens.split != nil
        if outputMode == .int {
            if isSplit { return [PartialShape(shape.dimensions + [outputSequenceLength])] }
            guard shape.rank > 1 else { return [shape] }
            return [shape.replacing(-1, by: outputSequenceLength ?? shape[-1].map(tokens.termCount))]
        }
        guard let depth = lookupLayer.depth else {
            throw MartletError(
                "Expected a vocabulary, by which the size of the output is known: give vocabulary, or call adapt(_:) first.")
        }
        if outputMode == .oneHot {
            let terms = shape.rank > 1 ? shape.replacing(-1, by: shape[-1].map(tokens.termCount)) : shape
            return [PartialShape(terms.dimensions + [depth])]
        }
        let documents = isSplit || shape.rank < 2 ? shape.dimensions : Array(shape.dimensions.dropLast())
        return [PartialShape(documents + [depth])]
    }

    public override func outputType(for inputTypes: [DType]) -> DType {
        outputMode == .int ? .int64 : Settings.defaultFloatType
    }

    /// As many steps as the longest text has tokens.
    private func vectorizedToLongest(_ x: Tensor) -> Tensor {
        let terms = lookupLayer.terms
        let rows: [[Int]] = x.withUnsafeBytes { bytes in
            tokens.documents(StringArray(bytes, width: x.shape[-1]), size: 1).map { texts in
                var row: [Int] = []
                tokens.forEachTerm(in: texts) { bytes in
                    do throws(OpFailure) { row.append(try terms.index(of: bytes)) } catch { fail(className, error.message) }
                }
                return row
            }
        }
        let length = rows.reduce(0) { max($0, $1.count) }
        let values = rows.flatMap { $0 + [Int](repeating: 0, count: length - $0.count) }
        let sizes = x.stringShape.dimensions
        return Tensor(values, shape: Shape((sizes.count > 1 ? Array(sizes.dropLast()) : sizes) + [length]))
    }

    private var vectorization: CustomOp {
        if let function, function.version == lookupLayer.version { return function.function }
        let (tokens, terms, mode, length) = (tokens, lookupLayer.terms, outputMode, outputSequenceLength)
        let depth = lookupLayer.depth ?? 0
        let isSplit = tokens.split != nil
        let made = CustomOp("vectorize") { inputs in
            guard inputs[0].dtype == .string else { throw OpFailure("Expected strings.") }
            let shape = inputs[0].shape.dimensions.dropLast()
            // Texts, without an axis of size 1.
            let documents = isSplit && shape.count < 2 ? Array(shape) : Array(shape.dropLast())
            let size = isSplit || shape.count < 2 ? 1 : shape.last!
            let steps = length ?? tokens.termCount(size)
            return switch mode {
            case .int where !isSplit && shape.count < 2: [TensorSpec(Shape(Array(shape)), .int64)]
            case .int: [TensorSpec(Shape(documents + [steps]), .int64)]
            case .oneHot: [TensorSpec(Shape((shape.count < 2 ? Array(shape) : documents + [steps]) + [depth]), .float64)]
            default: [TensorSpec(Shape((shape.count < 2 ? Array(shape) : documents) + [depth]), .float64)]
            }
        } run: { inputs, outputs in
            let rank = inputs[0].spec.shape.rank - 1
            let size = isSplit || rank < 2 ? 1 : inputs[0].spec.shape[rank - 1]
            let documents = tokens.documents(inputs[0].strings, size: size)
            outputs[0].bytes.initializeMemory(as: UInt8.self, repeating: 0)
            guard !documents.isEmpty else { return }
            let row = outputs[0].spec.shape.elementCount / documents.count
            // The mode says which of both it is.
            let bytes = outputs[0].bytes
            let (integers, numbers) = (bytes.assumingMemoryBound(to: Int.self), bytes.assumingMemoryBound(to: Double.self))
            var failure: OpFailure?
            for (place, texts) in documents.enumerated() {
                var step = 0
                tokens.forEachTerm(in: texts) { bytes in
                    defer { step += 1 }
                    do throws(OpFailure) {
                        let index = try terms.index(of: bytes)
                        switch mode {
                        case .int: if step < row { integers[place * row + step] = index }
                        case .oneHot: if index < depth { numbers[place * row + step * depth + index] = 1 }
                        case .multiHot: if index < depth { numbers[place * depth + index] = 1 }
                        case .count, .tfIDF: if index < depth { numbers[place * depth + index] += 1 }
                        }
                    } catch {
                        failure = failure ?? error
                    }
                }
            }
            if let failure { throw failure }
        }
        function = (lookupLayer.version, made)
        return made
    }

    // MARK: Files

    override var attributePrefix: String { "_" }
    override var assets: [(name: String, bytes: [UInt8])] { lookupLayer.assets }
    override var assetNames: [String] { lookupLayer.assetNames }
    override func load(asset: [UInt8], named name: String) throws {
        try lookupLayer.load(asset: asset, named: name)
    }
    override var storedNames: Set<String> { lookupLayer.storedNames }
    override var storedArrays: [(name: String, value: Tensor)] { lookupLayer.storedArrays }
    override var storedByteCount: Int { lookupLayer.storedByteCount }
    override func load(array: Tensor, named name: String) throws {
        try lookupLayer.load(array: array, named: name)
    }

    public override var config: [String: JSONValue] {
        var config = super.config
        config["vocabulary_size"] = .int(vocabularySize)
        config["vocabulary"] = lookupLayer.config["vocabulary"]
        config["idf_weights"] = lookupLayer.config["idf_weights"]
        return config
    }

    package static var samples: [LayerSample] {
        let texts = ["The cat sat.", "", "a DOG,  a cat", "Dog"]
        @Sendable func make(
            _ mode: OutputMode, length: Int? = nil, ngrams: Int? = nil, idf: [Double]? = nil
        ) -> TextVectorization {
            TextVectorization(
                ngrams: ngrams, outputMode: mode, outputSequenceLength: length, vocabulary: ["cat", "dog", "a cat"],
                idfWeights: idf, dtype: .float64)
        }
        let bad: [[PartialShape]] = [[[nil]]]
        return [
            LayerSample("int", make(.int, length: 3), [.init([], words: texts)], bad: bad),
            LayerSample("column", make(.int, length: 3, ngrams: 2), [.init([1], words: texts)]),
            LayerSample("count", make(.count, ngrams: 2), [.init([], words: texts)]),
            LayerSample("tf-idf", make(.tfIDF, idf: [1, 0.5, 2]), [.init([], words: texts)]),
        ]
    }
}

extension LookupOptions {
    /// The arguments that the vectorization of texts takes of those of a lookup.
    static var textTable: Arguments<LookupOptions> {
        table(of: LookupOptions(maskToken: .text([]), oovToken: LookupToken("[UNK]")))
            .without("num_oov_indices", "mask_token", "oov_token", "invert", "oov_method", "salt")
    }
}
