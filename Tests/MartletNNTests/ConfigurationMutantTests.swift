import Foundation
import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Configurations with parts that are missing, doubled, absurd, or taken from elsewhere. Each layer and each compilation is
/// made, trained on a batch and used, or throws a `MartletError`; none stops the program. `MARTLET_FUZZ` sets their number.
@Suite(.ownSession) struct ConfigurationMutantTests {
    static let count = ProcessInfo.processInfo.environment["MARTLET_FUZZ"].flatMap { Int($0) } ?? 1000

    /// A limit for the whole process: mutants ask for absurd sizes, and other tests need far less.
    init() { Settings.memoryLimit = 4 << 30 }

    /// Counts a mutant that throws; any other error is an issue.
    private func refuses(_ mutant: JSONValue, _ body: () throws -> Void) -> Bool {
        do {
            try withErrors { try body() }
            return false
        } catch {
            if !(error is MartletError) { Issue.record("Expected a MartletError: \(error)\n\(mutant.serialized())") }
            return true
        }
    }

    @Test func layers() throws {
        let cases = LayerCase.all.filter { $0.className != "InputLayer" }
        let configs = cases.map { JSONValue.object($0.sample.make().config) }
        var mutator = ConfigurationMutator(others: configs, seed: 5)
        var refused = 0
        for number in 0..<Self.count {
            let index = number % cases.count
            let mutant = mutator.mutant(of: configs[index])
            refused += refuses(mutant) {
                let config = try mutant.object()
                let layer = try Layer.make(
                    className: cases[index].className,
                    config: Dictionary(config.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
                let inputs = cases[index].check.inputs(batch: 3)
                let model = cases[index].check.model(of: layer)
                try model.compile(optimizer: SGD(learningRate: 0.01), loss: "mse")
                let data = try TensorDataset(inputs: inputs, targets: model.predict(inputs))
                try model.fit(data, batchSize: 2, verbosity: .silent)
            } ? 1 : 0
        }
        // Both happen: nothing that is refused at once goes deep.
        #expect(refused > Self.count / 10 && refused < Self.count * 9 / 10)
    }

    /// The compilation of a small classifier in a file, with parts of every loss, metric, optimizer and schedule.
    @Test func compilations() throws {
        let model = Sequential([InputLayer([4]), Dense(3, activation: .softmax)])
        try model.compile(
            optimizer: Adam(learningRate: 0.01), loss: CategoricalCrossentropy(labelSmoothing: 0.1),
            metrics: ["accuracy", AUC(), F1Score(), Precision()], weightedMetrics: ["mse"])
        let archive = try withFolder { folder in
            try model.save(to: "\(folder)/seed.keras")
            return try ZipArchive(FileIO.read("\(folder)/seed.keras"), name: "seed")
        }
        let entries = try archive.names.map { (name: $0, bytes: try archive.read($0)) }
        let config = try JSONValue(parsing: entries.first { $0.name == "config.json" }!.bytes)
        let compilation = try config.object()["compile_config"]!
        var mutator = ConfigurationMutator(others: try Self.parts(), seed: 9)
        let x = SampleInput.uniform([5, 4], in: -1...1, seed: 1).cast(to: .float32)
        let y = Tensor.oneHot(Tensor([0, 1, 2, 1, 0], shape: [5]), depth: 3)
        var refused = 0
        for _ in 0..<Self.count {
            let mutant = mutator.mutant(of: compilation)
            refused += refuses(mutant) {
                var whole = try config.object()
                whole["compile_config"] = mutant
                let text = Array(JSONValue.object(whole).serialized().utf8)
                let changed = entries.map { $0.name == "config.json" ? (name: $0.name, bytes: text) : $0 }
                let again = try Model.load(keras: ZipWriter.bytes(of: changed, name: "mutant"), name: "mutant.keras")
                _ = try again.evaluate(x, y, batchSize: 2, verbosity: .silent)
                try again.fit(x, y, batchSize: 2, epochs: 1, verbosity: .silent)
            } ? 1 : 0
        }
        #expect(refused > Self.count / 10 && refused < Self.count * 9 / 10)
    }

    /// Every part as a member of a compilation, so that a mutant can take it.
    private static func parts() throws -> [JSONValue] {
        func made<Object>(_ registry: Registry<Object>, _ key: String, _ json: (Object) -> JSONValue) -> [JSONValue] {
            registry.names.compactMap { name in
                (try? registry.make(from: .string(name))).map { .object([key: json($0)]) }
            }
        }
        let schedules: [any LearningRateSchedule] = [
            ExponentialDecay(initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5), CosineDecay(initialLearningRate: 0.1, decaySteps: 10),
            PiecewiseConstantDecay(boundaries: [3], values: [0.1, 0.2]),
        ]
        return made(OptimizerRegistry.shared, "optimizer") { JSONValue($0) } + made(LossRegistry.shared, "loss") { JSONValue($0) }
            + made(LossRegistry.shared, "metrics") { JSONValue($0) } + made(MetricRegistry.shared, "metrics") { [JSONValue($0)] }
            + made(MetricRegistry.shared, "weighted_metrics") { [JSONValue($0)] }
            + schedules.map { .object(["learning_rate": JSONValue($0)]) }
    }
}
