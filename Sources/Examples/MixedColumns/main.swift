// A CSV file of numbers and texts with missing values and a bad row, to a model of two inputs.

import Foundation
import Martlet

/// Passengers: who survives depends on sex, class and age.
func makeTable(_ path: String) throws {
    let random = RandomGenerator(seed: 3)
    var lines = ["age,sex,class,fare,survived"]
    for number in 0..<1500 {
        let u = random.uniform([5]).scalars(as: Double.self)
        let (age, isFemale, group) = (Int(80 * u[0]), u[1] < 0.4, 1 + Int(3 * u[2]))
        let chance = (isFemale ? 0.75 : 0.15) + (age < 12 ? 0.3 : 0) + 0.1 * Double(2 - group)
        let fare = String(format: "%.2f", 100 * u[3] / Double(group))
        let shown = number % 11 == 0 ? "" : "\(age)"
        lines.append("\(shown),\"\(isFemale ? "female" : "male")\",\(group),\(fare),\(u[4] < chance ? 1 : 0)")
    }
    lines[1200] = "not,a,row"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
}

reportingErrors {
    let path = NSTemporaryDirectory() + "/martlet-passengers-\(UUID()).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try makeTable(path)
    setRandomSeed(1)

    let csv = try CSV(path)
    print(csv.columns.map { "\($0.name): \($0.kind)" }.joined(separator: ", "))
    // Numbers with a flag for what is missing; texts and classes as one of some.
    let samples = csv.rows.onError(.skip(limit: 5)).map { row in
        let age = row["age"].number ?? .nan
        let numbers: [Float] = [age.isNaN ? 0 : Float(age) / 80, age.isNaN ? 1 : 0, Float(row["fare"].number ?? 0) / 100]
        let sex: [Float] = row["sex"] == .text("female") ? [1, 0] : [0, 1]
        let group = Int(row["class"].number ?? 0)
        let kinds = sex + (1...3).map { $0 == group ? 1 : 0 }
        return ([Tensor(numbers), Tensor(kinds)], [Tensor([Float(row["survived"].number ?? 0)])])
    }
    let count = 1200
    let train = samples.take(count).shuffle(bufferSize: .all).batch(32)
    let test = samples.skip(count).batch(100)

    let (numbers, kinds) = (Input([3], name: "numbers"), Input([5], name: "kinds"))
    let hidden = Dense(16, activation: .relu)(Concatenate()([numbers, kinds]))
    let model = Model(inputs: [numbers, kinds], outputs: [Dense(1, activation: .sigmoid)(hidden)])
    try model.compile(optimizer: Adam(learningRate: 5e-3), loss: .binaryCrossentropy(), metrics: [.accuracy])
    try model.fit(train, epochs: 10, verbosity: .silent)
    let accuracy = try model.evaluate(test)["accuracy"] ?? 0
    print("accuracy on other rows \(accuracy)")
    guard accuracy > 0.7 else { throw MartletError("Expected an accuracy above 0.7. Received: \(accuracy).") }
}
