import Martlet
import MartletCore
import MartletFormats
import MartletNN
import TestSupport
import Testing

/// Losses against Keras, in float64, and their gradients against numerical ones.
@Suite(.ownSession) struct LossTests {
    static let cases: [JSONValue] = (try? Fixture("losses").cases) ?? []

    @Test func everyLossIsComparedWithKeras() throws {
        let compared = try Set(Self.cases.map { try $0.string("op") })
        for name in LossRegistry.shared.names { #expect(compared.contains(name), "\(name)") }
    }

    @Test(arguments: cases.indices) func valuesAndGradientsAreThoseOfKeras(_ index: Int) throws {
        let item = Self.cases[index]
        let name = try item.string("op")
        let object = try #require(item["object"])
        let loss = try Loss.make(from: object)
        let place: Comment = "case \(index): \(name) \(object["config"] ?? .null)"
        let inputs = try item.array("inputs").map { try $0.tensor() }
        let expected = try #require(item["outputs"]?[0]).tensor()
        let tape = GradientTape()
        tape.watch(inputs[1])
        let found = tape.record { loss(inputs[0], inputs[1], sampleWeight: inputs.count > 2 ? inputs[2] : nil) }
        let tolerance = try item.double("tolerance")
        #expect(relativeError(found, expected) < tolerance, place)

        let upstream = try #require(item["outputGradient"]).tensor()
        var wanted = try #require(item["gradients"]?[1]).tensor()
        if name == "CategoricalCrossentropy", inputs.count == 2, try #require(object["config"]).bool("from_logits") {
            // TensorFlow's gradient of logits takes targets to add up to 1; these were rounded and do not quite.
            let smoothing = try #require(object["config"]).double("label_smoothing", or: 0)
            let targets = inputs[0] * (1 - smoothing) + smoothing / Double(inputs[0].shape[-1])
            let surplus = targets.sum(axis: -1, keepDims: true) - 1
            wanted = wanted + inputs[1].softmax(axis: -1) * surplus * upstream.expandingDims(at: -1)
        }
        let gradient = tape.gradient(of: found, withRespectTo: inputs[1], outputGradient: upstream)
        #expect(relativeError(try #require(gradient), wanted) < tolerance * 10, "gradient of \(place)")
    }

    @Test(arguments: [
        "mse", "mae", "mape", "msle", "huber", "log_cosh", "hinge", "squared_hinge", "categorical_hinge",
        "kl_divergence", "poisson", "cosine_similarity", "binary_crossentropy", "categorical_crossentropy",
    ])
    func gradientsAreNumericalGradients(name: String) throws {
        let loss = try name.makeLoss()
        let target = Tensor([[0.0, 1, 0], [0, 0, 1]], dtype: .float64)
        // Off the kinks of all of them.
        let prediction = Tensor([[0.21, 0.34, 0.45], [0.62, 0.13, 0.25]], dtype: .float64)
        let report = gradientCheck(at: [prediction]) { [loss(target, $0[0])] }
        #expect(report.passed, "\(report)")
    }

    @Test func crossentropiesOfLogitsHaveNumericalGradients() {
        let x = Tensor([[0.3, -1.2, 2.1], [-0.4, 0.8, 0.1]], dtype: .float64)
        let bits = Tensor([[0.0, 1, 0], [0, 0, 1]], dtype: .float64)
        let losses: [(Loss, Tensor)] = [
            (BinaryCrossentropy(fromLogits: true, labelSmoothing: 0.2), bits),
            (CategoricalCrossentropy(fromLogits: true, labelSmoothing: 0.1), bits),
            (SparseCategoricalCrossentropy(fromLogits: true), Tensor([1, 2])),
            (SparseCategoricalCrossentropy(fromLogits: true, ignoreClass: 2), Tensor([1, 2])),
        ]
        for (loss, target) in losses {
            let report = gradientCheck(at: [x]) { [loss(target, $0[0])] }
            #expect(report.passed, "\(loss.name): \(report)")
        }
    }

    @Test func theGradientAtALogitOfZeroIsThatOfTheFormula() throws {
        // d/dx (-log σ(x)) = σ(x) - 1 = -1/2
        let x = Tensor([[0.0]])
        let tape = GradientTape()
        tape.watch(x)
        let loss = tape.record { BinaryCrossentropy(fromLogits: true)(Tensor([[1.0]]), x) }
        #expect(try #require(tape.gradient(of: loss, withRespectTo: x)).item() == -0.5)
    }

    @Test func probabilitiesAreTracedBackToTheirLogits() {
        let logits = Tensor([[-120.0, 0.5]])
        let fromSigmoid = logits.sigmoid().withLogits(logits, kind: .sigmoid)
        let binary = BinaryCrossentropy()(Tensor([[1.0, 1.0]]), fromSigmoid)
        #expect(binary.item() == BinaryCrossentropy(fromLogits: true)(Tensor([[1.0, 1.0]]), logits).item())
        // -log σ(-120) is 120; of the rounded probability it would be -log 1e-7, 16.1.
        #expect(binary.item() > 60.0)
        let fromSoftmax = logits.softmax(axis: -1).withLogits(logits, kind: .softmax)
        #expect(Swift.abs(SparseCategoricalCrossentropy()(Tensor([0]), fromSoftmax).item() - 120.5) < 1e-4)
        #expect(Swift.abs(CategoricalCrossentropy()(Tensor([[1.0, 0.0]]), fromSoftmax).item() - 120.5) < 1e-4)
    }

    @Test func anIgnoredClassIsLeftOutOfTheMean() {
        let loss = SparseCategoricalCrossentropy(fromLogits: true, ignoreClass: -1)
        let logits = Tensor([[1.0, 2.0], [3.0, 1.0], [0.0, 0.0]], dtype: .float64)
        let kept = SparseCategoricalCrossentropy(fromLogits: true)(Tensor([1, 0]), logits[0..<2])
        #expect(Swift.abs(loss(Tensor([1, 0, -1]), logits).item() - kept.item()) < 1e-15)
        #expect(loss(Tensor([-1, -1, -1]), logits).item() == 0.0)
    }

    @Test func namesOfKerasMakeLosses() throws {
        #expect(try "MSE".makeLoss() is MeanSquaredError)
        #expect(try "kld".makeLoss().name == "kl_divergence")
        #expect(throws: MartletError.self) { try "mean_sqared_error".makeLoss() }
        do { _ = try "mean_sqared_error".makeLoss() } catch {
            #expect(
                "\(error)".contains("\"mean_squared_error\"") && "\(error)".contains("Received: \"mean_sqared_error\""))
        }
    }

    static func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return ""
    }

    @Test func aLossThatDoesNotFitItsTargetsSaysWhichOneDoes() {
        let message = Self.message {
            try SparseCategoricalCrossentropy().validate(target: [nil, 10], prediction: [nil, 10])
        }
        #expect(message.contains("(None, 10)") && message.contains(".categoricalCrossentropy()"))
        let other = Self.message { try CategoricalCrossentropy().validate(target: [nil], prediction: [nil, 10]) }
        #expect(other.contains("10 classes") && other.contains(".sparseCategoricalCrossentropy()"))
        let single = Self.message { try CategoricalCrossentropy().validate(target: [nil, 1], prediction: [nil, 1]) }
        #expect(single.contains(".binaryCrossentropy()"))
        let shapes = Self.message { try MeanSquaredError().validate(target: [nil, 3], prediction: [nil, 4]) }
        #expect(shapes.contains("(None, 3)") && shapes.contains("(None, 4)"))
    }

    @Test func labelsThatFitAreTaken() throws {
        let sparse = SparseCategoricalCrossentropy()
        try sparse.validate(target: [nil], prediction: [nil, 10])
        try sparse.validate(target: [nil, 1], prediction: [nil, 10])
        try sparse.validate(target: [nil, 5], prediction: [nil, 5, 10])
        try sparse.validate(values: Tensor([0.0, 9.0]), prediction: [nil, 10])
        try sparse.validate(values: Tensor([] as [Int]), prediction: [nil, 10])
        try SparseCategoricalCrossentropy(ignoreClass: -1).validate(values: Tensor([-1, 3]), prediction: [nil, 10])
        try BinaryCrossentropy().validate(target: [nil], prediction: [nil, 1])
        // More classes than the labels' type has numbers.
        try sparse.validate(values: Tensor([3, 255] as [UInt8]), prediction: [nil, 1000])
    }

    @Test(arguments: [
        ([3.0, 10, 2], "10 in sample 1", "10.0 in sample 1"), ([3, 2, -1], "-1 in sample 2", "-1.0 in sample 2"),
        ([0.5, 2, 1], "", "0.5 in sample 0"), ([1, .nan, 1], "", "nan in sample 1"),
    ])
    func labelsThatAreNoClassesAreNamed(labels: [Double], whole: String, fractional: String) {
        let loss = SparseCategoricalCrossentropy()
        let message = Self.message { try loss.validate(values: Tensor(labels), prediction: [nil, 10]) }
        #expect(message.contains(fractional) && message.contains("0 to 9"))
        if !whole.isEmpty {
            let integers = Tensor(labels.map { Int($0) })
            #expect(Self.message { try loss.validate(values: integers, prediction: [nil, 10]) }.contains(whole))
        }
    }

    @Test func noSamplesGiveNoLoss() {
        #expect(MeanSquaredError()(Tensor.zeros([0, 3]), Tensor.zeros([0, 3])).item() == 0.0)
    }

    /// A weight for each class. The numbers are Keras 3.15's.
    @Test func focalWeightsOfClasses() throws {
        let (y, p) = (Tensor([[0.0, 1, 0], [0, 0, 1]]), Tensor([[0.05, 0.9, 0.05], [0.1, 0.3, 0.6]]))
        let one = CategoricalFocalCrossentropy(alpha: 0.25, gamma: 1.5)
        let each = CategoricalFocalCrossentropy(alpha: [0.5, 0.2, 0.9], gamma: 1.5)
        #expect(abs(one(y, p).item(as: Double.self) - 0.0165701974183321) < 1e-8)
        #expect(abs(each(y, p).item(as: Double.self) - 0.05848657712340355) < 1e-8)
        let logits = CategoricalFocalCrossentropy(alpha: [0.5, 0.2, 0.9], gamma: 2, fromLogits: true)
        let x = Tensor([[0.1, 2, -1], [0.3, -0.2, 0.5]])
        #expect(abs(logits(y, x).item(as: Double.self) - 0.12242839485406876) < 1e-7)
        #expect(each.config["alpha"] == [0.5, 0.2, 0.9] && one.config["alpha"] == 0.25)
        let read = try Loss.make(from: JSONValue(parsing: #"{"class_name": "CategoricalFocalCrossentropy", "config": {"alpha": [1, 2]}}"#))
        #expect((read as? CategoricalFocalCrossentropy)?.alphas == [1, 2])
        #expect(throws: MartletError.self) {
            try Loss.make(from: JSONValue(parsing: #"{"class_name": "CategoricalFocalCrossentropy", "config": {"alpha": []}}"#))
        }
        #expect(throws: MartletError.self) { try each.validate(target: [nil, 4], prediction: [nil, 4]) }
    }
}
