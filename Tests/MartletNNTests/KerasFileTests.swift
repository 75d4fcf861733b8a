import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Models that Keras saved (`scripts/make-model-fixtures.py`), and files that Martlet writes of them.
@Suite(.ownSession) struct KerasFileTests {
    static func path(_ name: String) -> String {
        Bundle.module.resourceURL!.appendingPathComponent("Fixtures/models/\(name)").path
    }

    static func arrays(_ name: String, _ prefix: String) throws -> [Tensor] {
        let npz = try NPZ.read(path("\(name).npz"))
        return (0...).lazy.map { npz["\(prefix)\($0)"] }.prefix { $0 != nil }.compactMap { $0 }
    }

    static func difference(_ a: [Tensor], _ b: [Tensor]) -> Double {
        a.count == b.count ? zip(a, b).map { ($0 - $1).abs().max().item() }.max() ?? .nan : .nan
    }

    /// Keras writes no optimizer into the `.keras` file of a model that it wrote as `.h5` before. It makes its default one of such
    /// a file, and leaves the saved state, another optimizer's, where it is.
    @Test func aCompilationWithoutAnOptimizer() throws {
        try withFolder { folder in
            let (path, model) = ("\(folder)/a.keras", Sequential([InputLayer([2]), Dense(1)]))
            let (x, y) = (Tensor([[1.0, 2], [3, 4]]), Tensor([[1.0], [2]]))
            try model.compile(optimizer: Adam(), loss: "mse")
            try model.fit(x, y, epochs: 2, verbosity: .silent)
            try model.save(to: path)
            let archive = try ZipArchive(FileIO.read(path), name: path)
            for isNull in [false, true] {
                let entries = try archive.names.map { name in
                    var bytes = try archive.read(name)
                    if name == "config.json" {
                        var config = try JSONValue(parsing: bytes).object()
                        var compilation = try #require(config["compile_config"]).object()
                        compilation["optimizer"] = isNull ? .null : nil
                        config["compile_config"] = .object(compilation)
                        bytes = Array(JSONValue.object(config).serialized().utf8)
                    }
                    return (name: name, bytes: bytes)
                }
                try ZipWriter.write(entries, to: path)
                let again = try Model.load(from: path)
                #expect(again.weightsSHA256 == model.weightsSHA256)
                #expect((again.optimizer is RMSprop) == !isNull)
                guard !isNull else { continue }
                #expect(again.optimizer?.iterations.value.item() == 0)
                try again.fit(x, y, verbosity: .silent)
            }
        }
    }

    @Test(arguments: [
        "stack.keras", "shared.keras", "nested.keras", "images.keras", "dictionary.keras", "adam.keras",
        "momentum.keras", "adapters.keras", "int8.keras", "int8-language.keras", "int8-weights.keras", "reversible.keras",
        "stack.h5", "shared.h5", "nested.h5", "images.h5", "reversible.h5",
    ]) func opensPredictsAndWrites(name: String) throws {
        let model = try Model.load(from: Self.path(name))
        let (inputs, expected) = (try Self.arrays(name, "x"), try Self.arrays(name, "y"))
        #expect(!expected.isEmpty && Self.difference(model.apply(inputs), expected) < 2e-6)

        // Both formats, a copy by JSON with the weights set, and a copy by weights' files give the same bits.
        try withFolder { folder in
            for file in ["a.keras", "a.h5"] {
                try model.save(to: "\(folder)/\(file)")
                let again = try Model.load(from: "\(folder)/\(file)")
                #expect(again.weightsSHA256 == model.weightsSHA256, "\(file)")
                #expect(Self.difference(again.apply(inputs), model.apply(inputs)) == 0, "\(file)")
                #expect(again.name == model.name)
            }
            for file in ["a.weights.h5", "a.npz", "a.safetensors", "a.keras", "a.h5"] {
                let copy = try model.clone()
                #expect(copy.weightsSHA256 != model.weightsSHA256)
                if !["a.keras", "a.h5"].contains(file) { try model.saveWeights(to: "\(folder)/\(file)") }
                try copy.loadWeights(from: "\(folder)/\(file)")
                #expect(copy.weightsSHA256 == model.weightsSHA256, "\(file)")
            }
            let copy = try Model.fromJSON(model.toJSON())
            try copy.setWeights(model.getWeights())
            #expect(Self.difference(copy.apply(inputs), expected) < 2e-6)
            #expect(try copy.toJSON() == model.toJSON())
        }
    }

    @Test(arguments: ["adam.keras", "momentum.keras", "adapters.keras", "adam.h5", "average.h5"])
    func goesOnWhereKerasStopped(name: String) throws {
        let model = try Model.load(from: Self.path(name))
        #expect(model.optimizer?.iterations.value.item() == 6)
        let npz = try NPZ.read(Self.path("\(name).npz"))
        func train(_ model: Model) throws -> Tensor {
            let history = try model.fit(npz["x0"]!, npz["t"]!, batchSize: 2, epochs: 1, shuffle: false)
            let loss = try #require(history["loss"].last)
            #expect(abs(loss - npz["loss"]!.item()) < 1e-5)
            return model.apply([npz["x0"]!])[0]
        }
        // Saved and loaded again, it goes on in the same way.
        try withFolder { folder in
            let paths = ["\(folder)/a.keras", "\(folder)/a.h5"]
            for path in paths where name != "adapters.keras" || path.hasSuffix("keras") { try model.save(to: path) }
            let copies = try paths.filter(FileManager.default.fileExists).map { try Model.load(from: $0) }
            #expect(Self.difference([try train(model)], [npz["after"]!]) < 1e-5)
            for copy in copies {
                #expect(Self.difference([try train(copy)], [model.apply([npz["x0"]!])[0]]) == 0)
            }
        }
    }

    /// A file whose optimizer has other variables: it starts anew, and a warning says so.
    @Test func stateThatDoesNotFit() throws {
        let bytes = try FileIO.read(Self.path("average.h5"))
        // The same file, but of an optimizer without an average of the weights.
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\"use_ema\": true"))
        let place = try #require(bytes.firstRange(of: Array("\"use_ema\": true ".utf8.dropLast()))).lowerBound
        var changed = bytes
        changed.replaceSubrange(place..<place + 15, with: Array("\"use_ema\":false".utf8))
        try withFolder { folder in
            try Data(changed).write(to: URL(fileURLWithPath: "\(folder)/a.h5"))
            var model: Model?
            let notes = try warnings { model = try Model.load(from: "\(folder)/a.h5") }
            #expect(notes.count == 1 && notes[0].contains("starts anew"))
            #expect(model?.optimizer?.iterations.value.item() == 0)
        }
    }

    /// The same whole numbers as Keras makes of the same model, and the same predictions, also by steps that were compiled
    /// before. The file is Keras's.
    @Test(arguments: ["int8", "int8-language", "int8-weights"]) func quantizesAsKeras(name: String) throws {
        let model = try Model.load(from: Self.path("\(name).float.keras"))
        let keras = try Model.load(from: Self.path("\(name).keras"))
        let (inputs, expected) = (try Self.arrays("\(name).keras", "x"), try Self.arrays("\(name).keras", "y"))
        let before = try model.predict(inputs)
        try model.quantize(roundsInputs: name != "int8-weights")
        #expect(Self.difference(try model.predict(inputs), expected) < 2e-6)
        let change = Self.difference(before, expected)
        #expect(change > 1e-4 && change < 0.05)
        try withFolder { folder in
            try model.save(to: folder + "/a.keras")
            let again = try Model.load(from: folder + "/a.keras")
            #expect(again.weightsSHA256 == keras.weightsSHA256)
            // Keras numbers the objects in its file.
            func plain(_ value: JSONValue) -> JSONValue {
                if let object = try? value.object() {
                    let parts = object.filter { $0.key != "shared_object_id" }
                    return .object(parts.reduce(into: JSONObject()) { $0[$1.key] = plain($1.value) })
                }
                return (try? value.array()).map { .array($0.map(plain)) } ?? value
            }
            func layers(_ model: Model) throws -> [JSONValue] {
                try plain(JSONValue(parsing: model.toJSON())).array("config", "layers")
            }
            let own = try layers(model), others = try layers(keras)
            for (layer, other) in zip(own, others) { #expect(layer == other) }
            #expect(own.count == others.count)
        }
        // Trained on, the whole numbers stay.
        let kernels = model.nonTrainableWeights.map { $0.value.scalars(as: Float.self) }
        let targets = try model.predict(inputs).map { $0 + 1 }
        try model.compile(optimizer: SGD(learningRate: 0.1), loss: "mse")
        if model.trainableWeights.isEmpty { return }
        let biases = model.trainableWeights.map { $0.value.scalars(as: Float.self) }
        try model.fit(TensorDataset(inputs: inputs, targets: targets), verbosity: .silent)
        #expect(zip(model.trainableWeights, biases).allSatisfy { $0.value.scalars(as: Float.self) != $1 })
        #expect(model.nonTrainableWeights.map { $0.value.scalars(as: Float.self) } == kernels)
    }

    /// Gradients pass through rounded inputs as if they were not rounded.
    @Test func gradientsThroughQuantizedLayers() throws {
        let x = Tensor.randomNormal([3, 4, 5])
        for layer in [Dense(6), EinsumDense("abc,cde->abde", outputShape: [nil, 2, 3])] as [Layer] {
            let model = Sequential([InputLayer([4, 5]), layer])
            try model.quantize()
            func gradient(_ call: (Tensor) -> Tensor) -> Tensor {
                let tape = GradientTape()
                let y = tape.record {
                    tape.watch(x)
                    return (call(x) * 3).sum()
                }
                return tape.gradient(of: y, withRespectTo: x)!
            }
            let kernel = layer.nonTrainableWeights[0].value, scale = layer.nonTrainableWeights[1].value
            let columns = scale.reshaped(to: Shape(Array(kernel.shape.dimensions.dropFirst())))
            let rows = (kernel / columns).reshaped(5, -1).sum(axis: 1) * 3
            #expect((gradient { model($0) } - rows).abs().max().item() < 1e-5)
        }
    }

    @Test func whatIsNotQuantized() throws {
        let model = Sequential([InputLayer([4]), Dense(3, name: "first"), Dense(2, name: "second")])
        #expect(message { try model.quantize("int4") }.contains("Expected int8"))
        #expect(message { try model.quantize(filters: ["("]) }.contains("regular expression"))
        #expect(message { try model.quantize(filters: ["third"]) }.contains("There is none"))
        #expect(message { try Sequential([Flatten()]).quantize() }.contains("There is none"))
        #expect(message { try Sequential([Dense(3)]).quantize() }.contains("Build the layer"))
        let first = model.layers[0] as! Dense
        try first.enableLoRA(rank: 1)
        #expect(message { try model.quantize() }.contains("mergeLoRA"))
        #expect(model.layers.allSatisfy { ($0 as! Dense).kernelScale == nil })
        try model.quantize(filters: ["^sec"])
        #expect((model.layers[1] as! Dense).kernelScale != nil && first.kernelScale == nil)
    }

    /// A mode other than int8, and a layer that Keras does not quantize.
    @Test(arguments: ["int4/128", "float8", "gptq/4/128", "awq/4/128"]) func otherQuantizations(mode: String) throws {
        func policy(_ mode: String) -> JSONValue {
            ["class_name": "QuantizedDTypePolicy", "config": ["mode": .string(mode), "source_name": "float32"]]
        }
        for (name, arguments, mode) in [
            ("Dense", ["units": 2], mode), ("Embedding", ["input_dim": 2, "output_dim": 2], mode), ("PReLU", [:], "int8"),
        ] as [(String, [String: JSONValue], String)] {
            let error = #expect(throws: MartletError.self) {
                try Layer.make(className: name, config: arguments.merging(["dtype": policy(mode)]) { $1 })
            }
            #expect(error?.message.contains("The layer is quantized: \(mode), ") == true && error?.location == "\(name).dtype")
        }
    }

    @Test func urls() throws {
        let model = try Model.load(from: URL(fileURLWithPath: Self.path("stack.keras")))
        try withFolder { folder in
            let folder = URL(fileURLWithPath: folder)
            try model.save(to: folder.appendingPathComponent("a.keras"))
            try model.saveWeights(to: folder.appendingPathComponent("a.safetensors"))
            let copy = try Model.load(from: folder.appendingPathComponent("a.keras"), compile: false)
            #expect(copy.weightsSHA256 == model.weightsSHA256)
            try copy.setWeights(copy.getWeights().map { $0 * 0 })
            try copy.loadWeights(from: folder.appendingPathComponent("a.safetensors"))
            #expect(copy.weightsSHA256 == model.weightsSHA256)
            let array = folder.appendingPathComponent("a.npy")
            try NPY.write(Tensor([1.0, 2]), to: array)
            #expect(try NPY.read(array).scalars() == [1.0, 2])
        }
        #expect(message { try model.save(to: URL(string: "https://example.org/a.keras")!) }.contains("URL of a file"))
    }

    @Test func weightsAlone() throws {
        let model = try Model.load(from: Self.path("stack.keras"))
        let copy = try model.clone()
        try copy.loadWeights(from: Self.path("stack.weights.h5"))
        #expect(copy.weightsSHA256 == model.weightsSHA256)
        let other = try model.clone()
        try other.loadWeights(from: Self.path("stack.h5"), byName: true)
        #expect(other.weightsSHA256 == model.weightsSHA256)
    }

    /// A model with another head takes what fits, with a warning for what does not.
    @Test(arguments: ["a.keras", "a.weights.h5", "a.h5", "a.safetensors", "a.npz"]) func otherHead(file: String) throws {
        func model(_ classes: Int) -> Model {
            Sequential([InputLayer([4]), Dense(3, name: "body"), Dense(classes, name: "head")])
        }
        try withFolder { folder in
            let saved = model(2), path = "\(folder)/\(file)"
            try saved.compile(optimizer: "adam", loss: "mse")
            if ["a.keras", "a.h5"].contains(file) { try saved.save(to: path) } else { try saved.saveWeights(to: path) }
            for byName in file == "a.h5" ? [true, false] : [false] {
                let other = model(5), head = other.layers[1].getWeights().map { $0.scalars(as: Float.self) }
                #expect(throws: MartletError.self) { try other.loadWeights(from: path, byName: byName) }
                #expect(other.layers[0].weightsSHA256 != saved.layers[0].weightsSHA256)
                let notes = try warnings { try other.loadWeights(from: path, byName: byName, skipMismatch: true) }
                #expect(notes.count == 1 && notes[0].contains("head"), "\(notes)")
                #expect(other.layers[0].weightsSHA256 == saved.layers[0].weightsSHA256)
                #expect(other.layers[1].getWeights().map { $0.scalars(as: Float.self) } == head)
            }
        }
    }

    func message(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return "no error"
        } catch {
            return error is MartletError ? "\(error)" : "no MartletError: \(error)"
        }
    }

    @Test func errors() throws {
        let model = try Model.load(from: Self.path("stack.keras"))
        let nested = try Model.load(from: Self.path("nested.keras"))
        #expect(message { try model.save(to: "/tmp/a.txt") }.contains("ends in .keras or .h5"))
        #expect(message { try Model.load(from: Self.path("stack.weights.h5")) }.contains("no model_config"))
        #expect(message { try nested.loadWeights(from: Self.path("stack.keras")) }.contains("/layers/"))
        #expect(message { try nested.loadWeights(from: Self.path("stack.h5")) }.contains("layers"))
        #expect(message { try Sequential([Dense(2)]).save(to: "/tmp/a.keras") }.contains("Expected weights"))
        func changed(_ from: String, _ to: String) throws -> String {
            let json = try model.toJSON()
            #expect(json.contains(from))
            return message { try Model.fromJSON(json.replacing(from, with: to)) }
        }
        #expect(try changed("\"Dense\"", "\"Denser\"").contains("\"Dense\""))
        #expect(try changed("\"units\": 6", "\"units\": -6").contains("Dense.units"))
        #expect(try changed("\"units\": 6", "\"units\": 4611686018427387904").contains("below 2^31"))
        #expect(try changed("[null, 4]", "[null, \"4\"]").contains("batch_shape"))
    }

    /// Where a nested model is called last, Keras counts its own graph as the first call, there only.
    @Test func nestedModelsAsOutputs() throws {
        let (a, b) = (Input([4]), Input([3]))
        let inner = Model(inputs: [a], outputs: [Dense(4, name: "d")(a)], name: "inner")
        let x = Dense(4, name: "first")(b)
        let model = Model(inputs: [b], outputs: [inner(inner(x))])
        let json = try JSONValue(parsing: model.toJSON())
        #expect(json["config"]?["output_layers"] == ["inner", 2, 0])
        let calls = try json.array("config", "layers").last?.array("inbound_nodes")
        let history = calls?.map { $0["args"]?[0]?["config"]?["keras_history"] }
        #expect(history == [["first", 0, 0], ["inner", 0, 0]])
        let copy = try model.clone()
        try copy.setWeights(model.getWeights())
        let data = Tensor.ones([2, 3])
        #expect(Self.difference([copy(data)], [model(data)]) == 0)
    }

    /// Without a file the machine's memory is the bound.
    @Test func absurdSizesThrow() throws {
        let json = try Sequential([InputLayer([4]), Dense(6), Dense(2)]).toJSON()
        let absurd = json.replacing("\"units\": 6", with: "\"units\": 2147483647")
            .replacing("\"units\": 2,", with: "\"units\": 2147483647,")
        #expect(absurd != json && message { try Model.fromJSON(absurd) }.contains("machine's memory"))
    }

    /// A configuration cannot ask for more memory than its file accounts for.
    @Test func budget() throws {
        let archive = try ZipArchive(Self.path("stack.keras"))
        let entries = try archive.names.map { name in
            let text = String(decoding: try archive.read(name), as: UTF8.self)
            let bytes = try archive.read(name)
            return (name: name, bytes: name == "config.json"
                ? Array(text.replacing("\"units\": 6", with: "\"units\": 2000000000").utf8) : bytes)
        }
        let bytes = try ZipWriter.bytes(of: entries, name: "big")
        #expect(message { try Model.load(keras: bytes, name: "big.keras") }.contains("more than the weights of the file"))
    }
}
