import MartletCore
import MartletData
import MartletFormats

/// The columns of a table as one tensor: each is encoded by its kind, and crosses of columns are added.
///
/// ```swift
/// let space = FeatureSpace(
///     features: ["age": .floatNormalized, "city": .stringCategorical()], crosses: [])
/// let table = ["age": Tensor([31.0, 52]), "city": Tensor(strings: ["Oslo", "Rome"])]
/// try space.adapt(table)
/// print(try space.encode(table).shape)
/// ```
///
/// It goes before the model, in a pipeline or a program, or into it:
/// `Model(inputs: space.getInputs(), outputs: [Dense(1)(try space.getEncodedFeatures())])`.
///
/// Source: [`keras.utils.FeatureSpace`](https://keras.io/api/utils/feature_space/).
public final class FeatureSpace: Layer, ConfigurableLayer {
    /// The names of the features, in the order in which they were given.
    public let featureNames: [String]
    /// The crosses.
    public let crosses: [Cross]
    /// What the space returns.
    public let outputMode: Output
    /// The number of bins of crosses that do not say.
    public let crossingDim: Int
    /// The number of bins of the kinds `integer_hashed` and `string_hashed`, given by name.
    public let hashingDim: Int
    /// The number of bins of the kind `float_discretized`, given by name.
    public let numDiscretizationBins: Int

    /// The layer that encodes each feature.
    public private(set) var preprocessors: [String: Layer] = [:]
    /// The layer of each cross.
    public private(set) var crossers: [String: HashedCrossing] = [:]
    private var oneHotEncoders: [String: CategoryEncoding] = [:]
    private var specs: [String: (dtype: DType, output: FeatureOutput)] = [:]
    private var concat = Concatenate(axis: -1)
    private var symbols: [SymbolicTensor]?

    /// Makes a space.
    /// - Parameters:
    ///   - features: the kind of each column, at least one.
    ///   - outputMode: what the space returns.
    ///   - crosses: columns of categories that are hashed together.
    ///   - crossingDim: the number of bins of crosses that do not say.
    ///   - hashingDim: the number of bins of the kinds `integer_hashed` and `string_hashed`, given by name.
    ///   - numDiscretizationBins: the number of bins of the kind `float_discretized`, given by name.
    public convenience init(
        features: KeyValuePairs<String, Feature>, outputMode: Output = .concat, crosses: [Cross] = [], crossingDim: Int = 32,
        hashingDim: Int = 32, numDiscretizationBins: Int = 32, name: String? = nil
    ) {
        self.init(
            features.map { ($0.key, $0.value) }, outputMode, crosses, crossingDim, hashingDim, numDiscretizationBins, name)
    }

    private init(
        _ features: [(name: String, feature: Feature)], _ outputMode: Output, _ crosses: [Cross], _ crossingDim: Int,
        _ hashingDim: Int, _ bins: Int, _ name: String?
    ) {
        func check(_ condition: Bool, _ argument: String, _ expected: String, _ received: Any) {
            Argument.check(condition, "FeatureSpace", argument, expected: expected, received: received)
        }
        featureNames = features.map(\.name)
        self.outputMode = outputMode
        self.crosses = crosses
        self.crossingDim = crossingDim
        self.hashingDim = hashingDim
        numDiscretizationBins = bins
        super.init(name: name)
        check(!features.isEmpty, "features", "at least one feature", "none")
        check(Set(featureNames).count == featureNames.count, "features", "different names", featureNames)
        for (name, value) in [("crossingDim", crossingDim), ("hashingDim", hashingDim), ("numDiscretizationBins", bins)] {
            check(value >= 1, name, "a positive integer", value)
        }
        for (name, feature) in features {
            guard let made = feature.make(name, self) else { continue }
            preprocessors[name] = made.preprocessor
            specs[name] = (made.dtype, made.output)
        }
        for cross in crosses {
            check(
                cross.featureNames.count > 1 && Set(cross.featureNames).isSubset(of: featureNames), "crosses",
                "two or more of the features \(featureNames.joined(separator: ", "))", cross.featureNames)
            check(cross.outputMode != .float, "crosses", "the output mode int or one_hot", cross.outputMode.rawValue)
            check(cross.crossingDim ?? 1 >= 1, "crosses", "a positive crossingDim", cross.crossingDim ?? 0)
            crossers[cross.name] = HashedCrossing(numBins: max(1, cross.crossingDim ?? crossingDim), name: cross.name)
        }
    }

    public convenience init(config: Configuration) throws {
        let features = try config.required("features", as: JSONObject.self)
        let crosses = try config.optional("crosses", as: [JSONValue].self) ?? []
        self.init(
            try features.map { name, json in (name, try config.located("features") { try Feature(json: json) }) },
            try config.option("output_mode", default: .concat),
            try config.located("crosses") { try crosses.map { try Cross(json: $0) } },
            try config.value("crossing_dim", default: 32), try config.value("hashing_dim", default: 32),
            try config.value("num_discretization_bins", default: 32), try config.name)
    }

    public override var config: [String: JSONValue] {
        func described(_ name: String, _ config: [String: JSONValue]) -> JSONValue {
            [
                "module": "keras.src.layers.preprocessing.feature_space", "class_name": .string(name),
                "config": .object(config), "registered_name": .string(name),
            ]
        }
        var features = JSONObject()
        for name in featureNames {
            guard let layer = preprocessors[name], let spec = specs[name] else { continue }
            features[name] = described(
                "Feature",
                [
                    "dtype": .string(spec.dtype.name), "preprocessor": JSONValue(layer),
                    "output_mode": .string(spec.output.rawValue),
                ])
        }
        return [
            "name": .string(name), "features": .object(features), "output_mode": .string(outputMode.rawValue),
            "crosses": .array(
                crosses.map { cross in
                    described(
                        "Cross",
                        [
                            "feature_names": .array(cross.featureNames.map { .string($0) }),
                            "crossing_dim": .int(cross.crossingDim ?? crossingDim),
                            "output_mode": .string(cross.outputMode.rawValue),
                        ])
                }), "crossing_dim": .int(crossingDim), "hashing_dim": .int(hashingDim),
            "num_discretization_bins": .int(numDiscretizationBins),
        ]
    }

    // MARK: Adapting

    /// Adapts the layers that learn from data to the columns of a table.
    /// - Throws: `MartletError` when a column is missing or does not fit its kind.
    public func adapt(_ table: [String: Tensor]) throws { try adapt(CollectionOfOne(table)) }

    /// Adapts the layers that learn from data to batches of a table, which are read once for each of them.
    /// - Throws: `MartletError` when a column is missing or does not fit its kind.
    public func adapt(_ batches: some Sequence<[String: Tensor]>) throws {
        for name in featureNames {
            guard let layer = preprocessors[name], Self.learns(layer) else { continue }
            var columns: [Tensor] = []
            try batches.forEachBatch(limit: nil) { table in
                guard let column = table[name] else { throw missing(name, table) }
                columns.append(Self.column(column))
            }
            switch layer {
            case let layer as Normalization: try layer.adapt(columns)
            case let layer as Discretization: try layer.adapt(columns)
            case let layer as IndexLookup: try layer.adapt(columns)
            case let layer as TextVectorization: try layer.adapt(columns)
            default: break
            }
        }
    }

    private func missing(_ name: String, _ table: [String: Tensor]) -> MartletError {
        MartletError("Expected a column \"\(name)\". Received: \(table.keys.sorted()).", at: self.name)
    }

    private static func learns(_ layer: Layer) -> Bool {
        switch layer {
        case let layer as Normalization: layer.givenMean == nil
        case let layer as Discretization: layer.numBins != nil
        case let layer as IndexLookup: !layer.options.isGiven
        case let layer as TextVectorization: !layer.lookupLayer.options.isGiven
        default: false
        }
    }

    /// A vector as a column.
    private static func column(_ x: Tensor) -> Tensor {
        let shape = x.stringShape
        guard shape.rank < 2 else { return x }
        let count = shape.rank == 0 ? 1 : shape[0]
        return x.reshaped(to: Shape([count, 1] + x.shape.dimensions.dropFirst(shape.rank)))
    }

    // MARK: Encoding

    /// All features of a table side by side. A column has the shape [batch] or [batch, 1].
    /// - Throws: `MartletError` when a column is missing or does not fit, the space was not adapted, a feature is not encoded as
    ///   numbers, or `outputMode` is `dict`.
    public func encode(_ table: [String: Tensor]) throws -> Tensor {
        try withErrors { try joined(encodeEach(table)) }
    }

    /// Each feature and cross of a table by itself.
    /// - Throws: `MartletError` when a column is missing or does not fit, or the space was not adapted.
    public func encodeEach(_ table: [String: Tensor]) throws -> [String: Tensor] {
        let columns = try featureNames.map { name -> Tensor in
            guard let column = table[name] else { throw missing(name, table) }
            return Self.column(column)
        }
        return try withErrors {
            Dictionary(uniqueKeysWithValues: zip(outputNames, try encoded(columns)))
        }
    }

    private func joined(_ features: [String: Tensor]) throws -> Tensor {
        try requireConcat()
        return concat(outputNames.map { features[$0]! })
    }

    /// The inputs of a model: one for each feature, in the order in which they were given.
    public func getInputs() -> [SymbolicTensor] {
        if let symbols { return symbols }
        let made = featureNames.map { Input([1], dtype: specs[$0]?.dtype, name: $0) }
        symbols = made
        return made
    }

    /// All features side by side, made of `getInputs()`.
    /// - Throws: `MartletError` when the space was not adapted, a feature is not encoded as numbers, or `outputMode` is `dict`.
    public func getEncodedFeatures() throws -> SymbolicTensor {
        try withErrors {
            try requireConcat()
            return concat(try encoded(getInputs()))
        }
    }

    /// Makes the weights of the layers.
    func prepare() throws {
        for name in featureNames {
            var shape: PartialShape = [nil, 1]
            shape.holdsStrings = specs[name]?.dtype == .string
            try preprocessors[name]?.ensureBuilt(for: [shape])
        }
    }

    /// The names of features and crosses in the order of the output.
    var outputNames: [String] { featureNames.sorted() + crosses.map(\.name).sorted() }

    private func requireConcat() throws {
        guard outputMode == .concat else {
            throw MartletError(Caller.words(
                swift: "Expected outputMode .concat. Received: .dict; use encodeEach.",
                keras: "Expected output_mode concat. Received: dict, which makes no single tensor."), at: name)
        }
        let modes = specs.mapValues(\.output).merging(crosses.map { ($0.name, $0.outputMode) }) { $1 }
        if let integer = outputNames.first(where: { modes[$0] == .int }) {
            throw MartletError(
                "Expected features that are encoded as numbers of one type. Received: \"\(integer)\" with the output mode int; "
                    + "use .oneHot, or outputMode .dict.", at: name)
        }
    }

    /// Features and crosses in the order of `outputNames`.
    private func encoded<Value: LayerValue>(_ columns: [Value]) throws -> [Value] {
        for name in featureNames {
            if let layer = preprocessors[name], Self.learns(layer), !Self.isReady(layer) {
                throw MartletError("Expected a space that was adapted to data: call adapt(_:) first.", at: self.name)
            }
        }
        var features: [String: Value] = [:]
        for (name, column) in zip(featureNames, columns) { features[name] = preprocessors[name]!(column) }
        for cross in crosses { features[cross.name] = crossers[cross.name]!(cross.featureNames.map { features[$0]! }) }
        return try outputNames.map { name in
            guard let encoder = try encoder(of: name) else { return features[name]! }
            return encoder(features[name]!)
        }
    }

    private static func isReady(_ layer: Layer) -> Bool {
        switch layer {
        case let layer as Normalization: layer.isBuilt
        case let layer as Discretization: layer.binBoundaries != nil
        case let layer as IndexLookup: layer.isReady
        case let layer as TextVectorization: layer.lookupLayer.isReady
        default: true
        }
    }

    /// The layer that makes vectors of a feature's numbers, nil for one that stays as it is.
    private func encoder(of name: String) throws -> CategoryEncoding? {
        let output = specs[name]?.output ?? crosses.first { $0.name == name }?.outputMode
        guard output == .oneHot else { return nil }
        let size: Int? =
            switch preprocessors[name] ?? crossers[name] {
            case let layer as IndexLookup where layer.outputMode == .int: layer.vocabularySize
            case let layer as Discretization where layer.outputMode == .int: layer.binBoundaries.map { $0.count + 1 }
            case let layer as Hashing where layer.outputMode == .int: layer.numBins
            case let layer as HashedCrossing where layer.outputMode == .int: layer.numBins
            case let layer as CategoryEncoding: layer.numTokens
            default: nil
            }
        guard let size else {
            throw MartletError(
                "Expected a layer that returns numbers of known categories, of which \"\(name)\" makes vectors. Received: "
                    + "\(preprocessors[name]?.className ?? "none"). Use the output mode float.", at: self.name)
        }
        if let made = oneHotEncoders[name], made.numTokens == size { return made }
        let made = CategoryEncoding(numTokens: size)
        oneHotEncoders[name] = made
        return made
    }

    // MARK: As a layer

    /// In the order of the features: files number the layers.
    override var labelledSublayers: [(property: String, layer: Layer)] {
        featureNames.compactMap { name in preprocessors[name].map { ("preprocessors", $0) } }
            + crosses.compactMap { cross in crossers[cross.name].map { ("crossers", $0) } }
    }

    override var castsInputs: Bool { false }
    public override var takesStrings: Bool { true }

    public override func call(_ inputs: [Tensor], in context: CallContext) -> [Tensor] {
        do {
            let features = try encoded(inputs)
            guard outputMode == .concat else { return features }
            try requireConcat()
            return [concat(features)]
        } catch {
            Argument.note(error)
            return [.nothing]
        }
    }

    public override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] {
        guard inputShapes.count == featureNames.count else {
            throw MartletError(
                "Expected an input for each of the features \(featureNames.joined(separator: ", ")). "
                    + "Received: \(inputShapes.count).")
        }
        var shapes: [String: PartialShape] = [:]
        for (name, shape) in zip(featureNames, inputShapes) {
            try preprocessors[name]!.ensureBuilt(for: [shape])
            shapes[name] = try preprocessors[name]!.checkedOutputShapes(of: LayerCall([shape]))[0]
        }
        for cross in crosses {
            let crossed = LayerCall(cross.featureNames.map { shapes[$0]! })
            shapes[cross.name] = try crossers[cross.name]!.checkedOutputShapes(of: crossed)[0]
        }
        let all = try outputNames.map { name in
            try encoder(of: name)?.checkedOutputShapes(of: LayerCall([shapes[name]!]))[0] ?? shapes[name]!
        }
        guard outputMode == .concat else { return all }
        try requireConcat()
        return try concat.outputShapes(for: all)
    }

    package static var samples: [LayerSample] {
        let words = ["fig", "", "pear"]
        @Sendable func category(_ lookup: Layer) -> Feature {
            .feature(dtype: .int32, preprocessor: lookup, outputMode: .oneHot)
        }
        return [
            LayerSample(
                "table",
                FeatureSpace(
                    features: [
                        "size": .floatRescaled(scale: 2), "code": category(IntegerLookup(vocabulary: [1, 2])),
                        "kind": .stringHashed(numBins: 3),
                    ], crosses: [["code", "kind"]], crossingDim: 4),
                [[1], .init([1], classCount: 4), .init([1], words: words)])
        ]
    }
}
