import Martlet
import MartletCore
import TestSupport
import Testing

/// Weights that only decay, under moments that only decay, sink below the least normal number.
@Suite(.ownSession) struct DenormalTrainingTests {
    /// Trains a layer whose inputs are zero after the first step: no gradient reaches its kernel any more.
    private static func train(eagerly: Bool, steps: Int) throws -> [Tensor] {
        let model = Sequential([
            InputLayer([192]), Dense(192, kernelInitializer: .constant(0.5)), Dense(1, kernelInitializer: .constant(0.25)),
        ])
        let optimizer = Adam(learningRate: 0.5, beta1: 0.9, beta2: 0.9, weightDecay: 1)
        try model.compile(optimizer: optimizer, loss: .meanSquaredError(), runEagerly: eagerly)
        let wave = (0..<384).map { Float($0 % 17) / 17 - 0.5 }
        let y = Tensor([Float(1), -1], shape: [2, 1])
        for inputs in [Tensor(wave, shape: [2, 192])] + Array(repeating: Tensor.zeros([2, 192]), count: steps) {
            _ = try model.trainOnBatch(inputs, y)
        }
        return model.weights.map(\.value) + optimizer.variables.map(\.value)
    }

    private static func denormals(_ tensors: [Tensor]) -> Int {
        tensors.filter { $0.dtype == .float32 }.reduce(0) { sum, tensor in
            let values: [Float] = tensor.scalars()
            return sum + values.filter(\.isSubnormal).count
        }
    }

    @Test func noneAreLeft() throws {
        let before = Settings.threadCount
        defer { Settings.threadCount = before }
        var runs: [[[UInt8]]] = []
        for (threads, eagerly) in [(1, false), (2, false), (5, false), (1, true), (2, true), (5, true)] {
            Settings.threadCount = threads
            let state = try Settings.withDenormals(flushed: true) { try Self.train(eagerly: eagerly, steps: 1100) }
            #expect(Self.denormals(state) == 0)
            runs.append(state.map { tensor in tensor.withUnsafeBytes { Array($0) } })
        }
        let areSame = runs.map { $0 == runs[0] }
        #expect(areSame == runs.map { _ in true })
    }

    /// The test above would find them.
    @Test func keptOnesAreCounted() throws {
        let state = try Settings.withDenormals(flushed: false) { try Self.train(eagerly: false, steps: 1100) }
        #expect(Self.denormals(state) > 30_000)
    }
}
