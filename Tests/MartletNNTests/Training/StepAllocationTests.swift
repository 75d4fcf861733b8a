import CAllocationCounter
import Foundation
import Martlet
import TestSupport
import Testing

/// A steady training step of a compiled model calls `malloc` not once: kernels, updates, metrics and random draws included.
@Suite(.ownSession) struct StepAllocationTests {
    private static func model(_ kind: String) -> (Model, input: Shape) {
        switch kind {
        case "dense":
            return (
                Sequential([Dense(16, activation: .relu), Dropout(0.3), Dense(4, activation: .softmax)]), [10]
            )
        case "convolution":
            return (
                // Channels in whole vectors: for others OpenBLAS itself takes memory.
                Sequential([
                    Conv2D(4, kernelSize: 3, padding: .same, activation: .relu), MaxPooling2D(), BatchNormalization(),
                    Conv2D(16, kernelSize: 3, strides: 2), Flatten(), Dense(4, activation: .softmax),
                ]), [8, 8, 3]
            )
        case "embedding":
            return (
                Sequential([Embedding(700, 16), GlobalAveragePooling1D(), Dense(4, activation: .softmax)]), [3]
            )
        case "recurrent":
            return (Sequential([LSTM(8, returnSequences: true), GRU(5), Dense(4, activation: .softmax)]), [6, 3])
        default:
            let x = Input([6, 8])
            let attended = LayerNormalization()(Add()([x, MultiHeadAttention(numHeads: 2, keyDim: 4)([x, x])]))
            return (
                Model(inputs: [x], outputs: [Dense(4, activation: .softmax)(GlobalAveragePooling1D()(attended))]),
                [6, 8]
            )
        }
    }

    @Test(arguments: ["dense", "convolution", "embedding", "recurrent", "attention"], ["adam", "sgd", "rmsprop"])
    func nothing(_ kind: String, _ optimizer: String) throws {
        let (model, shape) = Self.model(kind)
        try model.compile(optimizer: optimizer, loss: "sparse_categorical_crossentropy", metrics: ["accuracy"])
        let generator = RandomGenerator(seed: 3)
        let size = Shape([8] + shape.dimensions)
        let x = kind == "embedding" ? generator.integers(size, in: 0..<700) : generator.normal(size)
        let y = Tensor((0..<8).map { $0 % 4 })
        let data = try TensorDataset(inputs: [x], targets: [y])
        let step = try model.makeTrainFunction(for: data)
        let batch = data.batch(0, size: 8)
        for _ in 0..<3 { step(batch) }
        // Tests that run beside this one may change a setting for a moment, or take a block that a kernel gave back: only steps
        // that allocate again and again are at fault.
        var fewest = UInt64.max
        for run in 0..<600 where fewest > 0 {
            if run > 0 { Thread.sleep(forTimeInterval: 0.1) }
            let before = allocation_count()
            for _ in 0..<10 { step(batch) }
            fewest = min(fewest, allocation_count() - before)
        }
        if fewest > 0 {
            print_allocations(true)
            step(batch)
            print_allocations(false)
        }
        #expect(fewest == 0)
    }
}
