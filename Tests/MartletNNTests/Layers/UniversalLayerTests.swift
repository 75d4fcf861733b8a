import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// A sample with the layer it is of, for parameterised tests.
struct LayerCase: Sendable, CustomTestStringConvertible {
    let className: String
    let sample: LayerSample
    var testDescription: String { "\(className), \(sample.label)" }

    static let all: [LayerCase] = LayerRegistry.types.flatMap { type in
        type.samples.map { LayerCase(className: type.className, sample: $0) }
    }

    func inputs(batch: Int) -> [Tensor] {
        sample.inputs.enumerated().map { $1.tensor(batch: batch, seed: UInt64($0 + 1)) }
    }

    var inputShapes: [PartialShape] { sample.inputs.map(\.batchedShape) }

    /// The layer with weights that are the same each time, positive because some are variances.
    func layer() throws -> Layer {
        let layer = sample.make()
        try layer.ensureBuilt(for: inputShapes)
        for (index, weight) in layer.weights.enumerated() {
            let values = SampleInput.uniform(weight.shape, in: 0.5...1.5, seed: UInt64(index + 11))
            weight.assign(values.cast(to: weight.dtype))
        }
        return layer
    }

    /// A functional model of the layer alone.
    func model(of layer: Layer) -> Model {
        let symbols = sample.inputs.map {
            Input(PartialShape($0.shape.map { $0 }), dtype: $0.dtype)
        }
        return Model(inputs: symbols, outputs: layer.apply(symbols))
    }
}

extension Layer {
    /// The outputs, with the weights and the random streams as they were before.
    func repeatable(_ inputs: [Tensor], training: Bool) -> [Tensor] {
        let variables = weights + randomGenerators.map(\.state)
        let values = variables.map(\.storedValue)
        defer { for (variable, value) in zip(variables, values) { variable.assign(value) } }
        return apply(inputs, training: training)
    }
}

/// What every layer must pass: one test for each rule, over every sample of every registered layer.
@Suite struct UniversalLayerTests {
    @Test func everyLayerHasSamples() {
        for type in LayerRegistry.types { #expect(!type.samples.isEmpty, "\(type.className)") }
    }

    @Test(arguments: LayerCase.all) func shapesAndTypes(_ layerCase: LayerCase) throws {
        let layer = try layerCase.layer()
        let promised = try layer.outputShapes(for: layerCase.inputShapes)
        for batch in [0, 1, 5] {
            for training in [false, true] {
                let inputs = layerCase.inputs(batch: batch)
                let outputs = layer.apply(inputs, training: training)
                let exact = try layer.outputShapes(for: inputs.map(PartialShape.init(of:)))
                #expect(exact == outputs.map(PartialShape.init(of:)), "batch \(batch)")
                #expect(promised.map(\.withAnyBatch) == exact.map(\.withAnyBatch))
                for output in outputs { #expect(output.dtype == layer.outputType(for: inputs.map(\.dtype))) }
                #expect(outputs.allSatisfy { $0.scalars(as: Double.self).allSatisfy(\.isFinite) })
            }
        }
        for weight in layer.weights where weight.dtype.isFloatingPoint { #expect(weight.dtype == .float64) }
    }

    /// A layer made of the configuration alone computes the same with the same weights, and has the same configuration.
    @Test(arguments: LayerCase.all) func configurationRoundTrip(_ layerCase: LayerCase) throws {
        let layer = try layerCase.layer()
        let text = JSONValue.object(layer.config).serialized()
        let config = try JSONValue(parsing: text)
        let copy = try Layer.make(
            className: layer.className,
            config: Dictionary(uniqueKeysWithValues: config.object().map { ($0.key, $0.value) }))
        #expect(copy.className == layerCase.className)
        #expect(JSONValue.object(copy.config) == JSONValue.object(layer.config))
        try copy.ensureBuilt(for: layerCase.inputShapes)
        #expect(copy.weights.map(\.shape) == layer.weights.map(\.shape))
        #expect(copy.weights.map(\.name) == layer.weights.map(\.name))
        #expect(copy.trainableWeights.count == layer.trainableWeights.count)
        for (target, source) in zip(copy.weights, layer.weights) { target.assign(source.value) }
        for (target, source) in zip(copy.randomGenerators, layer.randomGenerators) {
            target.state.assign(source.state.value)
        }
        let inputs = layerCase.inputs(batch: 5)
        for training in [false, true] {
            let (a, b) = (layer.apply(inputs, training: training), copy.apply(inputs, training: training))
            for (x, y) in zip(a, b) { #expect(x.scalars(as: Double.self) == y.scalars(as: Double.self)) }
            #expect(layer.losses.map { $0.item() } == copy.losses.map { $0.item() })
        }
    }

    /// A model of the layer comes back from a file with the layer's configuration, weights and random streams: it gives
    /// the same bits, in training too. An `InputLayer` is not called in a file's graph.
    @Test(arguments: LayerCase.all.filter { $0.className != "InputLayer" }, ["model.keras", "model.h5"])
    func fileRoundTrip(_ layerCase: LayerCase, file: String) throws {
        func bits(_ tensors: [Tensor]) -> [[UInt64]] { tensors.map { $0.scalars(as: Double.self).map(\.bitPattern) } }
        let model = try layerCase.model(of: layerCase.layer())
        let again = try withFolder { folder in
            try model.save(to: "\(folder)/\(file)")
            return try Model.load(from: "\(folder)/\(file)")
        }
        #expect(try again.toJSON() == model.toJSON())
        #expect(again.weights.map(\.name) == model.weights.map(\.name))
        #expect(again.weights.map(\.dtype) == model.weights.map(\.dtype))
        #expect(bits(again.weights.map(\.value)) == bits(model.weights.map(\.value)))
        for batch in [0, 1, 5] {
            let inputs = layerCase.inputs(batch: batch)
            let (mine, its) = (
                model.repeatable(inputs, training: false), again.repeatable(inputs, training: false))
            #expect(its.map(\.spec) == mine.map(\.spec))
            #expect(bits(its) == bits(mine), "batch \(batch)")
            // The legacy format has no place for random streams.
            guard file == "model.keras" || model.randomGenerators.isEmpty else { continue }
            #expect(
                bits(again.repeatable(inputs, training: true)) == bits(model.repeatable(inputs, training: true)),
                "batch \(batch), training")
        }
    }

    @Test(arguments: LayerCase.all) func gradientOfInputs(_ layerCase: LayerCase) throws {
        let layer = try layerCase.layer()
        // A smaller step than for single ops: the curvature of a normalization over two samples is high.
        let options = GradientCheckOptions(step: layerCase.sample.isSteep ? 0x1p-14 : 0x1p-12)
        for training in layerCase.sample.changesWeights ? [false] : [false, true] {
            let report = gradientCheck(at: layerCase.inputs(batch: 2), options: options) {
                layer.repeatable($0, training: training)
            }
            #expect(report.passed, "training \(training)\n\(report)")
        }
    }

    /// The derivative along a random direction in the space of each weight, against the 4-point difference;
    /// regularizers' penalties count as outputs.
    @Test(arguments: LayerCase.all) func gradientOfWeights(_ layerCase: LayerCase) throws {
        let layer = try layerCase.layer()
        let inputs = layerCase.inputs(batch: 3)
        func objective(training: Bool) -> Tensor {
            let outputs = layer.repeatable(inputs, training: training)
            let sums = outputs.enumerated().map { index, output in
                (output * SampleInput.uniform(output.shape, seed: UInt64(index + 31))).sum()
            }
            return (sums + layer.losses).reduce(Tensor(0.0, dtype: .float64), +)
        }
        for training in layerCase.sample.changesWeights ? [false] : [false, true] {
            for weight in layer.trainableWeights {
                let tape = GradientTape()
                let loss = tape.record { objective(training: training) }
                let gradient = try #require(tape.gradient(of: loss, withRespectTo: [weight])[0])
                let (place, direction) = (weight.value, SampleInput.uniform(weight.shape, in: -1...1, seed: 41))
                func along(_ step: Double) -> Double {
                    weight.assign(place + direction * step)
                    return objective(training: training).item()
                }
                let h = layerCase.sample.isSteep ? 0x1p-12 : 0x1p-10
                let numerical = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
                weight.assign(place)
                let exact = (gradient * direction).sum().item()
                #expect(abs(numerical - exact) <= 1e-8 * max(1, abs(exact)), "\(weight.path), training \(training)")
            }
        }
    }

    /// A compiled call gives the bits of the plain one, outputs and gradients of inputs, weights and penalties, and
    /// leaves weights and random streams the same.
    @Test(arguments: LayerCase.all) func compiledEqualsEager(_ layerCase: LayerCase) throws {
        func results(training: Bool, compile: Bool) throws -> [[Double]] {
            let layer = try layerCase.layer()
            for (index, generator) in layer.randomGenerators.enumerated() { generator.state.assign(Tensor([index, 7])) }
            func call(_ inputs: [Tensor]) -> [Tensor] {
                let tape = GradientTape()
                let floats = inputs.filter(\.dtype.isFloatingPoint)
                let outputs = tape.record {
                    for input in floats { tape.watch(input) }
                    return layer.apply(inputs, training: training) + layer.losses
                }
                let sources: [any GradientSource] = floats + layer.trainableWeights
                let weights = outputs.map {
                    SampleInput.uniform($0.shape, seed: 5).cast(to: $0.dtype.isFloatingPoint ? $0.dtype : .float64)
                }
                let targets = zip(outputs, weights).filter { $0.0.dtype.isFloatingPoint }
                guard !targets.isEmpty, !sources.isEmpty else { return outputs }
                return outputs + tape.gradients(
                    of: targets.map { $0.0 }, withRespectTo: sources, outputGradients: targets.map { $0.1 },
                    unconnected: .zeros).map { $0! }
            }
            let function = compiled(call)
            var found: [Tensor] = []
            for batch in [3, 1, 3, 0] {
                let inputs = layerCase.inputs(batch: batch)
                found += compile ? function(inputs) : call(inputs)
            }
            return (found + layer.weights.map(\.value) + layer.randomGenerators.map(\.state.value)).map { $0.scalars() }
        }
        for training in [false, true] {
            let (eager, graph) = (
                try results(training: training, compile: false), try results(training: training, compile: true))
            #expect(eager.elementsEqual(graph) { $0.elementsEqual($1) { $0.bitPattern == $1.bitPattern } })
        }
    }

    @Test(arguments: LayerCase.all) func threadsDoNotMatter(_ layerCase: LayerCase) throws {
        let layer = try layerCase.layer()
        let inputs = layerCase.inputs(batch: 64)
        let count = Settings.threadCount
        defer { Settings.threadCount = count }
        let results = [1, 2, 5].map { threads -> [[Double]] in
            Settings.threadCount = threads
            return layer.repeatable(inputs, training: true).map { $0.scalars() }
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test(arguments: LayerCase.all) func badInputs(_ layerCase: LayerCase) throws {
        // No layer takes no input; those of one input do not take two.
        var bad: [[PartialShape]] = [[]] + layerCase.sample.bad
        if layerCase.sample.inputs.count == 1, !["Concatenate", "CategoryEncoding"].contains(layerCase.className) {
            bad.append(layerCase.inputShapes + layerCase.inputShapes)
        }
        for shapes in bad {
            let layer = layerCase.sample.make()
            let error = #expect(throws: MartletError.self, "\(shapes)") { try layer.ensureBuilt(for: shapes) }
            guard let error else { continue }
            #expect(error.message.hasPrefix("Expected") && error.message.contains("Received: "), "\(error)")
            #expect(error.location == "layer \(layer.name)")
        }
        // Once built, a layer refuses other sizes than it has weights for.
        let layer = try layerCase.layer()
        let takesAnySize = ["Embedding", "ReversibleEmbedding", "STFTSpectrogram"].contains(layerCase.className)
        if layer.weights.contains(where: { $0.shape.rank > 0 }), !takesAnySize {
            let wider = layerCase.inputShapes.map { shape in PartialShape(shape.dimensions.map { $0.map { $0 + 1 } }) }
            #expect(throws: MartletError.self) { try layer.outputShapes(for: wider) }
        }
    }

    /// In a functional graph and in a stack the layer computes what it computes alone.
    @Test(arguments: LayerCase.all) func functionalGraph(_ layerCase: LayerCase) throws {
        let layer = try layerCase.layer()
        let model = layerCase.model(of: layer)
        let inputs = layerCase.inputs(batch: 3)
        for training in [false, true] {
            let states = layer.randomGenerators.map(\.state.value)
            let direct = layer.repeatable(inputs, training: training).map { $0.scalars(as: Double.self) }
            for (generator, state) in zip(layer.randomGenerators, states) { generator.state.assign(state) }
            let modelled = model.apply(inputs, training: training).map { $0.scalars(as: Double.self) }
            #expect(direct == modelled)
        }
    }
}
