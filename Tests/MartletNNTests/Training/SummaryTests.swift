import Foundation
import Martlet
import TestSupport
import Testing

/// Summaries beside those that Keras prints (`scripts/make-summary-fixtures.py`).
@Suite(.ownSession) struct SummaryTests {
    private func keras(_ name: String) throws -> String {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/summary-\(name)", withExtension: "txt"))
        return try String(contentsOf: url, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    private func cnn() -> Sequential {
        Sequential(
            [
                InputLayer([28, 28, 1]), Conv2D(32, kernelSize: 3, activation: .relu, name: "conv2d"),
                MaxPooling2D(poolSize: 2, name: "max_pooling2d"),
                Conv2D(64, kernelSize: 3, activation: .relu, name: "conv2d_1"),
                MaxPooling2D(poolSize: 2, name: "max_pooling2d_1"), Flatten(name: "flatten"),
                Dense(128, activation: .relu, name: "dense"), Dropout(0.5, name: "dropout"),
                Dense(10, activation: .softmax, name: "dense_1"),
            ], name: "sequential")
    }

    @Test func sequential() throws {
        let model = cnn()
        #expect(try model.summaryText() == keras("cnn-88"))
        try model.compile(optimizer: "adam", loss: "sparse_categorical_crossentropy")
        try model.trainOnBatch(Tensor.zeros([2, 28, 28, 1]), Tensor.zeros([2]))
        #expect(try model.summaryText(width: 88) == keras("cnn-trained-88"))
    }

    @Test func graphWithConnections() throws {
        let (x, z) = (Input([4], name: "x"), Input([4], name: "z"))
        let shared = Dense(3, name: "shared")
        let sum = BatchNormalization(name: "norm")(Add(name: "sum")([shared(x), shared(z)]))
        let y = Dense(1, name: "a_rather_long_layer_name_for_this")(sum)
        #expect(try Model(inputs: [x, z], outputs: [y], name: "two").summaryText() == keras("two-inputs-108"))
    }

    @Test func unbuilt() throws {
        let model = Sequential([Dense(3, name: "dense"), Dense(1, name: "dense_1")], name: "unb")
        #expect(try model.summaryText() == keras("unbuilt-88"))
    }

    @Test func everyLineIsAsWideAsAsked() {
        for width in [40, 57, 88, 120] {
            let lines = cnn().summaryText(width: width).split(separator: "\n").dropFirst().dropLast(3)
            #expect(lines.allSatisfy { $0.count == width })
        }
    }
}
