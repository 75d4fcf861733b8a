import Foundation
import MartletCore

/// How often each class was predicted for each true class.
///
/// ```swift
/// let matrix = try ConfusionMatrix(predictions: Tensor([[0.9, 0.1], [0.6, 0.4]]), labels: Tensor([0, 1]))
/// print(matrix.counts)    // [[1, 0], [1, 0]]
/// ```
public struct ConfusionMatrix: Drawing, Sendable {
    /// A row for each true class, a column for each predicted one.
    public let counts: [[Int]]
    /// The names of the classes.
    public let classNames: [String]

    /// Counts what a model predicted.
    /// - Parameters:
    ///   - predictions: a value for each class, `(samples, classes)`, or the second class's, `(samples, 1)`.
    ///   - labels: class numbers, or one-hot rows.
    ///   - classNames: the names of the classes; their numbers where there are none.
    /// - Throws: `MartletError` when the shapes do not fit, or a label is none of the classes.
    public init(predictions: Tensor, labels: Tensor, classNames: [String] = []) throws {
        self.init(try ClassScores(predictions, labels: labels), classNames: classNames)
    }

    init(_ classes: ClassScores, classNames: [String]) {
        var counts = [[Int]](repeating: [Int](repeating: 0, count: classes.classCount), count: classes.classCount)
        for sample in 0..<classes.count { counts[classes.labels[sample]][classes.guess(sample)] += 1 }
        self.init(counts: counts, classNames: classNames)
    }

    init(counts: [[Int]], classNames: [String]) {
        self.counts = counts
        self.classNames = counts.indices.map { $0 < classNames.count ? classNames[$0] : String($0) }
    }

    /// The share of samples whose class was predicted; 0 without samples.
    public var accuracy: Double {
        let right = counts.indices.reduce(0) { $0 + counts[$1][$1] }
        return Double(right) / Double(max(1, counts.joined().reduce(0, +)))
    }

    /// A row for each true class and a column for each predicted class, with the share of correct predictions in the row.
    public var text: String {
        let nameWidth = classNames.map(\.count).max() ?? 0
        let numberWidth = max(4, String(counts.joined().max() ?? 0).count) + 1
        func cell(_ text: String, _ width: Int) -> String { String(repeating: " ", count: width - text.count) + text }
        let header = cell("", nameWidth) + classNames.indices.map { cell(String($0), numberWidth) }.joined() + "   right"
        let rows = zip(classNames, counts).enumerated().map { index, row in
            let total = row.1.reduce(0, +)
            let share = total == 0 ? "-" : "\((row.1[index] * 1000 / total + 5) / 10)%"
            let numbers = row.1.map { cell($0 == 0 ? "·" : String($0), numberWidth) }.joined()
            return cell(row.0, nameWidth) + numbers + cell(share, 8)
        }
        return (["Confusion matrix: true classes in rows, predicted ones in columns.", header] + rows)
            .joined(separator: "\n")
    }

    /// The drawing, in SVG: the darker a cell, the larger its share of the row. Up to 20 classes have their numbers in the
    /// cells.
    public var svg: String { svg(in: .file) }

    func svg(in place: SVGText.Place, title: String = "Confusion matrix") -> String {
        let count = counts.count
        let showsNumbers = count <= 20
        let longest = counts.joined().max() ?? 0
        let digits = Double(String(longest).count)
        let cell = showsNumbers
            ? max(26, min(44, 420 / Double(max(1, count)), digits * 7 + 12), digits * 7 + 8) : max(4, 480 / Double(count))
        let names = classNames.map { Markup.fitted($0, to: 110, size: 11) }
        let nameWidth = max(28, names.map { Markup.width($0, size: 11) }.max() ?? 0)
        // Of very many classes only every so many is named.
        let step = max(1, Int((13 / cell).rounded(.up)))
        let left = nameWidth + 44
        let isTurned = names.contains { Markup.width($0, size: 11) > cell - 4 }
        let top = 52.0 + (isTurned ? nameWidth * 0.75 : 10)
        let size = cell * Double(count)
        var svg = SVGText(
            width: max(left + size + (isTurned ? nameWidth * 0.7 : 0) + 24, 240), height: top + size + 20, in: place,
            label: title)
        svg.text(title, x: 12, y: 24, size: 15, .strong, weight: 600)
        svg.text("predicted", x: left, y: 44, size: 11, .muted)
        svg.text("true", x: 20, y: top + size / 2, size: 11, .muted, anchor: "middle", rotated: -90)
        for (index, name) in names.enumerated() where index % step == 0 {
            let middle = (Double(index) + 0.5) * cell
            svg.text(name, x: left - 6, y: top + middle + 4, size: 11, .plain, anchor: "end")
            if isTurned {
                svg.text(name, x: left + middle + 3, y: top - 5, size: 11, .plain, rotated: -45)
            } else {
                svg.text(name, x: left + middle, y: top - 6, size: 11, .plain, anchor: "middle")
            }
        }
        if showsNumbers { drawCells(on: &svg, cell, left, top) } else { drawPixels(on: &svg, size, left, top) }
        for line in [0, count] {
            let place = Double(line) * cell
            svg.rule(left, top + place, left + size, top + place, .axis)
            svg.rule(left + place, top, left + place, top + size, .axis)
        }
        return svg.finish()
    }

    private func drawCells(on svg: inout SVGText, _ cell: Double, _ left: Double, _ top: Double) {
        for (row, numbers) in counts.enumerated() {
            let total = Double(max(1, numbers.reduce(0, +)))
            for (column, number) in numbers.enumerated() where number > 0 {
                let share = Double(number) / total
                let (x, y) = (left + Double(column) * cell, top + Double(row) * cell)
                svg.rectangle(
                    x + 0.5, y + 0.5, cell - 1, cell - 1, .series(row == column ? 0 : 1), opacity: max(0.06, share))
                svg.text(
                    String(number), x: x + cell / 2, y: y + cell / 2 + 4, size: 11, share > 0.7 ? .inverse : .plain,
                    anchor: "middle", weight: row == column ? 600 : 400)
            }
        }
    }

    /// A pixel for each cell: of many classes there are too many cells for a drawing.
    private func drawPixels(on svg: inout SVGText, _ size: Double, _ left: Double, _ top: Double) {
        let pixels = counts.flatMap { row in
            let total = Double(max(1, row.reduce(0, +)))
            return row.flatMap { HeatMap.color(Double($0) / total) }
        }
        guard let image = PixelImage(width: counts.count, height: counts.count, channels: 3, pixels: pixels) else { return }
        svg.image(image.dataURI, x: left, y: top, width: size, height: size)
    }
}
