import Martlet
import TestSupport
import Testing

@Suite(.ownSession) struct GradientCheckModelTests {
    static let images = SampleInput.uniform([3, 8, 8, 2], in: 0...1, seed: 3).cast(to: .float32)
    static let labels = Tensor([0, 2, 1])

    static func model() -> Sequential {
        Sequential([
            Conv2D(4, kernelSize: 3, activation: .relu), MaxPooling2D(), BatchNormalization(), Flatten(),
            Dropout(0.3), Dense(6, activation: .tanh, kernelRegularizer: .l2(0.01)), Dense(3, activation: .softmax),
        ])
    }

    @Test(arguments: [false, true]) func everyVariableOfAModelIsRight(training: Bool) throws {
        setRandomSeed(1)
        let layers = training ? Self.model().layers.filter { !($0 is Dropout) } : Self.model().layers
        let model = Sequential(layers)
        let before = model(Self.images)
        let report = try gradientCheck(
            model, Self.images, Self.labels, loss: .sparseCategoricalCrossentropy(), training: training)
        #expect(report.passed, "\(report)")
        // The input, two kernels and biases of Dense, one of Conv2D, gamma and beta.
        #expect(report.entries.count == 1 + 8)
        #expect(report.entries.map(\.name).contains { $0.hasSuffix("dense/kernel") || $0.contains("dense") })
        // The check leaves the model as it was.
        #expect(model(Self.images).scalars(as: Float.self) == before.scalars(as: Float.self))
    }

    /// A layer whose gradient is off by one part in a thousand is found, under its name.
    @Test func aWrongLayerIsFound() throws {
        final class Wrong: Layer {
            var factor: Variable!
            override func build(for inputShapes: [PartialShape]) {
                factor = addWeight("factor", shape: [], initializer: .ones)
            }
            override func call(_ x: Tensor, in context: CallContext) -> Tensor {
                withCustomGradient(of: [x, factor.value]) { inputs in
                    ([inputs[0] * inputs[1]], { [$0[0] * inputs[1], ($0[0] * inputs[0]).sum() * 1.001] })
                }[0]
            }
        }
        let model = Sequential([Dense(4, activation: .tanh), Wrong(name: "wrong"), Dense(1)])
        let report = try gradientCheck(
            model, SampleInput.uniform([5, 3]), SampleInput.uniform([5, 1], seed: 9), loss: .meanSquaredError())
        let failed = report.entries.filter { !$0.passed }
        #expect(failed.count == 1 && failed[0].name.hasSuffix("wrong/factor"), "\(report)")
    }
}
