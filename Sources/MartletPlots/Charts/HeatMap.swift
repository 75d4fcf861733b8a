import Foundation

/// Numbers of many rows over time as colours: norms of layers over steps.
struct HeatMap {
    var title: String
    /// What the horizontal axis counts.
    var axis: String
    var rows: [String]
    /// The places along the horizontal axis, in order.
    var places: [Double]
    /// For each row the values at the places; NaN for none.
    var values: [[Double]]
    /// Whether colours go by the logarithm.
    var isLogarithmic = true
    var width = 440.0

    private static let columnLimit = 120

    /// The colours of the least and the largest value and of those between, alike in light and dark and to colour-blind people:
    /// five colours of viridis.
    ///
    /// Source: S. van der Walt and N. Smith, "A better default colormap for Matplotlib" (2015).
    private static let colors: [(Double, Double, Double)] = [
        (68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37),
    ]

    static func color(_ share: Double) -> [UInt8] {
        guard share.isFinite else { return [128, 128, 128] }
        let place = max(0, min(1, share)) * Double(colors.count - 1)
        let low = min(Int(place), colors.count - 2)
        let part = place - Double(low)
        let (a, b) = (colors[low], colors[low + 1])
        return [(a.0, b.0), (a.1, b.1), (a.2, b.2)].map { UInt8(($0.0 + ($0.1 - $0.0) * part).rounded()) }
    }

    /// The height of all rows together.
    var rowsHeight: Double {
        let each = rows.count > 30 ? 11.0 : max(15, min(28, 168 / Double(max(1, rows.count))))
        return max(30, each * Double(rows.count))
    }

    func svg(in place: SVGText.Place) -> String {
        func level(_ value: Double) -> Double { isLogarithmic ? value > 0 ? log10(value) : .nan : value }
        let columns = min(places.count, Self.columnLimit)
        let shown = (0..<columns).map { columns == 1 ? 0 : $0 * (places.count - 1) / (columns - 1) }
        let levels = values.map { row in shown.map { $0 < row.count ? level(row[$0]) : .nan } }
        let finite = levels.joined().filter(\.isFinite)
        let (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
        let names = rows.map { Markup.fitted($0, to: 132, size: 10) }
        let left = min(150, (names.map { Markup.width($0, size: 10) }.max() ?? 0) + 20)
        let (top, height) = (62.0, rowsHeight)
        let room = width - left - 16
        var svg = SVGText(width: width, height: top + height + 42, in: place, label: title)
        svg.text(title, x: place == .file ? 16 : 12, y: 24, size: 15, .strong, weight: 600)
        // The scale.
        let scale = PixelImage(width: 64, height: 1, channels: 3, pixels: (0..<64).flatMap { Self.color(Double($0) / 63) })!
        svg.image(scale.dataURI, x: left + 44, y: 38, width: max(40, room - 88), height: 8)
        func text(_ level: Double) -> String { (isLogarithmic ? pow(10, level) : level).scaleLabel }
        svg.text(text(low), x: left + 38, y: 46, size: 10, .muted, anchor: "end")
        svg.text(text(high), x: left + room - 38, y: 46, size: 10, .muted)
        if columns > 0, !rows.isEmpty {
            let pixels = levels.flatMap { row in
                row.flatMap { Self.color(high > low ? ($0 - low) / (high - low) : $0.isFinite ? 0.5 : .nan) }
            }
            if let image = PixelImage(width: columns, height: rows.count, channels: 3, pixels: pixels) {
                svg.image(image.dataURI, x: left, y: top, width: room, height: height)
            }
            for (index, name) in names.enumerated() {
                let middle = top + (Double(index) + 0.5) * height / Double(rows.count)
                svg.text(name, x: left - 6, y: middle + 3.5, size: 10, .plain, anchor: "end")
            }
            svg.text(places[shown[0]].brief, x: left, y: top + height + 14, size: 11, .muted)
            if columns > 1 {
                svg.text(places[shown[columns - 1]].brief, x: left + room, y: top + height + 14, size: 11, .muted, anchor: "end")
            }
        }
        svg.text(axis, x: left + room / 2, y: top + height + 30, size: 12, .plain, anchor: "middle")
        return svg.finish()
    }

    /// The first, the middle and the last value of each row.
    var table: (header: [String], rows: [[String]]) {
        let shown = places.isEmpty ? [] : Array(Set([0, places.count / 2, places.count - 1])).sorted()
        return (
            ["layer"] + shown.map { "\(axis) \(places[$0].brief)" },
            zip(rows, values).map { name, row in [name] + shown.map { $0 < row.count ? row[$0].brief : "" } }
        )
    }
}

extension Double {
    /// Two digits.
    fileprivate var scaleLabel: String { String(format: "%.2g", self) }
}
