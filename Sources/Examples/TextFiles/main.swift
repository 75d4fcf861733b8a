// Texts from files, a folder for each class: words become numbers, batches are padded, an LSTM reads them.

import Foundation
import Martlet

/// Short reviews of which one word says what was thought.
func makeFolder(_ folder: String) throws {
    let random = RandomGenerator(seed: 5)
    let fillers = ["the", "film", "was", "really", "and", "its", "plot", "music", "actors", "very", "quite", "a", "story"]
    let telling = [("positive", ["good", "great", "fine", "lovely"]), ("negative", ["bad", "awful", "dull", "poor"])]
    for (name, words) in telling {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        for number in 0..<150 {
            let count = 4 + number % 9
            let places = random.uniform([count + 2]).scalars(as: Double.self)
            var text = places[..<count].map { fillers[Int($0 * Double(fillers.count))] }
            text.insert(words[Int(places[count] * 4)], at: Int(places[count + 1] * Double(count)))
            try (text.joined(separator: " ") + ".").write(
                toFile: "\(folder)/\(name)/\(number).txt", atomically: true, encoding: .utf8)
        }
    }
}

@Sendable func words(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter }.map(String.init)
}

reportingErrors {
    let folder = NSTemporaryDirectory() + "/martlet-reviews-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try makeFolder(folder)
    setRandomSeed(1)

    let (training, validation) = try ClassFolder(folder, endings: [".txt"]).split(validation: 0.25, seed: 1)
    // The words of the training set, the most frequent first; 0 fills up, 1 is any other word.
    var counts: [String: Int] = [:]
    try training.texts().forEach { text, _ in for word in words(text) { counts[word, default: 0] += 1 } }
    let vocabulary = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(1000).map(\.key)
    let numbers = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($1, Int32($0 + 2)) })

    func batches(_ files: ClassFolder) throws -> Dataset<(Tensor, Tensor)> {
        try files.texts(labels: .binary).map { text, label in (Tensor(words(text).map { numbers[$0] ?? 1 }), label) }
            .bucketByLength(boundaries: [8, 11], batchSizes: [32, 32, 32]) { numbers, _ in numbers.elementCount }
    }
    let model = Sequential([
        Embedding(vocabulary.count + 2, 16, maskZero: true), LSTM(16), Dense(1, activation: .sigmoid),
    ])
    try model.compile(optimizer: Adam(learningRate: 0.02), loss: .binaryCrossentropy(), metrics: [.accuracy])
    try model.fit(batches(training), epochs: 8, verbosity: .silent)
    let accuracy = try model.evaluate(batches(validation))["accuracy"] ?? 0
    print("\(vocabulary.count) words, classes \(training.classNames): accuracy on other texts \(accuracy)")
    guard accuracy > 0.9 else { throw MartletError("Expected an accuracy above 0.9. Received: \(accuracy).") }
}
