import Martlet
import TestSupport
import Testing

/// What a profile says of a training step is what the step's products add up to.
@Suite(.ownSession) struct ProfileTrainingTests {
    private static let (batch, features, hidden, classes) = (16, 12, 8, 3)

    private func model() throws -> Model {
        let model = Sequential([
            InputLayer([Self.features]), Dense(Self.hidden, activation: .relu, name: "first"),
            Dense(Self.classes, activation: .softmax, name: "second"),
        ])
        try model.compile(optimizer: SGD(learningRate: 0.1), loss: .sparseCategoricalCrossentropy())
        return model
    }

    private let x = Tensor.randomUniform([batch, features])
    private let y = Tensor.zeros([batch], dtype: .int64)

    @Test func productsOfAStep() throws {
        let model = try model()
        _ = try model.trainOnBatch(x, y)
        let profile = try Profiler.profile { _ = try model.trainOnBatch(x, y) }
        func flops(_ layer: String) -> Int {
            profile.rows(by: .layer).filter { $0.key[0].hasSuffix("/\(layer)") && ["dense", "matmul"].contains($0.key[1]) }
                .reduce(0) { $0 + $1.flops }
        }
        let (n, i, h, o) = (Self.batch, Self.features, Self.hidden, Self.classes)
        // Forward with bias and relu, and the gradient of the kernel: the data need none.
        #expect(flops("first") == 2 * n * i * h + 2 * n * h + 2 * n * i * h)
        // Forward with bias, and the gradients of kernel and input.
        #expect(flops("second") == 2 * n * h * o + n * o + 2 * (2 * n * h * o))
        #expect(profile.events.contains { $0.kind == .function })
        #expect(profile.events.allSatisfy { $0.kind != .compilation })
    }

    @Test func fitIsSeenWhole() throws {
        let model = try model()
        let profile = try Profiler.profile { _ = try model.fit(x, y, batchSize: 4, epochs: 2, verbosity: .silent) }
        #expect(profile.events.contains { $0.kind == .compilation })
        let forward = profile.rows(by: .layer).first { $0.key[0].hasSuffix("/first") && $0.key[1] == "dense" }
        #expect(forward?.calls == 2 * 4)
    }
}
