import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// What Keras writes of losses, metrics, optimizers and schedules is read, and written again as Keras wrote it.
@Suite(.ownSession) struct KerasConfigurationTests {
    @Test func everyObjectRoundTrips() throws {
        for item in try Fixture("configurations").cases {
            let object = try #require(item["object"])
            let written: JSONValue
            switch try item.string("kind") {
            case "loss": written = try JSONValue(Loss.make(from: object))
            case "metric": written = try JSONValue(Metric.make(from: object))
            case "optimizer": written = try JSONValue(Optimizer.make(from: object))
            default: written = try JSONValue(makeLearningRateSchedule(from: object))
            }
            #expect(written.withoutFractions == object.withoutFractions, "\(object.serialized())")
        }
    }

    @Test func namesAreThoseOfKeras() throws {
        for name in ["mse", "MAE", "mean_squared_error", "KLDivergence", "huber", "log_cosh", "bce", "cosine_similarity"] {
            _ = try name.makeLoss()
        }
        #expect(try "mse".makeLoss() is MeanSquaredError)
        #expect(try "adam_w".makeOptimizer() is AdamW)
        #expect(try "AdamW".makeOptimizer() is AdamW)
        #expect(try "rmsprop".makeOptimizer() is RMSprop)
        #expect(try Loss.make(from: ["class_name": "function", "config": "mean_squared_error"]) is MeanSquaredError)
        #expect(throws: MartletError.self) { try "mean_square_error".makeLoss() }
        #expect(throws: MartletError.self) { try "adan".makeOptimizer() }
    }

    @Test func badArgumentsThrow() throws {
        func loss(_ name: String, _ config: JSONValue) throws {
            _ = try Loss.make(from: ["class_name": .string(name), "config": config])
        }
        #expect(throws: MartletError.self) { try loss("Huber", ["delta": -1]) }
        #expect(throws: MartletError.self) { try loss("Huber", ["reduction": "median"]) }
        #expect(throws: MartletError.self) { try loss("BinaryCrossentropy", ["label_smoothing": 2]) }
        #expect(throws: MartletError.self) { try loss("BinaryCrossentropy", ["axis": "last"]) }
        for (name, config) in [
            ("BinaryAccuracy", ["threshold": "half"]), ("AUC", ["num_thresholds": 1]), ("AUC", ["num_thresholds": -3]),
            ("AUC", ["multi_label": true, "num_labels": 0]), ("Precision", ["thresholds": [2]]), ("Recall", ["thresholds": []]),
            ("TruePositives", ["thresholds": "all"]),
        ] as [(JSONValue, JSONValue)] {
            #expect(throws: MartletError.self, "\(name)") {
                try Metric.make(from: ["class_name": name, "config": config])
            }
        }
        for config in [
            ["momentum": 2], ["clipnorm": 1, "clipvalue": 1], ["clipnorm": -1], ["ema_momentum": 3],
            ["gradient_accumulation_steps": 1], ["learning_rate": "fast"],
            ["learning_rate": ["class_name": "CosineDecay", "config": ["initial_learning_rate": 1]]],
            ["learning_rate": ["class_name": "PiecewiseConstantDecay", "config": ["boundaries": [3], "values": [1]]]],
        ] as [JSONValue] {
            #expect(throws: MartletError.self, "\(config)") {
                try Optimizer.make(from: ["class_name": "SGD", "config": config])
            }
        }
    }

    @Test func compileConfigurations() throws {
        let one = try CompileConfiguration(
            JSONValue(parsing: """
                {"optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 0.5}},
                 "loss": "mse", "loss_weights": null, "metrics": ["accuracy", {"class_name": "AUC", "config": {}}],
                 "weighted_metrics": null, "run_eagerly": false, "steps_per_execution": 3, "jit_compile": false}
                """))
        #expect(one.optimizer is SGD && one.optimizer.learningRate == 0.5 && one.stepsPerExecution == 3)
        #expect(try one.loss?.values(for: ["a"], "loss").first is MeanSquaredError)
        let metrics = try #require(try one.metrics?.values(for: ["a"], "metrics")[0])
        #expect(metrics[0] as? String == "accuracy" && metrics[1] is AUC)

        let several = try CompileConfiguration(
            JSONValue(parsing: """
                {"optimizer": "adam", "loss": {"b": "mse", "a": null}, "loss_weights": {"b": 0.5, "a": 2},
                 "metrics": {"b": "mae", "a": ["accuracy"]}, "weighted_metrics": [["mse"], null]}
                """))
        let losses = try #require(try several.loss?.values(for: ["a", "b"], "loss"))
        #expect(losses[0] == nil && losses[1] is MeanSquaredError)
        #expect(try several.lossWeights?.values(for: ["a", "b"], "lossWeights") == [2, 0.5])
        #expect(try several.metrics?.values(for: ["a", "b"], "metrics").map { $0?.count } == [1, 1])
        #expect(try several.weightedMetrics?.values(for: ["a", "b"], "metrics").map { $0?.count } == [1, nil])
        #expect(throws: MartletError.self) { try several.loss?.values(for: ["a", "c"], "loss") }
        #expect(throws: MartletError.self) { try several.weightedMetrics?.values(for: ["a"], "metrics") }
    }
}

extension JSONValue {
    /// Whole numbers as such, whether written `1` or `1.0`: Python writes either where a number is meant.
    var withoutFractions: JSONValue {
        switch self {
        case .double(let value): Int(exactly: value).map { .int($0) } ?? self
        case .array(let values): .array(values.map(\.withoutFractions))
        case .object(let members):
            .object(Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.withoutFractions) }))
        default: self
        }
    }
}
