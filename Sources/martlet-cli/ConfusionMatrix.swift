/// How often each class was predicted for each true class.
struct ConfusionMatrix {
    private let counts: [[Int]]
    private let names: [String]

    init(labels: [Int], predictions: [Int], names: [String]) {
        var counts = [[Int]](repeating: [Int](repeating: 0, count: names.count), count: names.count)
        for (label, prediction) in zip(labels, predictions) { counts[label][prediction] += 1 }
        self.counts = counts
        self.names = names
    }

    /// A row for each true class and a column for each predicted class, with the share of correct predictions in the row.
    var text: String {
        let nameWidth = names.map(\.count).max() ?? 0
        let numberWidth = max(4, String(counts.joined().max() ?? 0).count) + 1
        func cell(_ text: String, _ width: Int) -> String { String(repeating: " ", count: width - text.count) + text }
        let header = cell("", nameWidth) + names.indices.map { cell(String($0), numberWidth) }.joined() + "   right"
        let rows = zip(names, counts).enumerated().map { index, row in
            let total = row.1.reduce(0, +)
            let share = total == 0 ? "-" : "\((row.1[index] * 1000 / total + 5) / 10)%"
            let numbers = row.1.map { cell($0 == 0 ? "·" : String($0), numberWidth) }.joined()
            return cell(row.0, nameWidth) + numbers + cell(share, 8)
        }
        return (["Confusion matrix: true classes in rows, predicted ones in columns.", header] + rows)
            .joined(separator: "\n")
    }
}
