import MartletCore
import MartletFormats

extension FeatureSpace {
    /// What a feature or a cross of features becomes in the end.
    public enum FeatureOutput: String, CaseIterable, Sendable {
        /// The number of a category.
        case int
        /// A vector with a 1 at the number of the category.
        case oneHot = "one_hot"
        /// The numbers that the layer returns.
        case float
    }

    /// What a `FeatureSpace` returns.
    public enum Output: String, CaseIterable, Sendable {
        /// All features side by side in one tensor, in the order of their names, then the crosses in that of theirs.
        case concat
        /// Each feature and cross by itself.
        case dict
    }

    /// A column of a table: the type of its values, the layer that encodes them, and what becomes of its output. Keras's names of
    /// kinds stand for them too: `"float_normalized"`.
    public struct Feature: ExpressibleByStringLiteral {
        let make: (_ name: String, _ space: FeatureSpace) -> Made?

        struct Made {
            let dtype: DType
            let preprocessor: Layer
            let output: FeatureOutput
        }

        private init(
            _ dtype: DType, _ output: FeatureOutput, _ layer: @escaping (_ name: String, _ space: FeatureSpace) -> Layer
        ) {
            make = { Made(dtype: dtype, preprocessor: layer("\($0)_preprocessor", $1), output: output) }
        }

        /// A kind by Keras's name, with its defaults.
        public init(stringLiteral kind: String) { self.init(kind: kind) }

        init(kind: String) {
            make = { name, space in
                let feature: Feature? =
                    switch kind {
                    case "float": .float
                    case "float_normalized": .floatNormalized
                    case "float_rescaled": .floatRescaled()
                    case "float_discretized": .floatDiscretized(numBins: space.numDiscretizationBins)
                    case "integer_categorical": .integerCategorical()
                    case "string_categorical": .stringCategorical()
                    case "integer_hashed": .integerHashed(numBins: space.hashingDim)
                    case "string_hashed": .stringHashed(numBins: space.hashingDim)
                    default: nil
                    }
                Argument.check(
                    feature != nil, "FeatureSpace", "features",
                    expected: "a kind of feature, such as float_normalized or string_categorical", received: kind)
                return feature?.make(name, space)
            }
        }

        /// A feature with a layer of one's own.
        /// - Parameters:
        ///   - dtype: the type of the values.
        ///   - preprocessor: the layer that encodes them, of shape [batch, 1].
        ///   - outputMode: what becomes of its output.
        public static func feature(dtype: DType, preprocessor: Layer, outputMode: FeatureOutput) -> Feature {
            Feature(dtype, outputMode) { _, _ in preprocessor }
        }

        /// Numbers as they are.
        public static var float: Feature { Feature(.float32, .float) { name, _ in Identity(name: name, dtype: .float32) } }

        /// Numbers shifted and scaled to mean 0 and variance 1.
        public static var floatNormalized: Feature { Feature(.float32, .float) { name, _ in Normalization(name: name) } }

        /// Numbers times `scale`, plus `offset`.
        public static func floatRescaled(scale: Double = 1, offset: Double = 0) -> Feature {
            Feature(.float32, .float) { name, _ in Rescaling(scale, offset: offset, name: name) }
        }

        /// The bins of numbers.
        public static func floatDiscretized(
            numBins: Int? = nil, binBoundaries: [Double]? = nil, outputMode: FeatureOutput = .oneHot
        ) -> Feature {
            Feature(.float32, outputMode) { name, _ in
                Discretization(binBoundaries: binBoundaries, numBins: numBins, name: name)
            }
        }

        /// Integers of a vocabulary.
        public static func integerCategorical(
            maxTokens: Int? = nil, numOOVIndices: Int = 1, outputMode: FeatureOutput = .oneHot
        ) -> Feature {
            Feature(.int32, outputMode) { name, _ in
                IntegerLookup(maxTokens: maxTokens, numOOVIndices: numOOVIndices, name: name)
            }
        }

        /// Strings of a vocabulary.
        public static func stringCategorical(
            maxTokens: Int? = nil, numOOVIndices: Int = 1, outputMode: FeatureOutput = .oneHot
        ) -> Feature {
            Feature(.string, outputMode) { name, _ in
                StringLookup(maxTokens: maxTokens, numOOVIndices: numOOVIndices, name: name)
            }
        }

        /// Integers in bins of their hashes.
        public static func integerHashed(numBins: Int, outputMode: FeatureOutput = .oneHot) -> Feature {
            Feature(.int32, outputMode) { name, _ in Hashing(numBins: numBins, name: name) }
        }

        /// Strings in bins of their hashes.
        public static func stringHashed(numBins: Int, outputMode: FeatureOutput = .oneHot) -> Feature {
            Feature(.string, outputMode) { name, _ in Hashing(numBins: numBins, name: name) }
        }
    }

    /// Features that are hashed together: `["city", "job"]`, or with sizes of its own.
    public struct Cross: ExpressibleByArrayLiteral, Sendable {
        /// The features.
        public let featureNames: [String]
        /// The number of bins; nil takes the `FeatureSpace`'s.
        public let crossingDim: Int?
        /// What becomes of the bin: `int` or `oneHot`.
        public let outputMode: FeatureOutput

        /// Makes a cross. The properties describe the arguments.
        public init(_ featureNames: [String], crossingDim: Int? = nil, outputMode: FeatureOutput = .oneHot) {
            self.featureNames = featureNames
            self.crossingDim = crossingDim
            self.outputMode = outputMode
        }

        public init(arrayLiteral names: String...) { self.init(names) }

        /// The features' names joined: `city_X_job`.
        public var name: String { featureNames.joined(separator: "_X_") }
    }
}

extension FeatureSpace.Feature {
    /// Reads Keras's description, or the name of a kind.
    init(json: JSONValue) throws {
        if case .string(let kind) = json {
            self.init(kind: kind)
            return
        }
        let config = Configuration(className: "Feature", try json.value(at: ["config"], as: JSONValue.self))
        let layer: Layer = try config.located("preprocessor") { try Configuration.layer(config.required("preprocessor")) }
        let dtype = try config.located("dtype") { try DType(name: config.required("dtype")) }
        self = .feature(dtype: dtype, preprocessor: layer, outputMode: try config.option("output_mode", default: .float))
    }
}

extension FeatureSpace.Cross {
    /// Reads Keras's description, or a list of names.
    init(json: JSONValue) throws {
        if case .array = json {
            self.init(try json.value(at: []))
            return
        }
        let config = Configuration(className: "Cross", try json.value(at: ["config"], as: JSONValue.self))
        // A tuple is written with its name around.
        let names = config.arguments["feature_names"]
        self.init(
            try (names?["config"]?["value"] ?? names?["value"] ?? names ?? .null).value(at: []),
            crossingDim: try config.required("crossing_dim"),
            outputMode: try config.option("output_mode", default: .oneHot))
    }
}
