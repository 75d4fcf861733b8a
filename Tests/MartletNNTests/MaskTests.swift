import Foundation
import Martlet
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// Masks from the layers that make them to losses and metrics; numbers from Keras (`scripts/make-mask-fixtures.py`).
@Suite(.ownSession) struct MaskTests {
    static func path(_ name: String) -> String {
        Bundle.module.resourceURL!.appendingPathComponent("Fixtures/masks/\(name)").path
    }

    static func arrays(_ npz: NPZ, _ prefix: String) -> [Tensor] {
        (0...).lazy.map { npz["\(prefix)\($0)"] }.prefix { $0 != nil }.compactMap { $0 }
    }

    static func load(_ name: String) throws -> (model: Model, npz: NPZ) {
        (try Model.load(from: path("\(name).keras")), try NPZ.read(path("\(name).npz")))
    }

    static let trained = ["stack", "pooled", "masking", "attention", "translation", "explicit", "operations"]

    @Test(arguments: trained + ["nested"]) func predictsAsKeras(_ name: String) throws {
        let (model, npz) = try Self.load(name)
        let (inputs, expected) = (Self.arrays(npz, "x"), Self.arrays(npz, "y"))
        let eager = model.apply(inputs, training: false)
        try #require(eager.count == expected.count)
        for (found, value) in zip(eager, expected) { #expect(relativeError(found, value) < 2e-6) }
        let compiled = try model.predict(inputs)
        for (found, value) in zip(compiled, eager) { #expect(found.scalars(as: Float.self) == value.scalars()) }

        // What Martlet writes, it reads again as the same graph.
        try withFolder { folder in
            try model.save(to: "\(folder)/a.keras")
            let again = try Model.load(from: "\(folder)/a.keras")
            #expect(try again.toJSON() == model.toJSON())
            for (found, value) in zip(again.apply(inputs), eager) {
                #expect(found.scalars(as: Float.self) == value.scalars())
            }
        }
    }

    /// Loss and metrics leave out what is masked; so do the gradients. Compiled steps and eager ones have the same bits.
    @Test(arguments: trained) func trainsAsKeras(_ name: String) throws {
        let (_, npz) = try Self.load(name)
        let target = try #require(npz["t"])
        let inputs = Self.arrays(npz, "x")
        let data = try TensorDataset(inputs: inputs, targets: [target])
        var weights: [String] = []
        for eager in [false, true] {
            let (model, _) = try Self.load(name)
            model.runsEagerly = eager
            let logs = try model.evaluate(data, batchSize: 3)
            let evaluated = try #require(npz["evaluated"]).scalars(as: Double.self)
            let found = logs.map { $0.value }
            try #require(found.count == evaluated.count)
            for (figure, value) in zip(found, evaluated) { #expect(abs(figure - value) < 2e-6 * max(1, abs(value))) }
            let history = try model.fit(data, batchSize: 3, epochs: 2, shuffle: false)
            let losses = try #require(npz["losses"]).scalars(as: Double.self)
            for (loss, value) in zip(history["loss"], losses) { #expect(abs(loss - value) < 5e-6 * max(1, abs(value))) }
            #expect(relativeError(model.apply(inputs)[0], try #require(npz["after"])) < 1e-5)
            weights.append(model.weightsSHA256)
        }
        #expect(weights[0] == weights[1])
    }

    static let sentence = Tensor([1, 2, 0, 3, 0, 0] as [Int32], shape: [2, 3])
    static let counted = Tensor([true, true, false, true, false, false], shape: [2, 3])

    func isSame(_ mask: Tensor?, _ expected: Tensor?) -> Bool {
        mask?.scalars(as: Bool.self) == expected?.scalars(as: Bool.self) && mask?.shape == expected?.shape
    }

    @Test func layersHandOnOrDrop() {
        let x = Embedding(4, 2, maskZero: true)(Self.sentence)
        #expect(isSame(x.mask, Self.counted))
        #expect(Embedding(4, 2)(Self.sentence).mask == nil)
        let passing: [Layer] = [
            Dense(2), Dropout(0.5), ReLU(), Activation(.tanh), LayerNormalization(), BatchNormalization(), Identity(),
            TimeDistributed(Dense(3)), GRU(2, returnSequences: true), Bidirectional(LSTM(2, returnSequences: true)),
            Dense(2, dtype: .float64),
        ]
        for layer in passing { #expect(isSame(layer(x).mask, Self.counted), "\(layer.className)") }
        let dropping: [Layer] = [
            Flatten(), Reshape([6]), GRU(2), GlobalAveragePooling1D(), Conv1D(2, kernelSize: 1), RMSNormalization(),
        ]
        for layer in dropping { #expect(layer(x).mask == nil, "\(layer.className)") }
        #expect((x + 1).mask == nil)

        let y = Masking(maskValue: 2)(Tensor([2, 2, 2, 1] as [Float], shape: [1, 2, 2]))
        #expect(isSame(y.mask, Tensor([false, true], shape: [1, 2])))
        #expect(y.scalars(as: Float.self) == [0, 0, 2, 1])
        #expect(isSame(Add()([x, x]).mask, Self.counted))
        #expect(Add()([x, Tensor.ones([2, 3, 2])]).mask == nil)
        let rows = Concatenate(axis: 1)([x, Tensor.ones([2, 1, 2])])
        #expect(isSame(rows.mask, .concatenate([Self.counted, Tensor([true, true], shape: [2, 1])], axis: 1)))
    }

    /// A mask that is passed counts in place of the one that is carried, and does not change the input's.
    @Test func explicitMasks() throws {
        let x = Embedding(4, 2, maskZero: true)(Self.sentence)
        let layer = LSTM(3, returnSequences: true)
        let none = Tensor.ones([2, 3], dtype: .bool)
        let plain = x.withMask(nil)
        #expect(plain.mask == nil && x.mask != nil)
        #expect(layer(x, mask: none).scalars(as: Float.self) == layer(plain).scalars())
        #expect(layer(plain, mask: Self.counted).scalars(as: Float.self) == layer(x).scalars())
        let states = [Tensor.ones([2, 3]), Tensor.ones([2, 3])]
        #expect(
            layer(x, initialState: states)[0].scalars(as: Float.self) == layer(plain, initialState: states)[0].scalars())
        #expect(isSame(layer(x, initialState: states)[0].mask, Self.counted))
        // The gradient goes through a change of the mask.
        let tape = GradientTape()
        let z = Tensor.ones([2, 3])
        let sum = tape.record {
            tape.watch(z)
            return (z.withMask(Self.counted) * 3).sum()
        }
        #expect(try #require(tape.gradient(of: sum, withRespectTo: z)).allClose(to: Tensor.full([2, 3], 3.0)))
    }

    final class Reader: Model {
        let embedding = Embedding(4, 2, maskZero: true)
        let memory = GRU(3, returnSequences: true)
        let output = Dense(1)
        override func call(_ x: Tensor, in context: CallContext) -> Tensor { output(memory(embedding(x))) }
    }

    /// A stack, a graph and a subclass with the same weights train alike, compiled or not; the loss is the mean over what
    /// counts.
    @Test(arguments: [false, true]) func waysToModels(runEagerly: Bool) throws {
        func layers() -> [Layer] { [Embedding(4, 2, maskZero: true), GRU(3, returnSequences: true), Dense(1)] }
        let input = Input([3], dtype: .int32)
        let models: [Model] = [
            Sequential(layers()), Model(inputs: input, outputs: layers().reduce(input) { $1($0) }), Reader(),
        ]
        let target = Tensor([1, -1, 5, 2, 7, 9] as [Float], shape: [2, 3, 1])
        var losses: [[Double]] = []
        for model in models {
            try model.compile(
                optimizer: SGD(), loss: .meanSquaredError(), metrics: [.meanAbsoluteError()], runEagerly: runEagerly)
            _ = try model.predict(Self.sentence)
            for (weight, source) in zip(model.weights, models[0].weights) { weight.assign(source.value) }
        }
        for model in models {
            let y = model(Self.sentence)
            let errors = (y - target).squeezed(axis: -1)
            let logs = try model.evaluate(Self.sentence, target)
            let expected = `where`(Self.counted, errors.square(), 0).sum().item(as: Double.self) / 3
            #expect(abs(logs["loss"]! - expected) < 1e-5)
            let absolute = `where`(Self.counted, errors.abs(), 0).sum().item(as: Double.self) / 3
            #expect(abs(logs["mean_absolute_error"]! - absolute) < 1e-5)
        }
        for model in models { losses.append(try model.fit(Self.sentence, target, epochs: 3, shuffle: false)["loss"]) }
        #expect(losses[0] == losses[1] && losses[0] == losses[2])
        #expect(Set(models.map(\.weightsSHA256)).count == 1)
    }

    /// States that a stateful layer keeps are variables: a compiled step goes on from them as an eager one does.
    @Test func statefulInCompiledSteps() throws {
        let x = SampleInput.uniform([4, 5, 2], seed: 2).cast(to: .float32)
        let model = Sequential([LSTM(3, returnSequences: true, stateful: true), Dense(1)])
        let first = try model.predict(x, batchSize: 4)
        let second = try model.predict(x, batchSize: 4)
        #expect(first.scalars(as: Float.self) != second.scalars())
        (model.layers[0] as? LSTM)?.resetState()
        model.runsEagerly = true
        #expect(try model.predict(x, batchSize: 4).scalars(as: Float.self) == first.scalars())
        #expect(try model.predict(x, batchSize: 4).scalars(as: Float.self) == second.scalars())
    }

    /// Multi-head attention takes the masks off its inputs, as Keras's does, for the layers that its model calls later.
    /// The tensor that the program holds keeps its mask.
    @Test func masksThatAreTakenOff() {
        let values = Embedding(4, 2, maskZero: true)(Self.sentence)
        let (attention, memory) = (MultiHeadAttention(numHeads: 1, keyDim: 2), GRU(3))
        let x = Input([3, 2])
        let after = Model(inputs: [x], outputs: [attention(x, x), memory(x), x])
        let before = Model(inputs: [x], outputs: [memory(x)])
        let outputs = after.apply([values])
        #expect(isSame(values.mask, Self.counted))
        #expect(outputs[2].mask == nil)
        #expect(outputs[1].scalars(as: Float.self) == memory(values.withMask(nil)).scalars())
        #expect(before.apply([values])[0].scalars(as: Float.self) == memory(values).scalars())
        #expect(before.apply([values])[0].scalars(as: Float.self) != outputs[1].scalars())
        _ = attention(values, values)
        #expect(isSame(values.mask, Self.counted))
    }

    /// What a tensor's mask holds goes when the tensor goes.
    @Test func masksAreNotKept() {
        weak var mask: AnyObject?
        do {
            let x = Embedding(4, 2, maskZero: true)(Self.sentence)
            mask = x.mask?.handle
            #expect(mask != nil)
        }
        #expect(mask == nil)
    }

    /// Files of models built in code: what is passed by name is written by name.
    @Test func callsByNameInFiles() throws {
        let (x, y) = (Input([3, 2], name: "x"), Input([3, 2], name: "y"))
        let seen = Input([3], dtype: .bool, name: "seen")
        let memory = LSTM(2, returnState: true, name: "memory")
        let states = memory.apply([x])
        let read = LSTM(2, returnSequences: true, name: "reader")(y, initialState: Array(states.dropFirst()), mask: seen)[0]
        let (attended, scores) = MultiHeadAttention(numHeads: 1, keyDim: 2, name: "heads")
            .withScores(read, x, valueMask: seen, useCausalMask: true)
        let model = Model(inputs: [x, y, seen], outputs: [attended, scores])
        let json = try JSONValue(parsing: model.toJSON())
        let calls = try (json["config"] ?? .null).array("layers").reduce(into: [String: JSONValue]()) {
            $0[try $1.string("name")] = $1["inbound_nodes"]?[0]?["kwargs"]
        }
        #expect(try calls["reader"]?.object().keys == ["initial_state", "mask"])
        #expect(try calls["heads"]?.object().keys == ["value_mask", "use_causal_mask", "return_attention_scores"])
        let inputs = [
            SampleInput.uniform([2, 3, 2]).cast(to: .float32), SampleInput.uniform([2, 3, 2], seed: 4).cast(to: .float32),
            Self.counted,
        ]
        let copy = try Model.fromJSON(model.toJSON())
        try copy.setWeights(model.getWeights())
        for (a, b) in zip(copy.apply(inputs), model.apply(inputs)) { #expect(a.scalars(as: Float.self) == b.scalars()) }
    }

    @Test func badCalls() throws {
        let (model, _) = try Self.load("operations")
        func message(_ from: String, _ to: String) throws -> String {
            let json = try model.toJSON()
            #expect(json.contains(from), "\(from)")
            do {
                _ = try Model.fromJSON(json.replacing(from, with: to))
                return "no error"
            } catch {
                return error is MartletError ? "\(error)" : "no MartletError: \(error)"
            }
        }
        #expect(try message("\"Einsum\"", "\"Einsam\"").contains("\"Einsum\""))
        #expect(try message("abc,abc->ab", "abc,abc->ad").contains("layer einsum"))
        #expect(try message("\"repeats\": [1, 2, 1]", "\"repeats\": [1, 2147483647, 2147483647]").contains("fits into memory"))
        #expect(try message("\"indices_or_sections\": 3", "\"indices_or_sections\": 2").contains("layer split"))
        #expect(try message("\"newshape\": [-1, 12]", "\"newshape\": [5, 7]").contains("layer reshape"))
    }
}
