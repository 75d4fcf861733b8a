import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Layers of tables and text, against what Keras computes (`scripts/make-preprocessing-fixtures.py`).
@Suite(.ownSession) struct PreprocessingTests {
    static let cases: [JSONValue] = (try? Fixture("preprocessing").cases) ?? []

    static func make(_ json: JSONValue) throws -> Layer {
        let config = try json.value(at: ["config"], as: JSONValue.self).object()
        return try Layer.make(
            className: json.string("layer"), config: Dictionary(uniqueKeysWithValues: config.map { ($0.key, $0.value) }))
    }

    static func adapt(_ layer: Layer, _ batches: [Tensor]) throws {
        if let space = layer as? FeatureSpace {
            return try space.adapt(Dictionary(uniqueKeysWithValues: zip(space.featureNames, batches)))
        }
        if batches.count == 1 {
            switch layer {
            case let lookup as IndexLookup: try lookup.adapt(batches[0])
            case let text as TextVectorization: try text.adapt(batches[0])
            default: try #require(layer as? Discretization).adapt(batches[0])
            }
        } else {
            switch layer {
            case let lookup as IndexLookup: try lookup.adapt(batches)
            case let text as TextVectorization: try text.adapt(batches)
            default: try #require(layer as? Discretization).adapt(batches)
            }
        }
    }

    static func vocabulary(of layer: Layer) -> [String]? {
        switch layer {
        case let lookup as StringLookup: lookup.getVocabulary()
        case let lookup as IntegerLookup: lookup.getVocabulary().map(String.init)
        case let text as TextVectorization: text.getVocabulary()
        default: nil
        }
    }

    /// The numbers of terms that are not in the vocabulary take no memory each: a file may ask for 2^31 of them.
    @Test func manyUnknownTerms() throws {
        let many = 1 << 31
        let layer = try Self.make([
            "layer": "IntegerLookup",
            "config": ["vocabulary": [5, 6], "num_oov_indices": .int(many), "mask_token": .null, "oov_token": -1],
        ])
        #expect(layer(Tensor([5, 6, 7, many + 8])).scalars(as: Int.self) == [many, many + 1, 7, 8])
    }

    @Test(arguments: cases.indices) func agreesWithKeras(_ index: Int) throws {
        let json = Self.cases[index]
        let layer = try Self.make(json)
        let place = "case \(index), \(try json.string("layer"))"
        if let batches = json["adapt"], batches != .null {
            try Self.adapt(layer, json.array("adapt").map { try $0.tensor() })
        }
        if let vocabulary: [String] = try json.valueIfPresent(at: ["vocabulary"]) {
            #expect(Self.vocabulary(of: layer) == vocabulary, "\(place)")
        }
        if let boundaries: [Double] = try json.valueIfPresent(at: ["boundaries"]) {
            let found = try #require((layer as? Discretization)?.binBoundaries)
            #expect(found.count == boundaries.count, "\(place)")
            for (a, b) in zip(found, boundaries) { #expect(abs(a - b) <= 1e-6 * max(1, abs(b)), "\(place)") }
        }
        let inputs = try json.array("inputs").map { try $0.tensor() }
        let expected = try json.value(at: ["output"], as: JSONValue.self).tensor()
        if let space = layer as? FeatureSpace {
            let table = Dictionary(uniqueKeysWithValues: zip(space.featureNames, inputs))
            let output = try space.encode(table)
            #expect(relativeError(output, expected) < 1e-6, "\(place): \(output), Keras: \(expected)")
            #expect(output.dtype == .float32)
            return
        }
        let promised = try layer.outputShapes(for: inputs.map(PartialShape.init(of:)))
        #expect(promised.count == 1 && promised[0].accepts(PartialShape(of: expected)), "\(place): \(promised)")
        let output = layer.apply(inputs)[0]
        if expected.dtype == .string {
            #expect(output.strings() == expected.strings(), "\(place)")
        } else {
            #expect(relativeError(output, expected) < 1e-6, "\(place): \(output), Keras: \(expected)")
        }
        #expect(output.dtype == layer.outputType(for: inputs.map(\.dtype)))
    }

    // MARK: Files

    static func path(_ name: String) -> String { KerasFileTests.path("../preprocessing/\(name)") }

    @Test(arguments: ["tf-idf", "words", "table", "features"]) func filesOfKeras(_ name: String) throws {
        let model = try Model.load(from: Self.path("\(name).keras"))
        let npz = try NPZ.read(Self.path("\(name).npz"))
        let inputs = (0..<8).compactMap { npz["x\($0)"] }
        let expected = try #require(npz["y"])
        #expect(relativeError(try model.predict(inputs)[0], expected) < 1e-6)
        // The mean over the steps of "words" depends on the longest text of the batch.
        if name != "words" { #expect(relativeError(try model.predict(inputs, batchSize: 1)[0], expected) < 1e-6) }
        try withFolder { folder in
            for file in ["a.keras", "a.h5"] {
                try model.save(to: "\(folder)/\(file)")
                let again = try Model.load(from: "\(folder)/\(file)")
                #expect(relativeError(try again.predict(inputs)[0], expected) < 1e-6, "\(file)")
            }
            let archive = try ZipArchive("\(folder)/a.keras")
            let original = try ZipArchive(Self.path("\(name).keras"))
            let assets = original.names.filter { $0.hasPrefix("assets/") }
            #expect(Set(archive.names.filter { $0.hasPrefix("assets/") }) == Set(assets))
            for asset in assets { #expect(try archive.read(asset) == original.read(asset), "\(asset)") }
        }
        let data = try TensorDataset(inputs: inputs, targets: [#require(npz["t"])])
        try model.fit(data, batchSize: 8, epochs: 1, verbosity: .silent, shuffle: false)
        let after = try #require(npz["after"])
        #expect(relativeError(try model.predict(inputs)[0], after) < 1e-5)
    }

    @Test func featureSpaces() throws {
        let space = try FeatureSpace.load(from: Self.path("space.keras"))
        let npz = try NPZ.read(Self.path("space.npz"))
        let columns = try space.featureNames.indices.map { try #require(npz["x\($0)"]) }
        let table = Dictionary(uniqueKeysWithValues: zip(space.featureNames, columns))
        let expected = try #require(npz["y"])
        #expect(relativeError(try space.encode(table), expected) < 1e-6)
        try withFolder { folder in
            try space.save(to: "\(folder)/a.keras")
            let again = try FeatureSpace.load(from: "\(folder)/a.keras")
            #expect(relativeError(try again.encode(table), expected) < 1e-6)
            #expect(JSONValue.object(again.config) == JSONValue.object(space.config))
        }
        let model = Model(inputs: space.getInputs(), outputs: [try space.getEncodedFeatures()])
        let inputs = space.featureNames.map { name in
            let x = table[name]!
            return x.reshaped(to: Shape([3, 1] + x.shape.dimensions.dropFirst()))
        }
        #expect(relativeError(try model.predict(inputs)[0], expected) < 1e-6)
    }

    @Test func featureSpacesRefuse() throws {
        let space = FeatureSpace(features: ["kind": "string_categorical", "size": .float])
        let table = ["kind": Tensor(strings: ["a", "b"]), "size": Tensor([1.0, 2])]
        #expect(throws: MartletError.self) { try space.encode(table) }
        #expect(throws: MartletError.self) { try space.getEncodedFeatures() }
        #expect(throws: MartletError.self) { try space.adapt(["size": Tensor([1.0])]) }
        try space.adapt(table)
        #expect(try space.encode(table).scalars() == [0, 0, 1, 1, 0, 1, 0, 2] as [Float])
        #expect(throws: MartletError.self) { try space.encode(["kind": Tensor(strings: ["a"])]) }
        let numbers = FeatureSpace(features: ["code": .integerHashed(numBins: 3, outputMode: .int)], outputMode: .dict)
        #expect(try numbers.encodeEach(["code": Tensor([5])])["code"]?.shape == [1, 1])
        #expect(throws: MartletError.self) { try numbers.encode(["code": Tensor([5])]) }
        for config in [
            ["features": [:]], [:], ["features": ["a": "float_squared"]], ["features": ["a": "float"], "crosses": [["a", "b"]]],
            ["features": ["a": "float"], "output_mode": "list"],
        ] as [[String: JSONValue]] {
            #expect(throws: MartletError.self, "\(config)") { try Layer.make(className: "FeatureSpace", config: config) }
        }
    }

    // MARK: In models

    /// Texts of different lengths, batch by batch: as many steps as the longest of each has, compiled as eager.
    @Test(arguments: [true, false]) func stepsFollowTheLongestText(eagerly: Bool) throws {
        let texts = Tensor(strings: ["a b c d", "a", "b a", "c", "", "d d d"])
        let vectorize = TextVectorization(vocabulary: ["a", "b", "c", "d"])
        let model = Sequential([
            InputLayer([], dtype: .string), vectorize, Embedding(6, 1, embeddingsInitializer: .ones), Flatten3(),
        ])
        try model.compile(optimizer: "sgd", loss: "mse", runEagerly: eagerly)
        // The sum of ones counts the steps.
        #expect(try model.predict(texts, batchSize: 2).scalars(as: Int.self) == [4, 4, 2, 2, 3, 3])
        try model.fit(texts, Tensor.zeros([6, 1]), batchSize: 2, epochs: 1, verbosity: .silent)
        let alone = Sequential([InputLayer([], dtype: .string), vectorize])
        #expect(try alone.predict(texts, batchSize: 3).shape == [6, 4])
        #expect(try alone.predict(texts, batchSize: 3).scalars(as: Int.self).suffix(4) == [5, 5, 5, 0])
    }

    /// Sums over all but the first axis.
    final class Flatten3: Layer {
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { x.sum(axes: [1, 2]).expandingDims(at: -1) }
        override func outputShapes(for inputShapes: [PartialShape]) throws -> [PartialShape] { [[inputShapes[0][0], 1]] }
    }

    /// A layer whose output's shape depends on the elements runs op by op where it does not come first.
    @Test func textsReachALayerThroughOthers() throws {
        let input = Input([], dtype: .string)
        let vectorize = TextVectorization(vocabulary: ["a", "b"])
        let steps = Embedding(4, 1, embeddingsInitializer: .ones)(vectorize(Identity()(input)))
        let model = Model(inputs: input, outputs: Flatten3()(steps))
        #expect(try model.predict(Tensor(strings: ["a b", "a a a"]), batchSize: 1).scalars(as: Int.self) == [2, 3])
        let nested = Model(inputs: [input], outputs: [model(input)])
        #expect(try nested.predict([Tensor(strings: ["a b", "a a a"])], batchSize: 1)[0].scalars(as: Int.self) == [2, 3])
    }

    /// After another vocabulary, compiled steps look up the new one.
    @Test func vocabulariesChange() throws {
        let lookup = StringLookup()
        try lookup.adapt(["a", "b", "b"])
        let model = Sequential([InputLayer([1], dtype: .string), lookup])
        let x = Tensor(strings: [["a"], ["b"], ["c"]])
        #expect(try model.predict(x).scalars(as: Int.self) == [2, 1, 0])
        try lookup.setVocabulary(["c", "a"])
        #expect(try model.predict(x).scalars(as: Int.self) == [2, 0, 1])
        #expect(lookup.getVocabulary() == ["[UNK]", "c", "a"])
    }

    @Test func vocabulariesOfFiles() throws {
        try withFolder { folder in
            try FileIO.write("fig\nÄpfel\r\nplum\n", to: "\(folder)/words.txt")
            let words = try StringLookup(vocabularyFile: "\(folder)/words.txt", maskToken: "")
            #expect(words.getVocabulary() == ["", "[UNK]", "fig", "Äpfel", "plum"])
            #expect(words(Tensor(strings: ["plum", "", "x"])).scalars() == [4, 0, 1])
            try FileIO.write("7\n-3\n", to: "\(folder)/numbers.txt")
            #expect(try IntegerLookup(vocabularyFile: "\(folder)/numbers.txt").getVocabulary() == [-1, 7, -3])
            try FileIO.write("7\nfig\n", to: "\(folder)/bad.txt")
            let error = #expect(throws: MartletError.self) { try IntegerLookup(vocabularyFile: "\(folder)/bad.txt") }
            #expect(error?.location == "\(folder)/bad.txt" && error?.message.contains("\"fig\"") == true)
            try FileIO.write("a\na\n", to: "\(folder)/twice.txt")
            #expect(throws: MartletError.self) { try StringLookup(vocabularyFile: "\(folder)/twice.txt") }
        }
    }

    /// An empty string as the last term leaves no line in the archive's file, and comes back.
    @Test func anEmptyTermAtTheEnd() throws {
        let lookup = StringLookup()
        try lookup.adapt(["b", "b", ""])
        #expect(lookup.getVocabulary() == ["[UNK]", "b", ""])
        let model = Sequential([InputLayer([1], dtype: .string), lookup])
        try withFolder { folder in
            try model.save(to: "\(folder)/a.keras")
            let again = try Model.load(from: "\(folder)/a.keras")
            #expect(try again.predict(Tensor(strings: [[""], ["b"], ["c"]])).scalars(as: Int.self) == [2, 1, 0])
        }
    }

    // MARK: What goes wrong

    @Test func stringsOnlyWhereTheyBelong() throws {
        func expect(_ parts: String..., body: () throws -> Void) {
            let error = #expect(throws: MartletError.self, performing: body)
            for part in parts { #expect(error?.description.contains(part) == true, "\(String(describing: error))") }
        }
        let words = Tensor(strings: [["fig"], ["pear"]])
        let dense = Sequential([InputLayer([1]), Dense(1)])
        try dense.compile(optimizer: "sgd", loss: "mse")
        expect("Received: strings of shape (None, 1)") { _ = try dense.predict(words) }
        expect("y", "Expected numbers") { try dense.fit(Tensor.ones([2, 1]), words, verbosity: .silent) }
        let bare = Sequential([Dense(1, name: "head")])
        expect("head", "StringLookup") { _ = try bare.predict(words) }
        let lookup = Sequential([InputLayer([1], dtype: .string), StringLookup(vocabulary: ["fig"])])
        expect("strings of shape (None, 1)") { _ = try lookup.predict(Tensor.ones([2, 1])) }
        expect("head", "StringLookup") {
            _ = try Model.fromJSON(
                lookup.toJSON().replacingOccurrences(of: "\"StringLookup\"", with: "\"Flatten\"")
                    .replacingOccurrences(of: "\"string_lookup", with: "\"head"))
        }
        expect("StringLookup") { _ = try withErrors { words + 1 } }
        expect("StringLookup") { _ = try withErrors { words.cast(to: .float32) } }
        expect("string") { _ = try Layer.make(className: "Dense", config: ["units": 1, "dtype": "string"]) }
        expect("vocabulary") { _ = try withErrors { StringLookup()(words) } }
        expect("\"pear\"", "numOOVIndices") {
            _ = try withErrors { StringLookup(numOOVIndices: 0, vocabulary: ["fig"])(words) }
        }
        let strict = Sequential([
            InputLayer([1], dtype: .string), StringLookup(numOOVIndices: 0, vocabulary: ["fig"], name: "kind"),
        ])
        expect("kind", "\"pear\"") { _ = try strict.predict(words) }
    }

    @Test(arguments: [
        ("StringLookup", ["vocabulary": ["a", "a"]]), ("StringLookup", ["vocabulary": []]),
        ("StringLookup", ["vocabulary": [1, 2]]), ("StringLookup", ["vocabulary": "words.txt"]),
        ("StringLookup", ["vocabulary": ["a", ""], "mask_token": ""]), ("StringLookup", ["max_tokens": 1]),
        ("StringLookup", ["max_tokens": 2, "vocabulary": ["a", "b"]]), ("StringLookup", ["pad_to_max_tokens": true]),
        ("StringLookup", ["num_oov_indices": -1]), ("StringLookup", ["output_mode": "many"]),
        ("StringLookup", ["invert": true, "output_mode": "count"]), ("StringLookup", ["sparse": true, "output_mode": "count"]),
        ("StringLookup", ["idf_weights": [1.0], "vocabulary": ["a"]]), ("StringLookup", ["encoding": "utf-16"]),
        ("StringLookup", ["output_mode": "tf_idf", "vocabulary": ["a"]]), ("StringLookup", ["salt": [1, 2, 3]]),
        ("StringLookup", ["output_mode": "tf_idf", "vocabulary": ["a"], "idf_weights": [1.0, 2.0]]),
        ("IntegerLookup", ["vocabulary": ["a"]]), ("IntegerLookup", ["vocabulary_dtype": "int32"]),
        ("IntegerLookup", ["salt": [1, 2]]), ("IntegerLookup", ["oov_method": "best"]),
        ("TextVectorization", ["ragged": true]), ("TextVectorization", ["standardize": "upper"]),
        ("TextVectorization", ["output_mode": "count", "output_sequence_length": 3]), ("TextVectorization", ["ngrams": 0]),
        ("TextVectorization", ["output_mode": "one_hot"]), ("TextVectorization", ["ngrams": "two"]),
        ("Hashing", ["num_bins": 0]), ("Hashing", [:]), ("Hashing", ["num_bins": 2, "dtype": "float32"]),
        ("Hashing", ["num_bins": 2, "salt": [1]]), ("Hashing", ["num_bins": 2, "output_mode": "tf_idf"]),
        ("HashedCrossing", ["num_bins": 2, "output_mode": "count"]), ("CategoryEncoding", ["num_tokens": 0]),
        ("CategoryEncoding", ["num_tokens": 2, "output_mode": "int"]), ("Discretization", [:]),
        ("Discretization", ["num_bins": 0]), ("Discretization", ["bin_boundaries": [2, 1]]),
        ("Discretization", ["num_bins": 2, "epsilon": 0]), ("Pipeline", ["layers": []]), ("Pipeline", [:]),
    ] as [(String, [String: JSONValue])]) func badArguments(_ className: String, _ config: [String: JSONValue]) {
        let error = #expect(throws: MartletError.self, "\(config)") { try Layer.make(className: className, config: config) }
        #expect(error?.message.contains("Expected") == true, "\(String(describing: error))")
    }

    @Test func adaptingFails() throws {
        #expect(throws: MartletError.self) { try StringLookup(vocabulary: ["a"]).adapt(["b"]) }
        #expect(throws: MartletError.self) { try StringLookup().adapt([String]()) }
        #expect(throws: MartletError.self) { try StringLookup().adapt(Tensor([1.0])) }
        #expect(throws: MartletError.self) { try IntegerLookup().adapt(Tensor(strings: ["a"])) }
        #expect(throws: MartletError.self) { try TextVectorization().adapt(Tensor([1])) }
        #expect(throws: MartletError.self) { try TextVectorization().adapt(Tensor(strings: [["a", "b"]])) }
        #expect(throws: MartletError.self) { try Discretization(binBoundaries: [1]).adapt(Tensor([1.0])) }
        #expect(throws: MartletError.self) { try Discretization(numBins: 2).adapt([Tensor]()) }
        // Vectors keep their size.
        let lookup = StringLookup(outputMode: .multiHot)
        try lookup.adapt(["a", "b"])
        #expect(throws: MartletError.self) { try lookup.setVocabulary(["a"]) }
    }

    @Test func categoriesOutOfRange() throws {
        let model = Sequential([InputLayer([2], dtype: .int64), CategoryEncoding(numTokens: 3)])
        let error = #expect(throws: MartletError.self) { try model.predict(Tensor([[0, -4]])) }
        #expect(error?.message.contains("-4") == true)
        let counts = CategoryEncoding(numTokens: 3, outputMode: .count)
        #expect(counts([Tensor([[0, 2, 2]]), Tensor([[0.5, 2.0, 3.0]])]).scalars(as: Double.self) == [0.5, 0, 5])
        #expect(throws: MartletError.self) {
            try withErrors { CategoryEncoding(numTokens: 3)([Tensor([[0]]), Tensor([[0.5]])]) }
        }
    }

    /// Functions of one's own standardize and split; files hold their names, as Keras writes functions.
    @Test func ownTextFunctions() throws {
        func layer(_ suffix: String) -> TextVectorization {
            TextVectorization(
                standardize: .custom(name: "clean\(suffix)") { $0.lowercased().replacing("<br />", with: ";") },
                split: .custom(name: "parts\(suffix)") { $0.split(separator: ";").map(String.init) }, ngrams: 2,
                outputSequenceLength: 4, vocabulary: ["a fine film", "fine", "fine fine"])
        }
        let texts = Tensor(strings: ["A FINE film<br />Fine", "fine;fine", ""])
        let expected: [Int64] = [2, 3, 1, 0, 3, 3, 4, 0, 0, 0, 0, 0]
        #expect(layer("")(texts).scalars(as: Int64.self) == expected)
        try withFolder { folder in
            let path = "\(folder)/a.keras"
            try Sequential([InputLayer([], dtype: .string), layer("Own")]).save(to: path)
            let error = #expect(throws: MartletError.self) { try Model.load(from: path) }
            #expect(error?.message.contains("registerStandardization(\"cleanOwn\") { text in ... }") == true)
            registerStandardization("cleanOwn") { $0.lowercased().replacing("<br />", with: ";") }
            let second = #expect(throws: MartletError.self) { try Model.load(from: path) }
            #expect(second?.message.contains("registerSplit(\"partsOwn\") { text in ... }") == true)
            registerSplit("partsOwn") { $0.split(separator: ";").map(String.init) }
            #expect(try Model.load(from: path).predict(texts).scalars(as: Int64.self) == expected)
            let json = try Model.load(from: path).layers[0].config
            #expect(json["standardize"]?["config"] == "Custom>cleanOwn" && json["split"]?["class_name"] == "function")
        }
    }
}
