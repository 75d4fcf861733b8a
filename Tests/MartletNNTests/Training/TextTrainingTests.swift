import Martlet
import TestSupport
import Testing

/// Batches of texts, as `batch` makes them of strings, in models that begin with a layer for text.
@Suite(.ownSession) struct TextTrainingTests {
    private static let texts = ["good film", "bad film", "good good", "bad bad", "a good film", "a bad film"]

    private func train(_ layer: Layer, _ batches: Dataset<([String], Tensor)>, _ rest: [Layer]) throws -> Logs {
        let model = Sequential([InputLayer([], dtype: .string), layer] + rest)
        try model.compile(optimizer: Adam(0.05), loss: .binaryCrossentropy, metrics: [.binaryAccuracy])
        try model.fit(batches, epochs: 30, verbosity: .silent)
        let predictions = try model.predict(batches.map { texts, _ in texts })
        #expect(predictions.count == 1 && predictions[0].shape == [6, 1])
        return try model.evaluate(batches)
    }

    @Test func vectorization() throws {
        let samples = Dataset(Self.texts.enumerated().map { ($1, Tensor(Float($0 % 2))) })
        let batches = samples.batch(4)
        let layer = TextVectorization(outputSequenceLength: 3)
        try layer.adapt(batches.map { texts, _ in texts })
        // The same as of single texts.
        let other = TextVectorization(outputSequenceLength: 3)
        try other.adapt(Self.texts)
        #expect(layer.getVocabulary() == other.getVocabulary() && layer.getVocabulary().count == 6)
        // Outside of a model, by `map`.
        let numbers = try batches.map(layer).array()
        #expect(numbers[0].0.scalars(as: Int.self) == layer(Tensor(strings: Array(Self.texts[..<4]))).scalars(as: Int.self))
        #expect(try batches.map { texts, _ in texts }.map(layer).map(Rescaling(2)).array()[1].scalars(as: Int.self)
            == (numbers[1].0 * 2).scalars(as: Int.self))
        #expect(numbers[1].1.scalars(as: Float.self) == [0, 1])
        let logs = try train(
            layer, batches, [Embedding(6, 4), GlobalAveragePooling1D(), Dense(1, activation: .sigmoid)])
        #expect(logs["binary_accuracy"] == 1)
    }

    @Test func lookup() throws {
        let words = ["yes", "no", "yes", "no", "no", "yes"]
        let batches = Dataset(words.map { ($0, Tensor(Float($0 == "yes" ? 1 : 0))) }).batch(4)
        let layer = StringLookup()
        try layer.adapt(batches.map { words, _ in words })
        #expect(layer.getVocabulary() == ["[UNK]", "yes", "no"] || layer.getVocabulary() == ["[UNK]", "no", "yes"])
        let logs = try train(layer, batches, [Embedding(3, 2), Dense(1, activation: .sigmoid)])
        #expect(logs["binary_accuracy"] == 1)
    }
}
