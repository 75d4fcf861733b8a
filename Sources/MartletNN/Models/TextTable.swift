/// A table with box characters, as in Keras's summaries.
struct TextTable {
    let header: [String]
    let rows: [[String]]
    /// The columns with text aligned to the right.
    let rightAligned: Set<Int>
    /// The number of characters of text in each column.
    let widths: [Int]

    /// The column widths of a Keras summary: fractions of the whole width, each reduced by its share of frames and blanks.
    /// Halves are rounded to even, as in Keras.
    static func widths(places: [Double], total: Int) -> [Int] {
        let ends = places.map { Int($0 * Double(total)) }
        var excess = 3 * places.count + 1
        return ends.indices.map { index in
            let share = (Double(excess) / Double(ends.count - index)).rounded(.toNearestOrEven)
            excess -= Int(share)
            return max(1, ends[index] - (index > 0 ? ends[index - 1] : 0) - Int(share))
        }
    }

    var text: String {
        let body = rows.map { cells($0, "│") }.joined(separator: "\n" + rule("├", "─", "┼", "┤") + "\n")
        var lines = [
            rule("┏", "━", "┳", "┓"), cells(header, "┃"), rule("┡", "━", "╇", "┩"), body, rule("└", "─", "┴", "┘"),
        ]
        if rows.isEmpty { lines.remove(at: 3) }
        return lines.joined(separator: "\n")
    }

    private func rule(_ left: String, _ line: String, _ cross: String, _ right: String) -> String {
        left + widths.map { String(repeating: line, count: $0 + 2) }.joined(separator: cross) + right
    }

    private func cells(_ texts: [String], _ frame: String) -> String {
        let columns = zip(texts, widths).map { Self.wrapped($0, to: $1) }
        let height = columns.map(\.count).max() ?? 0
        return (0..<height).map { line in
            let parts = columns.enumerated().map { index, lines in
                let text = line < lines.count ? lines[line] : ""
                let blanks = String(repeating: " ", count: widths[index] - text.count)
                return rightAligned.contains(index) ? blanks + text : text + blanks
            }
            return "\(frame) \(parts.joined(separator: " \(frame) ")) \(frame)"
        }.joined(separator: "\n")
    }

    /// Breaks text into lines at blanks. A word that is too long for a line ends in an ellipsis.
    private static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        for word in text.printable.split(separator: " ").map(String.init) {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(word.shortened(to: width))
            }
        }
        return lines.isEmpty ? [""] : lines
    }
}
