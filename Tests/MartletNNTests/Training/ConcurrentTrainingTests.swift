import Foundation
import Martlet
import MartletCore
import TestSupport
import Testing

/// Models that train at the same time, in threads of their own, become what they become one after the other.
@Suite(.ownSession) struct ConcurrentTrainingTests {
    private static func trained(_ kind: Int) throws -> [[UInt8]] {
        let generator = RandomGenerator(seed: kind + 1)
        let model: Model =
            kind % 2 == 0
            ? Sequential([
                InputLayer([12, 12, 1]), Conv2D(16, kernelSize: 3, kernelInitializer: .glorotUniform(seed: 1)),
                MaxPooling2D(), Flatten(), Dense(10, activation: .softmax, kernelInitializer: .glorotUniform(seed: 2)),
            ])
            : Sequential([
                InputLayer([12, 12, 1]), Flatten(),
                Dense(256, activation: .relu, kernelInitializer: .glorotUniform(seed: 3)),
                Dense(10, activation: .softmax, kernelInitializer: .glorotUniform(seed: 4)),
            ])
        try model.compile(
            optimizer: Adam(), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy], runEagerly: kind / 2 % 2 == 1)
        let x = generator.normal([256, 12, 12, 1])
        let y = generator.integers([256], in: 0..<10)
        try model.fit(x, y, batchSize: 64, epochs: 3, verbosity: .silent, shuffle: false)
        return model.weights.map { variable in variable.value.withUnsafeBytes { Array($0) } }
    }

    @Test(arguments: [1, 2, 5]) func sameBitsAsOneAfterTheOther(threads: Int) throws {
        let before = Settings.threadCount
        defer { Settings.threadCount = before }
        Settings.threadCount = threads
        let alone = try (0..<4).map(Self.trained)
        let together = Guarded([Int: [[UInt8]]]())
        let group = DispatchGroup()
        for number in 0..<8 {
            group.enter()
            Thread {
                let weights = try? Self.trained(number % 4)
                together.withLock { $0[number] = weights }
                group.leave()
            }.start()
        }
        group.wait()
        let areSame = (0..<8).map { number in together.withLock { $0[number] } == alone[number % 4] }
        #expect(areSame == Array(repeating: true, count: 8))
    }
}
