import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Dtype policies: where they come from, what layers do with them, and how files hold them.
@Suite(.ownSession) struct PolicyTests {
    // MARK: - Where policies come from

    @Test func names() throws {
        let mixed = try DTypePolicy(name: "mixed_float16")
        #expect(mixed == .mixedFloat16 && mixed.computeDType == .float16 && mixed.variableDType == .float32 && mixed.isMixed)
        let brain = try DTypePolicy(name: "bfloat16")
        #expect(brain == .bfloat16 && brain.computeDType == .bfloat16 && brain.variableDType == .bfloat16 && !brain.isMixed)
        for name in ["mixed_float32", "mixed", "half", ""] {
            #expect(throws: MartletError.self) { try DTypePolicy(name: name) }
        }
    }

    @Test func anArgumentTakesEachForm() throws {
        #expect(Dense(1, dtype: "mixed_bfloat16").dtypePolicy == .mixedBfloat16)
        #expect(Dense(1, dtype: .mixedFloat16).dtypePolicy == .mixedFloat16)
        let plain = DType.float64
        #expect(Dense(1, dtype: plain).dtypePolicy == .float64)
        #expect(Dense(1).dtypePolicy == .float32)
        #expect(throws: MartletError.self) { try withErrors { _ = Dense(1, dtype: "mixed_int8") } }
    }

    /// Of the process. What it is already changes nothing for tests beside this one.
    @Test func theGlobalPolicy() {
        setDTypePolicy(.float32)
        #expect(Settings.dtypePolicy == .float32)
        #expect(throws: MartletError.self) { try withErrors { setDTypePolicy("half") } }
        #expect(throws: MartletError.self) { try withErrors { setDTypePolicy(.int32) } }
        #expect(Settings.dtypePolicy == .float32)
    }

    @Test func aScopeGivesThePolicy() throws {
        let (dense, model) = try withDTypePolicy("mixed_bfloat16") { (Dense(2), Sequential([InputLayer([4, 3]), LSTM(2)])) }
        #expect(dense.dtypePolicy == .mixedBfloat16 && model.dtypePolicy == .mixedBfloat16)
        // An input has the default float type, a cell its layer's policy.
        #expect(model.inputSpecs[0].dtype == .float32)
        #expect((model.layers[0] as? LSTM)?.cell.dtypePolicy == .mixedBfloat16)
        #expect(Dense(2).dtypePolicy == .float32)
        #expect(throws: MartletError.self) { try withDTypePolicy("half") {} }
    }

    @Test func aMapGivesThePolicyOfAPath() throws {
        let map = DTypePolicyMap(
            ["block/.*": .mixedBfloat16, "block/second": "float64", "head": DType.bfloat16], default: .mixedFloat16)
        let model = Sequential(
            [InputLayer([3]), Dense(2, name: "first", dtype: map), Dense(2, name: "second", dtype: map), Dense(2, name: "third")],
            name: "block")
        #expect(model.layers.map(\.dtypePolicy) == [.mixedBfloat16, .float64, .float32])
        #expect(model.layers.map(\.path) == ["block/first", "block/second", "block/third"])
        #expect(model.layers[1].weights.allSatisfy { $0.dtype == .float64 })
        let head = Dense(1, name: "head", dtype: map)
        #expect(head.dtypePolicy == .mixedFloat16)
        try head.ensureBuilt(for: [[nil, 2]])
        #expect(head.dtypePolicy == .bfloat16 && head.weights[0].dtype == .bfloat16)
        let twice = DTypePolicyMap(["a.*": .float32, ".*b": .float64])
        #expect(throws: MartletError.self) { try Dense(1, name: "ab", dtype: twice).ensureBuilt(for: [[nil, 2]]) }
        #expect(try withDTypePolicy(DTypePolicyMap(["x": .float64], default: .mixedBfloat16)) { Dense(1, name: "x") }
            .dtypePolicy == .mixedBfloat16)
    }

    // MARK: - What layers do

    /// Layers of every class under a policy: weights as they are kept, outputs as they are computed, the same bits compiled.
    @Test(arguments: [DTypePolicy.mixedBfloat16, .mixedFloat16, .bfloat16, .float16])
    func everyLayer(_ policy: DTypePolicy) throws {
        // An input and the features of a FeatureSpace have plain dtypes.
        for type in LayerRegistry.types where !["InputLayer", "FeatureSpace"].contains(type.className) {
            for sample in type.samples {
                let original = sample.make()
                let place = "\(type.className), \(sample.label)"
                let config = original.config.mapValues { PolicyFixtureTests.changing($0, to: policy.name) }
                let plain = if case .string(let name)? = config["dtype"] { name.contains("int") } else { false }
                let layer = try Layer.make(
                    className: type.className, config: plain ? config : config.merging(["dtype": .string(policy.name)]) { $1 })
                let inputs = sample.inputs.map { input in
                    let x = input.tensor(batch: 3)
                    return x.dtype.isFloatingPoint ? x.cast(to: .float32) : x
                }
                try layer.ensureBuilt(for: inputs.map { PartialShape(of: $0).withAnyBatch })
                let outputs = try withErrors { layer.apply(inputs) }
                for output in outputs {
                    #expect(output.dtype == layer.outputType(for: inputs.map(\.dtype)), "\(place)")
                    if output.dtype.isFloatingPoint, !Self.givesFloats.contains(type.className) {
                        #expect(output.dtype == policy.computeDType, "\(place): \(output.dtype)")
                    }
                }
                for weight in layer.weights where weight.dtype.isFloatingPoint {
                    #expect(weight.dtype == policy.variableDType, "\(place): \(weight.path)")
                }
                // The configuration says the policy again.
                let again = try Layer.make(className: type.className, config: layer.config)
                #expect(again.dtypePolicy == layer.dtypePolicy, "\(place)")
                if layer.takesStrings { continue }
                // Draws differ from call to call.
                if layer is RandomImageLayer { continue }
                let step = compiled { (inputs: [Tensor]) in layer.apply(inputs) }
                for (eager, traced) in zip(outputs, step(inputs)) {
                    func bits(_ x: Tensor) -> [UInt64] { x.scalars(as: Double.self).map(\.bitPattern) }
                    #expect(bits(eager) == bits(traced), "\(place): compiled")
                }
                for output in try withErrors({ layer.apply(inputs, training: true) }) {
                    #expect(output.dtype == layer.outputType(for: inputs.map(\.dtype)), "\(place): training")
                }
            }
        }
    }

    /// As in Keras, vectors of lookups have the default float type, those of hashes the dtype of weights.
    static let givesFloats: Set = ["StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing"]

    final class Counting: Layer {
        private(set) var total: Variable!
        private(set) var exact: Variable!
        private(set) var seen: [DType] = []
        override func build(for shapes: [PartialShape]) throws {
            total = addWeight("total", shape: [], initializer: .zeros, trainable: false)
            exact = addWeight("exact", shape: [], initializer: .ones, trainable: false, autocast: false)
        }
        override func call(_ x: Tensor, in context: CallContext) -> Tensor {
            seen = [x.dtype, total.value.dtype, exact.value.dtype]
            total.assign(total.value + x.sum())
            return x
        }
    }

    @Test func aLayerOfOnesOwnFollows() throws {
        let layer = Counting(dtype: .mixedBfloat16)
        let y = layer(Tensor.ones([2, 3]))
        #expect(layer.seen == [.bfloat16, .bfloat16, .float32] && y.dtype == .bfloat16)
        #expect(layer.total.dtype == .float32 && layer.total.value.dtype == .float32 && layer.total.value.item() == 6.0)
        let plain = Counting(dtype: .mixedBfloat16, autocast: false)
        _ = plain(Tensor.ones([2, 3]))
        #expect(plain.seen == [.float32, .float32, .float32])
        // A layer of float32 in a model of bfloat16 reads its weights as they are.
        let model = try withDTypePolicy(.mixedBfloat16) { Sequential([Dense(3), Counting(dtype: .float32)]) }
        _ = model(Tensor.ones([2, 3]))
        #expect((model.layers[1] as? Counting)?.seen == [.float32, .float32, .float32])
        // Reading a weight outside of the layer gives it as it is kept, also where the reading fails in between.
        #expect(layer.weights.allSatisfy { $0.value.dtype == .float32 })
    }

    /// The weight's gradient is in float32, also where it comes through 16 bits, and the cast is on the tape.
    @Test func gradientsReachTheWeightsThatAreKept() throws {
        let layer = Dense(1, useBias: false, kernelInitializer: .ones, dtype: .mixedBfloat16)
        let x = Tensor([[1.0, 2.0]], dtype: .float32)
        let tape = GradientTape()
        let y = tape.record { layer(x).sum() }
        let gradient = try #require(tape.gradient(of: y, withRespectTo: layer.trainableWeights)[0])
        #expect(gradient.dtype == .float32 && gradient.scalars(as: Double.self) == [1, 2])
    }

    @Test func penaltiesSeeTheWeightsThatAreKept() throws {
        let layer = Dense(
            1, useBias: false, kernelInitializer: Constant(1.003), kernelRegularizer: .l2(1), dtype: .mixedBfloat16)
        try layer.ensureBuilt(for: [[nil, 1]])
        _ = layer(Tensor.ones([1, 1]))
        // In bfloat16 1.003 is 1.
        #expect(abs(layer.losses[0].item(as: Double.self) - 1.003 * 1.003) < 1e-6)
    }

    /// In bfloat16 the mean of these targets' losses would be a multiple of 1/128 or so.
    @Test func lossesAndMetricsComputeInFloat32() throws {
        let (y, p) = (Tensor([1.0, 1.001, 1.002]), Tensor([0.0, 0.0, 0.0]).cast(to: .bfloat16))
        let loss = MeanSquaredError()(y, p)
        #expect(loss.dtype == .float32 && abs(loss.item(as: Double.self) - 1.0020016) < 1e-6)
        let model = Sequential([InputLayer([1]), Dense(1, kernelInitializer: .zeros, dtype: .mixedBfloat16)])
        try model.compile(optimizer: "sgd", loss: "mse", metrics: ["mae"])
        let logs = try model.evaluate(Tensor.ones([3, 1]), y.expandingDims(at: 1), verbosity: .silent)
        #expect(abs(logs["mae"]! - 1.001) < 1e-6)
    }

    @Test func theGradientCheckComputesAModelInFloat64() throws {
        let model = try withDTypePolicy(.mixedBfloat16) {
            Sequential([
                InputLayer([4, 3]), LSTM(2, returnSequences: true), LayerNormalization(), BatchNormalization(), Flatten(),
                Dense(2, activation: .tanh),
            ])
        }
        try model.compile(optimizer: "sgd", loss: "mse")
        let report = try gradientCheck(model, SampleInput.uniform([2, 4, 3], seed: 1), SampleInput.uniform([2, 2], seed: 2))
        #expect(report.passed, "\(report)")
    }

    @Test func summaryHasAHintForASoftmaxOf16Bits() throws {
        let half = try withDTypePolicy(.mixedBfloat16) {
            Sequential([InputLayer([3]), Dense(2, activation: .softmax, name: "end")])
        }
        #expect(half.summaryText().contains("Hint: the softmax of \"end\" gives bfloat16"))
        let full = try withDTypePolicy(.mixedBfloat16) {
            Sequential([InputLayer([3]), Dense(2, activation: .softmax, dtype: .float32)])
        }
        #expect(!full.summaryText().contains("Hint"))
    }

    // MARK: - Files

    static let models: [JSONValue] = (try? Fixture("policy-models").cases) ?? []

    /// Files of Keras: the policies of all layers, predictions, and training that goes on.
    @Test(arguments: models.indices) func filesOfKeras(_ index: Int) throws {
        let item = Self.models[index]
        let name = try item.string("name")
        let url = try #require(Bundle.module.url(forResource: "Fixtures/policies/\(name)", withExtension: nil))
        let model = try withDTypePolicy(item.string("policy")) { try Model.load(from: url.path) }
        let (x, y) = (try #require(try item.tensorIfPresent("x")), try #require(try item.tensorIfPresent("y")))
        let expected: [[String]] = try item.array("layers").map { try $0.value(at: []) }
        let found = model.layers.map { [$0.name, $0.computeDType.name, $0.variableDType.name] }
        #expect(found.filter { !$0[0].hasPrefix("input") } == expected.filter { !$0[0].hasPrefix("input") }, "\(name)")
        try check(model, x, y, item, "\(name)")

        // The file that Martlet writes is read the same.
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).keras").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let saved = try withDTypePolicy(item.string("policy")) { try Model.load(from: url.path) }
        try saved.save(to: path)
        let again = try withDTypePolicy(item.string("policy")) { try Model.load(from: path) }
        #expect(again.layers.map(\.dtypePolicy) == model.layers.map(\.dtypePolicy), "\(name)")
        if name.hasSuffix(".keras") { try check(again, x, y, item, "\(name), saved again") }
    }

    private func check(_ model: Model, _ x: Tensor, _ y: Tensor, _ item: JSONValue, _ place: String) throws {
        let first = try model.predict(x)
        #expect(try relativeError(first, #require(try item.tensorIfPresent("first"))) < 0.02, "\(place)")
        #expect(try first.dtype.name == item.string("dtype"), "\(place)")
        // From a legacy file the optimizer starts anew.
        if place.contains(".h5") { return }
        try model.fit(x, y, batchSize: 8, epochs: 3, verbosity: .silent, shuffle: false)
        let after = try model.predict(x)
        #expect(try relativeError(after, #require(try item.tensorIfPresent("after"))) < 0.02, "\(place), trained")
        let optimizer = try #require(model.optimizer)
        #expect(optimizer.iterations.value.item(as: Int.self) == (try item.int("iterations")), "\(place)")
        let scale: Double? = try item.valueIfPresent(at: ["scale"])
        #expect((optimizer as? LossScaleOptimizer)?.scale == scale, "\(place)")
    }

    @Test func configurationsAreThoseOfKeras() throws {
        let layer = Dense(1, dtype: .mixedBfloat16)
        #expect(layer.config["dtype"]?["config"]?["name"] == "mixed_bfloat16")
        #expect(layer.config["dtype"]?["class_name"] == "DTypePolicy" && layer.config["dtype"]?["module"] == "keras")
        #expect(Dense(1, dtype: .bfloat16).config["dtype"] == "bfloat16")
        let map = Dense(1, dtype: DTypePolicyMap(["a": .mixedFloat16], default: .float32)).config["dtype"]
        #expect(map?["class_name"] == "DTypePolicyMap" && map?["config"]?["default_policy"] == "float32")
        #expect(map?["config"]?["policy_map"]?["a"]?["config"]?["name"] == "mixed_float16")
        for bad: JSONValue in [
            "mixed_int8", ["class_name": "DTypePolicy", "config": ["name": "mixed"]], 3, ["config": ["name": ["a"]]],
            ["class_name": "DTypePolicyMap", "config": ["policy_map": ["a": "nothing"]]],
            ["class_name": "DTypePolicyMap", "config": ["policy_map": 7]],
        ] {
            #expect(throws: MartletError.self) { try Layer.make(className: "Dense", config: ["units": 1, "dtype": bad]) }
        }
        // Null stands for the present policy.
        let open: JSONValue = ["class_name": "DTypePolicyMap", "config": ["default_policy": .null, "policy_map": [:]]]
        let made = try withDTypePolicy(.mixedFloat16) {
            try Layer.make(className: "Dense", config: ["units": 1, "dtype": open])
        }
        #expect(made.dtypePolicy == .mixedFloat16)
    }

    @Test func aCloneKeepsPolicies() throws {
        let map = DTypePolicyMap(["end": .mixedFloat16], default: .mixedBfloat16)
        let (x, first) = (Input([3]), Dense(2, dtype: map))
        let model = Model(inputs: x, outputs: Dense(1, name: "end", dtype: map)(first(x)))
        #expect(try model.clone().layers.dropFirst().map(\.dtypePolicy) == [.mixedBfloat16, .mixedFloat16])
    }
}
