import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// What does not fit together throws: every loss and metric with targets, predictions and weights of many shapes and types, and
/// every layer with inputs of other shapes. A stop would end the test process.
@Suite(.ownSession) struct MisfitTests {
    static let targetShapes: [Shape] = [[], [6], [6, 1], [6, 4], [6, 3, 1], [6, 3], [6, 3, 4], [4, 6], [6, 2, 2, 4], [0], [0, 4]]
    static let predictionShapes: [Shape] = [[6], [6, 1], [6, 4], [6, 3, 4], [4, 4], [6, 2, 2, 4], [0, 4]]
    static let weightShapes: [Shape?] = [nil, [6], [6, 1], [6, 3], [5]]
    static let types: [DType] = [.float32, .int64, .bool]

    static let lossNames = LossRegistry.shared.names
    static let metricNames = MetricRegistry.shared.names

    static func target(_ shape: Shape, _ type: DType, below count: Int) -> Tensor {
        Tensor((0..<shape.elementCount).map { $0 % count }, shape: shape).cast(to: type)
    }

    /// Runs one part on the whole grid.
    /// - Returns: how many combinations it took and how many it refused.
    private func sweep(_ body: (Tensor, Tensor, Tensor?) throws -> Void) -> (taken: Int, refused: Int) {
        var counts = (taken: 0, refused: 0)
        for (target, prediction) in Self.targetShapes.flatMap({ t in Self.predictionShapes.map { (t, $0) } }) {
            for (type, weight) in Self.types.flatMap({ t in Self.weightShapes.map { (t, $0) } }) {
                // Class numbers of which some are none.
                for count in [2, 9] {
                    do {
                        try withErrors {
                            try body(
                                Self.target(target, type, below: count), SampleInput.uniform(prediction).cast(to: .float32),
                                weight.map { Tensor.ones($0) })
                        }
                        counts.taken += 1
                    } catch {
                        counts.refused += 1
                        #expect(error is MartletError, "\(error)")
                    }
                }
            }
        }
        return counts
    }

    @Test(arguments: lossNames) func losses(_ name: String) throws {
        let loss = try Loss.make(from: .object(["class_name": .string(name), "config": .object([:])]))
        let counts = sweep { _ = loss($0, $1, sampleWeight: $2).sum().item() }
        #expect(counts.taken > 0 && counts.refused > 0, "\(counts)")
    }

    @Test(arguments: metricNames) func metrics(_ name: String) throws {
        guard let metric = try? Metric.make(from: .object(["class_name": .string(name), "config": .object([:])])) else { return }
        let counts = sweep {
            metric.reset()
            metric.update($0, $1, sampleWeight: $2)
            _ = metric.result().scalars(as: Double.self)
        }
        #expect(counts.taken > 0, "\(counts)")
    }

    /// Through a compiled model, whose errors name the part.
    @Test(arguments: ["auc", "precision", "binary_accuracy", "top_k_categorical_accuracy", "pearson_correlation", "f1_score"])
    func metricsForOtherTargetsAreNamed(_ name: String) throws {
        let model = Sequential([InputLayer([3]), Dense(4, activation: .softmax)])
        try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: [name])
        let before = model.getWeights().map { $0.scalars(as: Double.self) }
        let (x, y) = (Tensor.ones([8, 3]), Tensor([0, 1, 2, 3, 0, 1, 2, 3]))
        for attempt in [
            { _ = try model.evaluate(x, y) }, { _ = try model.fit(x, y, verbosity: .silent) },
            { _ = try model.trainOnBatch(x, y) },
        ] {
            let error = #expect(throws: MartletError.self) { try attempt() }
            #expect(error.map { "\($0)".contains(name) } ?? false, "\(error?.description ?? "")")
            #expect(error?.description.count ?? 0 < 220, "\(error?.description ?? "")")
        }
        // Nothing was trained.
        #expect(model.getWeights().map { $0.scalars(as: Double.self) } == before)
    }

    /// One sentence of what a metric of the library got. A closure's error says where in it.
    @Test func errorsOfMetricsSayWhatTheyGot() throws {
        func message(_ metric: any MetricConvertible) throws -> String? {
            let model = Sequential([InputLayer([3]), Dense(4, activation: .softmax)])
            try model.compile(optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: [metric])
            let error = #expect(throws: MartletError.self) { try model.evaluate(.ones([8, 3]), Tensor([0, 1, 2, 3, 0, 1, 2, 3])) }
            return error?.description
        }
        #expect(
            try message("precision") == "metric precision: Expected targets that fit the predictions float32(8, 4). "
                + "Received: int64(8,). Class numbers need a loss or metric whose name begins with sparse.")
        let own = try message(MeanMetricWrapper(name: "own") { yTrue, yPred in (yTrue - yPred).reshaped([3]) })
        #expect(own?.contains("metric own: Expected") == true && own?.contains("(subtract: ") == true, "\(own ?? "")")
    }

    @Test func sampleWeightsOfAnotherShapeThrow() throws {
        let model = Sequential([InputLayer([3]), Dense(1)])
        try model.compile(optimizer: "sgd", loss: "mse")
        #expect(throws: MartletError.self) {
            try model.evaluate(.ones([4, 3]), .ones([4, 1]), sampleWeight: .ones([4, 3]))
        }
    }

    /// Shapes near those that a layer takes.
    static func neighbours(of shape: Shape) -> [Shape] {
        var found: [Shape] = [[], [3], shape, Shape(shape.dimensions + [2]), Shape(Array(shape.dimensions.dropLast()))]
        for axis in 0..<shape.rank {
            for size in [0, 1, 2, shape[axis] + 1, 17] {
                var sizes = shape.dimensions
                sizes[axis] = size
                found.append(Shape(sizes))
            }
        }
        return found
    }

    @Test(arguments: LayerCase.all) func layers(_ layerCase: LayerCase) throws {
        let inputs = layerCase.check.inputs(batch: 3)
        for (index, input) in inputs.enumerated() {
            for shape in Self.neighbours(of: input.shape) {
                for type in [input.dtype, .int64, .bool, .float16] {
                    var given = inputs
                    let words = [String](repeating: "a", count: type == .string ? shape.elementCount : 0)
                    given[index] = type == .string ? Tensor(strings: words, shape: shape) : Tensor.full(shape, 1, dtype: type)
                    // A layer that is built, and one that is not.
                    for layer in [try layerCase.check.layer(), layerCase.sample.make()] {
                        for training in [false, true] {
                            do {
                                let outputs = try withErrors { layer.apply(given, training: training) }
                                for output in outputs where output.dtype != .string { _ = output.scalars(as: Double.self) }
                            } catch {
                                #expect(error is MartletError, "\(error)")
                            }
                        }
                    }
                }
            }
        }
        // Fewer and more inputs.
        for count in [0, inputs.count + 1, inputs.count - 1] where count != inputs.count && count >= 0 {
            let given = (0..<count).map { inputs[min($0, inputs.count - 1)] }
            let layer = try layerCase.check.layer()
            do { _ = try withErrors { layer.apply(given) } } catch { #expect(error is MartletError, "\(error)") }
        }
    }
}
