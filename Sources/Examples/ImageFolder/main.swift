// Images from a folder with a folder for each class, some of them damaged, flipped and shifted at random while they are read.

import Foundation
import Martlet
import MartletImages

/// A folder of small pictures: discs and squares of any colour at any place. Every 30th file is cut short.
func makeFolder(_ folder: String) throws {
    let random = RandomGenerator(seed: 1)
    for (name, isDisc) in [("disc", true), ("square", false)] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        for number in 0..<150 {
            let numbers = random.uniform([6]).scalars(as: Double.self)
            let (size, x, y) = (5 + 5 * numbers[0], 12 + 8 * numbers[1], 12 + 8 * numbers[2])
            let pixels = (0..<32 * 32).flatMap { place -> [UInt8] in
                let (dx, dy) = (Double(place % 32) - x, Double(place / 32) - y)
                let isInside = isDisc ? dx * dx + dy * dy < size * size : max(abs(dx), abs(dy)) < 0.9 * size
                return numbers[3...].map { UInt8(isInside ? 95 + 160 * $0 : 40) }
            }
            let bytes = try encodePNG(Tensor(pixels, shape: [32, 32, 3]))
            let kept = number % 30 == 7 ? bytes.count / 2 : bytes.count
            try Data(bytes.prefix(kept)).write(to: URL(fileURLWithPath: "\(folder)/\(name)/\(number).png"))
        }
    }
}

reportingErrors {
    let folder = NSTemporaryDirectory() + "/martlet-shapes-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try makeFolder(folder)
    setRandomSeed(1)

    let (training, validation) = try ClassFolder(images: folder).split(validation: 0.2, seed: 1)
    let train = try training.images(size: (24, 24), unreadable: .skip(limit: 20), order: { $0.shuffle(bufferSize: .all) })
        .randomMap { sample, random in
            let image = Bool.random(using: &random) ? sample.0.reversed(axes: [1]) : sample.0
            let (top, left) = (Int.random(in: 0...4, using: &random), Int.random(in: 0...4, using: &random))
            return (image.padded([(2, 2), (2, 2), (0, 0)])[top..<top + 24, left..<left + 24], sample.1)
        }
        .batch(32).prefetch()
    let test = try validation.images(size: (24, 24), unreadable: .skip()).batch(64)

    let model = Sequential([
        InputLayer([24, 24, 3]), Rescaling(1 / 255.0), Conv2D(16, kernelSize: 3, activation: .relu), MaxPooling2D(),
        Conv2D(32, kernelSize: 3, activation: .relu), MaxPooling2D(), Flatten(), Dense(2, activation: .softmax),
    ])
    try model.compile(optimizer: Adam(learningRate: 3e-3), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
    try model.fit(train, epochs: 12, verbosity: .silent)
    let accuracy = try model.evaluate(test)["accuracy"] ?? 0
    print("classes \(training.classNames), \(training.count) files for training: accuracy on others \(accuracy)")
    guard accuracy > 0.8 else { throw MartletError("Expected an accuracy above 0.8. Received: \(accuracy).") }
}
