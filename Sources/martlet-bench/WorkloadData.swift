import Martlet

extension Workload {
    /// The kind of samples.
    enum Samples: Sendable {
        /// Numbers uniform in [0, 1).
        case features([Int])
        /// Integers uniform below a number.
        case tokens(Int, below: Int)
        /// Uniform integers from 1 to below a number, at least `leastLength` of them, followed by zeros.
        case paddedTokens(Int, below: Int, leastLength: Int)
        /// Uniform integers below a number, and as a second input uniform numbers in [0, 1).
        case ids(Int, below: Int, numbers: Int)
    }

    /// The kind of labels, which decides loss and accuracy.
    enum Labels: Sendable {
        /// Uniform over classes.
        case classes(Int)
        /// 0 or 1.
        case binary
        /// For each pixel, 1 where the mean of its channels is above 0.5, otherwise 0.
        case brightPixels
        /// The input itself.
        case input
    }

    /// Different batches, used in turn. There are enough that no step finds its data in the cache.
    static let batchCount = 8

    func batches() -> [Batch] {
        let generator = RandomGenerator(seed: 0)
        return (0..<Self.batchCount).map { _ in
            let inputs = inputs(from: generator)
            return Batch(inputs: inputs, targets: [target(of: inputs[0], from: generator)])
        }
    }

    private func inputs(from generator: RandomGenerator) -> [Tensor] {
        switch samples {
        case .features(let shape): return [generator.uniform(Shape([batch] + shape), in: 0..<1, dtype: .float32)]
        case .tokens(let count, let limit): return [generator.integers([batch, count], in: 0..<limit, dtype: .int32)]
        case .paddedTokens(let count, let limit, let leastLength):
            let tokens = maximum(generator.integers([batch, count], in: 0..<limit, dtype: .int32), 1)
            let lengths = generator.integers([batch, 1], in: leastLength..<count + 1, dtype: .int32)
            let isToken = Tensor.range(0..<count).cast(to: .int32) .< lengths
            return [tokens * isToken.cast(to: .int32)]
        case .ids(let count, let limit, let numbers):
            return [
                generator.integers([batch, count], in: 0..<limit, dtype: .int32),
                generator.uniform([batch, numbers], in: 0..<1, dtype: .float32),
            ]
        }
    }

    private func target(of input: Tensor, from generator: RandomGenerator) -> Tensor {
        switch labels {
        case .classes(let count): generator.integers([batch], in: 0..<count)
        case .binary: generator.integers([batch, 1], in: 0..<2).cast(to: .float32)
        case .brightPixels: (input.mean(axis: -1, keepDims: true) .> 0.5).cast(to: .float32)
        case .input: input
        }
    }
}
