/// A drawing with an upright axis for each of several quantities, and for each of many things a line across them.
package struct ParallelAxes {
    /// One quantity.
    package struct Axis {
        let name: String
        /// What is written along it: at places from 0, below, to 1, above.
        let ticks: [(place: Double, label: String)]

        package init(_ name: String, ticks: [(place: Double, label: String)]) { (self.name, self.ticks) = (name, ticks) }
    }

    private struct Line {
        let name: String
        let places: [Double?]
        let color: Int?
    }

    /// What it shows, for those who cannot see it.
    package var title: String
    private let axes: [Axis]
    private var lines: [Line] = []

    /// Makes a drawing without lines.
    package init(_ title: String, axes: [Axis]) { (self.title, self.axes) = (title, axes) }

    /// Adds a line. Later ones lie above.
    /// - Parameters:
    ///   - name: what stands in the legend; nothing when it is empty.
    ///   - places: for each axis a place from 0 to 1; a gap where it is nil.
    ///   - color: the number of the colour; nil for a pale one.
    package mutating func add(_ name: String, places: [Double?], color: Int? = nil) {
        lines.append(Line(name: name, places: places, color: color))
    }

    var isEmpty: Bool { axes.count < 2 || lines.isEmpty }

    func svg(in place: SVGText.Place) -> String {
        let (side, height) = (70.0, 360.0)
        let step = max(130, 900 / Double(axes.count - 1))
        let width = 2 * side + step * Double(axes.count - 1)
        let (top, bottom) = (70.0, height - 24)
        var svg = SVGText(width: width, height: height, in: place, label: title, least: min(width, 110 * Double(axes.count)))
        func x(_ axis: Int) -> Double { side + step * Double(axis) }
        func y(_ place: Double) -> Double { bottom - max(0, min(1, place)) * (bottom - top) }

        var end = width - 16
        for line in lines.reversed() where !line.name.isEmpty {
            guard let color = line.color else { continue }
            svg.text(line.name, x: end, y: 20, size: 12, .series(color), anchor: "end", weight: 600)
            end -= Markup.width(line.name, size: 12) + 16
        }
        for (index, axis) in axes.enumerated() {
            svg.rule(x(index), top, x(index), bottom, .axis)
            // Names in turn in two rows have twice the room.
            let name = Markup.fitted(axis.name, to: 2 * step - 24, size: 12)
            let isLast = index == axes.count - 1
            let anchor = index == 0 ? "start" : isLast ? "end" : "middle"
            let shift = index == 0 ? 12 - side : isLast ? side - 12 : 0
            svg.text(name, x: x(index) + shift, y: index % 2 == 0 ? 42 : 58, size: 12, .plain, anchor: anchor, weight: 600)
        }
        for line in lines {
            var run: [(Double, Double)] = []
            func endRun() {
                let (ink, strength) = (Ink.series(line.color ?? 7), line.color == nil ? 0.3 : 1)
                if run.count > 1 { svg.path(run, ink, width: line.color == nil ? 1.2 : 2.2, opacity: strength) }
                for point in run where run.count == 1 { svg.dot(point.0, point.1, radius: 3, ink, opacity: strength) }
                run = []
            }
            for (index, place) in line.places.prefix(axes.count).enumerated() {
                if let place, place.isFinite { run.append((x(index), y(place))) } else { endRun() }
            }
            endRun()
        }
        // Labels lie above lines.
        for (index, axis) in axes.enumerated() {
            for tick in axis.ticks {
                let label = Markup.fitted(tick.label, to: min(step - 20, side - 12), size: 11)
                let size = Markup.width(label, size: 11) + 6
                svg.rule(x(index) - 4, y(tick.place), x(index) + 4, y(tick.place), .axis)
                svg.rectangle(x(index) - 7 - size, y(tick.place) - 8, size, 15, .panel, opacity: 0.8, radius: 3)
                svg.text(label, x: x(index) - 10, y: y(tick.place) + 4, size: 11, .muted, anchor: "end")
            }
        }
        return svg.finish()
    }
}
