import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// What every registered loss, metric and optimizer must pass, in each of its configurations that Keras wrote into
/// `configurations.json`; that it reads and writes these is `KerasConfigurationTests`'.
@Suite(.ownSession) struct UniversalPartTests {
    /// One configuration.
    struct Part: Sendable, CustomTestStringConvertible {
        let object: JSONValue
        var className: String { (try? object.string("class_name")) ?? "" }
        var testDescription: String { "\(className) \(object["config"] ?? .null)" }

        func has(_ argument: String) -> Bool { (try? object["config"]?.bool(argument)) ?? false }
        func number(_ argument: String) -> Int? { try? object["config"]?.int(.key(argument)) }
    }

    private static func parts(_ kind: String) -> [Part] {
        ((try? Fixture("configurations").cases) ?? []).filter { $0["kind"] == .string(kind) }
            .compactMap { $0["object"].map(Part.init) }
    }

    static let losses = parts("loss")
    static let metrics = parts("metric")
    static let optimizers = parts("optimizer")

    @Test func everyRegisteredPartHasAConfiguration() {
        func check(_ names: [String], _ parts: [Part]) {
            let found = Set(parts.map(\.className))
            for name in names { #expect(found.contains(name), "\(name)") }
        }
        check(LossRegistry.shared.names, Self.losses)
        check(MetricRegistry.shared.names, Self.metrics)
        check(OptimizerRegistry.types.map { $0.className }, Self.optimizers)
    }

    // MARK: - Inputs

    private static func scores(_ shape: Shape) -> Tensor { SampleInput.uniform(shape, in: 0.05...0.95, seed: 3) }
    private static func bits(_ shape: Shape) -> Tensor { scores(shape).round() }
    private static func ids(_ shape: Shape, below classes: Int, from first: Int = 0) -> Tensor {
        Tensor((0..<shape.elementCount).map { first + $0 * 5 % (classes - first) }, shape: shape)
    }
    private static func oneHot(_ batch: Int, classes: Int) -> Tensor {
        .oneHot(ids([batch], below: classes), depth: classes, dtype: .float64)
    }

    /// A batch of targets and predictions that the part takes.
    private static func batch(_ count: Int, for part: Part) -> (target: Tensor, prediction: Tensor) {
        switch part.className {
        case "CTC": return (ids([count, 2], below: 4, from: 1), scores([count, 6, 4]))
        case "SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "Circle",
            "SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy":
            return (ids([count], below: 4), scores([count, 4]))
        case "IoU", "MeanIoU":
            return (
                part.has("sparse_y_true") ? ids([count], below: 3) : oneHot(count, classes: 3),
                part.has("sparse_y_pred") ? ids([count], below: 3) : scores([count, 3])
            )
        case "OneHotIoU", "OneHotMeanIoU":
            return (
                oneHot(count, classes: 3), part.has("sparse_y_pred") ? ids([count], below: 3) : scores([count, 3])
            )
        case "BinaryIoU": return (bits([count]), scores([count]))
        case "AUC":
            let columns = part.number("num_labels") ?? 4
            return (bits([count, columns]), scores([count, columns]))
        case "CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge", "CategoricalAccuracy",
            "TopKCategoricalAccuracy":
            return (oneHot(count, classes: 4), scores([count, 4]))
        default: return (bits([count, 4]), scores([count, 4]))
        }
    }

    private static func bytes(_ tensors: [Tensor]) -> [[UInt8]] { tensors.map { $0.withUnsafeBytes { Array($0) } } }

    // MARK: - Losses

    @Test(arguments: losses) func lossesOfAnyBatch(_ part: Part) throws {
        let loss = try Loss.make(from: part.object)
        func results(_ batch: [Tensor]) -> [Tensor] {
            let tape = GradientTape()
            tape.watch(batch[1])
            let value = tape.record { loss(batch[0], batch[1], sampleWeight: batch[2]) }
            return [value, tape.gradient(of: value, withRespectTo: batch[1]) ?? Tensor(0.0)]
        }
        let function = compiled(results)
        for count in [5, 1, 0, 5] {
            let (target, prediction) = Self.batch(count, for: part)
            let weights = SampleInput.uniform([count], in: 0.5...1.5)
            // A whole-batch overlap has one loss for all samples, which weights of samples do not fit.
            let isWhole = ["Dice", "Tversky"].contains(part.className)
            let batch = [target, prediction, isWhole ? Tensor(1.5, dtype: .float64) : weights]
            let (eager, graph) = (results(batch), function(batch))
            #expect(Self.bytes(eager) == Self.bytes(graph), "batch \(count)")
            #expect(eager[0].shape == [] && eager[0].dtype == .float64, "batch \(count)")
            let isFinite = eager.allSatisfy { $0.scalars(as: Double.self).allSatisfy { $0.isFinite } }
            #expect(isFinite, "batch \(count)")
            #expect(eager[1].shape == prediction.shape)
        }
    }

    @Test(arguments: losses) func lossesRefuseWhatDoesNotFit(_ part: Part) throws {
        let loss = try Loss.make(from: part.object)
        let error = #expect(throws: MartletError.self) {
            try loss.validate(target: [nil, 7, 3, 2], prediction: [nil, 5])
        }
        #expect(error.map { $0.message.contains("Expected") && $0.message.contains("Received: ") } ?? false)
    }

    // MARK: - Metrics

    @Test(arguments: metrics) func metricsOfAnyBatches(_ part: Part) throws {
        func results(compile: Bool) throws -> [[UInt8]] {
            let metric = try Metric.make(from: part.object)
            func update(_ batch: [Tensor]) -> [Tensor] {
                metric.update(batch[0], batch[1], sampleWeight: batch[2])
                return [metric.result()]
            }
            let function = compiled(update)
            var found: [Tensor] = []
            for count in [0, 5, 1, 3, 0] {
                let (target, prediction) = Self.batch(count, for: part)
                let batch = [target, prediction, SampleInput.uniform([count], in: 0.5...1.5)]
                found += compile ? function(batch) : update(batch)
                #expect(found.last?.shape == metric.result().shape, "batch \(count)")
            }
            let values = found + metric.variables.map(\.value)
            metric.reset()
            #expect(metric.variables.allSatisfy { $0.value.cast(to: .float64).abs().max(axes: nil).item() == 0 })
            return Self.bytes(values)
        }
        #expect(try results(compile: true) == results(compile: false))
    }

    // MARK: - Optimizers

    @Test(arguments: optimizers) func optimizersOfAnyVariables(_ part: Part) throws {
        func results(compile: Bool) throws -> [[UInt8]] {
            let optimizer = try Optimizer.make(from: part.object)
            let shapes: [Shape] = [[3, 2], [], [1], [0, 2], [5]]
            let variables = shapes.enumerated().map { index, shape in
                Variable(SampleInput.uniform(shape, seed: UInt64(index + 1)).cast(to: .float32), name: "weight\(index)")
            }
            func step(_ gradients: [Tensor]) -> [Tensor] {
                optimizer.apply(gradients, to: variables)
                return variables.map(\.value)
            }
            let function = compiled(step)
            for round in 0..<4 {
                let gradients = shapes.map { SampleInput.uniform($0, seed: UInt64(10 + round)).cast(to: .float32) }
                _ = compile ? function(gradients) : step(gradients)
            }
            optimizer.finalizeValues(of: variables)
            for variable in variables {
                let isFinite = variable.value.scalars(as: Double.self).allSatisfy { $0.isFinite }
                #expect(isFinite, "\(variable.name)")
            }
            #expect(optimizer.iterations.value.item() == 4)
            return Self.bytes((variables + optimizer.variables).map(\.value))
        }
        #expect(try results(compile: true) == results(compile: false))
    }
}
