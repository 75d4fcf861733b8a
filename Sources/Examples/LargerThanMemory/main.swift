// A set that tensors may not hold: files of records, read several at a time and shuffled within a buffer, while
// Settings.memoryLimit refuses more than a small part of the set.

import Foundation
import Martlet

let (shards, perShard, features) = (8, 2500, 64)

/// Records of noise around a hidden direction, written one by one.
func makeFiles(_ path: String) throws {
    let direction = RandomGenerator(seed: 7).normal([features])
    for shard in 0..<shards {
        let x = RandomGenerator(seed: shard).normal([perShard, features])
        let y = (matmul(x, direction.reshaped(to: [features, 1])) .> 0).cast(to: .int64).scalars(as: Int64.self)
        let numbers = x.scalars(as: Float.self)
        let records = (0..<perShard).lazy.map { row in
            Example([
                "x": .floats(Array(numbers[row * features..<(row + 1) * features])), "y": .integers([y[row]]),
            ]).serialized()
        }
        try TFRecord.write(records, to: "\(path)-\(shard).tfrecord")
    }
}

reportingErrors {
    let path = NSTemporaryDirectory() + "/martlet-large-\(UUID())"
    defer { for shard in 0..<shards { try? FileManager.default.removeItem(atPath: "\(path)-\(shard).tfrecord") } }
    try makeFiles(path)
    setRandomSeed(1)

    let train = Dataset.files(matching: path + "-*.tfrecord")
        .shuffle(bufferSize: .all)
        .interleave(cycleLength: 4) { Dataset.tfRecords($0) }
        .map { record in
            let example = try Example(serialized: record)
            return (try example.tensor("x"), try example.tensor("y", shape: [1]))
        }
        .shuffle(bufferSize: 1000).batch(64).prefetch()

    // The set has 5 MB as tensors.
    Settings.memoryLimit = 3 << 20
    let model = Sequential([InputLayer([features]), Dense(1, activation: .sigmoid)])
    try model.compile(optimizer: Adam(learningRate: 0.01), loss: .binaryCrossentropy(), metrics: [.accuracy])
    let history = try model.fit(train, epochs: 2, verbosity: .silent)
    let accuracy = history["accuracy"].last ?? 0
    print("\(shards * perShard) records in \(shards) files: accuracy \(accuracy)")
    guard accuracy > 0.9 else { throw MartletError("Expected an accuracy above 0.9. Received: \(accuracy).") }
}
