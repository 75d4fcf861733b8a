import Foundation
import MartletCore

/// The rules that every layer keeps, checked on a sample: Martlet's tests run them over all of its layers, and yours may run
/// them over your own.
///
/// ```swift
/// let check = LayerCheck(LayerSample("three inputs", Dense(2, activation: .tanh, dtype: .float64), [[3]]))
/// print(try check.failures())  // []
/// ```
public struct LayerCheck: Sendable {
    /// One rule.
    public enum Rule: String, CaseIterable, Sendable {
        /// Outputs of any batch have the shapes and dtypes that the layer promises, and are finite; so are weights in `float64`.
        case shapes
        /// Gradients of the inputs agree with finite differences.
        case inputGradients
        /// Gradients of the weights agree with finite differences; penalties of regularizers count.
        case weightGradients
        /// A compiled call gives the bits of the plain one: outputs, gradients, weights and random streams.
        case compiled
        /// The number of threads does not show in the bits.
        case threads
        /// In a functional model the layer computes what it computes alone.
        case graph
        /// A model of the layer comes back from `.keras` and `.h5` files with the same configuration, weights and, in `.keras`,
        /// random streams. The layer must be registered.
        case files
    }

    let sample: LayerSample

    /// Checks a sample.
    public init(_ sample: LayerSample) { self.sample = sample }

    /// What is wrong with the layer, a sentence each; empty when it keeps all rules.
    /// - Throws: `MartletError` when the layer does not take the sample's inputs.
    public func failures() throws -> [String] {
        try Rule.allCases.flatMap { rule in try failures(of: rule).map { "\(rule.rawValue): \($0)" } }
    }

    /// In what the layer breaks one rule.
    /// - Throws: `MartletError` when the layer does not take the sample's inputs.
    public func failures(of rule: Rule) throws -> [String] {
        var failures = Failures()
        // What would stop a program is thrown.
        try withErrors {
            switch rule {
            case .shapes: try shapes(&failures)
            case .inputGradients: try inputGradients(&failures)
            case .weightGradients: try weightGradients(&failures)
            case .compiled: try compiledCalls(&failures)
            case .threads: try threads(&failures)
            case .graph: try graph(&failures)
            case .files: try files(&failures)
            }
        }
        return failures.found
    }

    private struct Failures {
        var found: [String] = []
        mutating func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
            if !condition { found.append(message()) }
        }
    }

    // MARK: - The layer and its inputs

    package func inputs(batch: Int) -> [Tensor] {
        sample.inputs.enumerated().map { $1.tensor(batch: batch, seed: UInt64($0 + 1)) }
    }

    package var inputShapes: [PartialShape] { sample.inputs.map(\.batchedShape) }

    /// The layer with weights that are the same each time, positive because some are variances.
    package func layer() throws -> Layer {
        let layer = sample.make()
        try layer.ensureBuilt(for: inputShapes)
        for (index, weight) in layer.weights.enumerated() {
            let values = SampleInput.uniform(weight.shape, in: 0.5...1.5, seed: UInt64(index + 11))
            weight.assign(values.cast(to: weight.dtype))
        }
        return layer
    }

    /// A functional model of the layer alone.
    package func model(of layer: Layer) -> Model {
        let symbols = sample.inputs.map { Input(PartialShape($0.shape.map { $0 }), dtype: $0.dtype) }
        return Model(inputs: symbols, outputs: layer.apply(symbols))
    }

    private static func bits(_ tensors: [Tensor]) -> [[UInt64]] {
        tensors.map { $0.scalars(as: Double.self).map(\.bitPattern) }
    }

    // MARK: - Rules

    private func shapes(_ failures: inout Failures) throws {
        let layer = try layer()
        let promised = try layer.outputShapes(for: inputShapes).map(\.withAnyBatch)
        for (batch, training) in [0, 1, 5].flatMap({ [($0, false), ($0, true)] }) {
            let place = "batch \(batch), training \(training)"
            let inputs = inputs(batch: batch)
            let outputs = layer.apply(inputs, training: training)
            let (exact, found) = (
                try layer.outputShapes(for: inputs.map(PartialShape.init(of:))), outputs.map(PartialShape.init(of:))
            )
            failures.expect(exact == found, "\(place): the outputs should have the shapes \(exact). They have \(found).")
            failures.expect(
                promised == exact.map(\.withAnyBatch),
                "\(place): for any batch the shapes are \(promised), for this one \(exact).")
            let type = layer.outputType(for: inputs.map(\.dtype))
            failures.expect(
                outputs.allSatisfy { $0.dtype == type },
                "\(place): the outputs should be \(type). They are \(outputs.map(\.dtype)).")
            let isFinite = outputs.allSatisfy { $0.scalars(as: Double.self).allSatisfy(\.isFinite) }
            failures.expect(isFinite, "\(place): the outputs are not finite.")
        }
        for weight in layer.weights where weight.dtype.isFloatingPoint {
            failures.expect(weight.dtype == .float64, "\(weight.path) should be float64. It is \(weight.dtype).")
        }
    }

    /// Whether calls for training can be compared with finite differences.
    private var modes: [Bool] { sample.changesWeights ? [false] : [false, true] }

    private func inputGradients(_ failures: inout Failures) throws {
        let layer = try layer()
        // A smaller step than for single ops: the curvature of a normalization over two samples is high.
        let options = GradientCheckOptions(step: sample.isSteep ? 0x1p-14 : 0x1p-12)
        for training in modes {
            let report = gradientCheck(at: inputs(batch: 2), options: options) {
                layer.repeatable($0, training: training)
            }
            failures.expect(report.passed, "training \(training)\n\(report)")
        }
    }

    /// The derivative along a random direction in the space of each weight, against the 4-point difference.
    private func weightGradients(_ failures: inout Failures) throws {
        let layer = try layer()
        let inputs = inputs(batch: 3)
        func objective(training: Bool) -> Tensor {
            let outputs = layer.repeatable(inputs, training: training)
            let sums = outputs.enumerated().map { index, output in
                (output * SampleInput.uniform(output.shape, seed: UInt64(index + 31))).sum()
            }
            return (sums + layer.losses).reduce(Tensor(0.0, dtype: .float64), +)
        }
        for training in modes {
            // The rule of shapes asks for the dtype.
            for weight in layer.trainableWeights where weight.dtype == .float64 {
                let tape = GradientTape()
                let loss = tape.record { objective(training: training) }
                guard let gradient = tape.gradient(of: loss, withRespectTo: [weight])[0] else {
                    failures.expect(false, "\(weight.path), training \(training): no gradient reaches it.")
                    continue
                }
                let (place, direction) = (weight.value, SampleInput.uniform(weight.shape, in: -1...1, seed: 41))
                func along(_ step: Double) -> Double {
                    weight.assign(place + direction * step)
                    return objective(training: training).item()
                }
                let h = sample.isSteep ? 0x1p-12 : 0x1p-10
                let numerical = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
                weight.assign(place)
                let exact: Double = (gradient * direction).sum().item()
                failures.expect(
                    abs(numerical - exact) <= 1e-8 * max(1, abs(exact)),
                    "\(weight.path), training \(training): the derivative is \(exact), numerically \(numerical).")
            }
        }
    }

    private func compiledCalls(_ failures: inout Failures) throws {
        func results(training: Bool, compile: Bool) throws -> [[UInt64]] {
            let layer = try layer()
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
                let inputs = inputs(batch: batch)
                found += compile ? function(inputs) : call(inputs)
            }
            return Self.bits(found + layer.weights.map(\.value) + layer.randomGenerators.map(\.state.value))
        }
        for training in [false, true] {
            let (plain, graph) = (
                try results(training: training, compile: false), try results(training: training, compile: true)
            )
            failures.expect(plain == graph, "training \(training): a compiled call has other bits.")
        }
    }

    private func threads(_ failures: inout Failures) throws {
        let layer = try layer()
        let inputs = inputs(batch: 64)
        let count = Settings.threadCount
        defer { Settings.threadCount = count }
        let results = [1, 2, 5].map { threads -> [[UInt64]] in
            Settings.threadCount = threads
            return Self.bits(layer.repeatable(inputs, training: true))
        }
        failures.expect(
            results[0] == results[1] && results[0] == results[2], "1, 2 and 5 threads give different bits.")
    }

    private func graph(_ failures: inout Failures) throws {
        let layer = try layer()
        let model = model(of: layer)
        let inputs = inputs(batch: 3)
        for training in [false, true] {
            let states = layer.randomGenerators.map(\.state.value)
            let direct = Self.bits(layer.repeatable(inputs, training: training))
            for (generator, state) in zip(layer.randomGenerators, states) { generator.state.assign(state) }
            failures.expect(
                Self.bits(model.apply(inputs, training: training)) == direct,
                "training \(training): the model computes something else.")
        }
    }

    private func files(_ failures: inout Failures) throws {
        let layer = try layer()
        // It is not called in a file's graph.
        if layer is InputLayer { return }
        let model = model(of: layer)
        let folder = NSTemporaryDirectory() + "/martlet-layer-check-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for file in ["model.keras", "model.h5"] {
            try model.save(to: "\(folder)/\(file)")
            let again = try Model.load(from: "\(folder)/\(file)")
            failures.expect(try again.toJSON() == model.toJSON(), "\(file): the configuration differs.")
            failures.expect(again.weights.map(\.name) == model.weights.map(\.name), "\(file): the weights' names differ.")
            failures.expect(again.weights.map(\.dtype) == model.weights.map(\.dtype), "\(file): the weights' dtypes differ.")
            failures.expect(
                Self.bits(again.weights.map(\.value)) == Self.bits(model.weights.map(\.value)), "\(file): the weights differ.")
            // The legacy format has no place for random streams.
            let keepsStreams = file == "model.keras" || model.randomGenerators.isEmpty
            for (batch, training) in [0, 1, 5].flatMap({ [($0, false), ($0, true)] }) where keepsStreams || !training {
                let inputs = inputs(batch: batch)
                let (mine, its) = (
                    model.repeatable(inputs, training: training), again.repeatable(inputs, training: training)
                )
                failures.expect(
                    its.map(\.spec) == mine.map(\.spec) && Self.bits(its) == Self.bits(mine),
                    "\(file), batch \(batch), training \(training): the loaded model computes something else.")
            }
        }
    }
}

extension Layer {
    /// The outputs, with the weights and the random streams as they were before.
    fileprivate func repeatable(_ inputs: [Tensor], training: Bool) -> [Tensor] {
        let variables = weights + randomGenerators.map(\.state)
        let values = variables.map(\.storedValue)
        defer { for (variable, value) in zip(variables, values) { variable.assign(value) } }
        return apply(inputs, training: training)
    }
}
