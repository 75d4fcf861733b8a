import Foundation

/// A drawing of curves, points, bars and histograms over two axes, in SVG.
///
/// ```swift
/// var plot = Plot("Learning rates", x: .init("step"), y: .init("rate", isLogarithmic: true))
/// plot.addLine("cosine", x: [1, 10, 100], y: [0.1, 0.05, 0.001])
/// plot.addHistogram("weights", of: [0.1, 0.2, 0.2, 0.7], bins: 4)
/// let text = plot.svg
/// ```
///
/// What an axis has no place for is left out, and a curve has a gap there: values that are not finite, that lie outside the
/// axis's range, or that are not positive on a logarithmic axis.
public struct Plot: Sendable {
    /// What an axis says, and how values lie along it.
    public struct Axis: Sendable {
        /// The text beside the axis.
        public var label: String
        /// Whether equal factors, not equal differences, are equally far apart.
        public var isLogarithmic: Bool
        /// The ends; nil takes round numbers around the data.
        public var range: ClosedRange<Double>?

        /// Makes an axis.
        public init(_ label: String = "", isLogarithmic: Bool = false, range: ClosedRange<Double>? = nil) {
            self.label = label
            self.isLogarithmic = isLogarithmic
            self.range = range
        }
    }

    private enum Shape { case line, points, bars }
    private struct Series {
        let name: String
        let shape: Shape
        /// The left and the right end of a bar; the same place of a point.
        let spans: [(from: Double, to: Double)]
        let values: [Double]
    }

    /// The line above the drawing.
    public var title: String
    /// The horizontal axis.
    public var x: Axis
    /// The vertical axis.
    public var y: Axis
    /// The size in pixels.
    public var (width, height) = (640.0, 400.0)
    private var series: [Series] = []
    private var categories: [String] = []

    /// Makes a drawing without data.
    public init(_ title: String = "", x: Axis = Axis(), y: Axis = Axis()) {
        self.title = title
        self.x = x
        self.y = y
    }

    /// Adds a curve through points. Surplus numbers of the longer list are left out.
    /// - Parameter x: 1, 2, 3, ... when nil.
    public mutating func addLine(_ name: String = "", x: [Double]? = nil, y: [Double]) { add(name, .line, x, y) }

    /// Adds points that nothing connects.
    /// - Parameter x: 1, 2, 3, ... when nil.
    public mutating func addPoints(_ name: String = "", x: [Double]? = nil, y: [Double]) { add(name, .points, x, y) }

    /// Adds a bar for each category, whose names stand below the bars.
    public mutating func addBars(_ name: String = "", _ bars: KeyValuePairs<String, Double>) {
        categories = bars.map(\.key)
        let spans = bars.indices.map { (from: Double($0) + 0.6, to: Double($0) + 1.4) }
        series.append(Series(name: name, shape: .bars, spans: spans, values: bars.map(\.value)))
    }

    /// Adds a bar for each of `bins` parts of the range of the values, as high as the number of values in it. A value at the
    /// border of two parts belongs to the right one, except for the largest. Values that are not finite, or are too large to
    /// draw, are left out.
    public mutating func addHistogram(_ name: String = "", of values: [Double], bins: Int = 20) {
        let values = values.filter { abs($0) < 1e300 }
        guard let low = values.min(), let high = values.max(), bins >= 1 else { return }
        let part = (high - low) / Double(bins)
        let (start, size) = part > 1e-300 ? (low, part) : (low - 0.5, 1 / Double(bins))
        var counts = [Double](repeating: 0, count: bins)
        for value in values { counts[max(0, min(bins - 1, Int((value - start) / size)))] += 1 }
        let spans = counts.indices.map { (from: start + Double($0) * size, to: start + Double($0 + 1) * size) }
        series.append(Series(name: name, shape: .bars, spans: spans, values: counts))
    }

    private mutating func add(_ name: String, _ shape: Shape, _ x: [Double]?, _ y: [Double]) {
        let places = x ?? y.indices.map { Double($0 + 1) }
        let count = min(places.count, y.count)
        series.append(Series(name: name, shape: shape, spans: places.prefix(count).map { ($0, $0) }, values: y))
    }

    // MARK: - Drawing

    private static let colors = ["#2f6fb3", "#e07b39", "#3a9a5b", "#b34a7d", "#7a62c9", "#8a7a2e"]

    /// The values of an axis between its ends, as a fraction of its length.
    private struct Scale {
        let lower: Double
        let upper: Double
        let ticks: [(value: Double, label: String)]
        let isLogarithmic: Bool

        private static func isGood(_ value: Double, _ axis: Axis) -> Bool {
            abs(value) < 1e300 && (!axis.isLogarithmic || value > 0)
        }

        init(_ axis: Axis, _ values: [Double]) {
            isLogarithmic = axis.isLogarithmic
            let values = values.filter { Self.isGood($0, axis) }
            let range = axis.range.flatMap { range in
                let isGood = Self.isGood(range.lowerBound, axis) && Self.isGood(range.upperBound, axis)
                return isGood && range.lowerBound < range.upperBound ? range : nil
            }
            let low = range?.lowerBound ?? values.min() ?? (isLogarithmic ? 1 : 0)
            let high = range?.upperBound ?? values.max() ?? (isLogarithmic ? 10 : 1)
            guard isLogarithmic else {
                let nice = NiceTicks(low, high, count: 6)
                (lower, upper) = range.map { ($0.lowerBound, $0.upperBound) } ?? (nice.lower, nice.upper)
                ticks = nice.values.filter { [lower, upper] in $0 >= lower && $0 <= upper }.map { ($0, nice.label($0)) }
                return
            }
            let first = range == nil ? floor(log10(low) + 1e-9) : log10(low)
            let last = range == nil ? max(ceil(log10(high) - 1e-9), first + 1) : log10(high)
            (lower, upper) = (first, last)
            // Every power of ten, or every few of many.
            let powers = stride(from: ceil(first - 1e-9), through: last + 1e-9, by: max(1, ((last - first) / 8).rounded(.up)))
            ticks = powers.map { (pow(10, $0), String(format: "%g", pow(10, $0))) }
        }

        /// Nil for what the axis has no place for.
        func place(_ value: Double) -> Double? {
            guard abs(value) < 1e300, !isLogarithmic || value > 0 else { return nil }
            let place = ((isLogarithmic ? log10(value) : value) - lower) / (upper - lower)
            return (-1e-9...1 + 1e-9).contains(place) ? place : nil
        }
    }

    /// The drawing.
    public var svg: String {
        let (left, right, top, bottom) = (64.0, 20.0, title.isEmpty ? 36.0 : 60.0, 56.0)
        let (plotWidth, plotHeight) = (width - left - right, height - top - bottom)
        let hasBars = series.contains { $0.shape == .bars }
        let horizontal = Scale(x, series.flatMap { $0.spans.flatMap { [$0.from, $0.to] } })
        let vertical = Scale(y, series.flatMap(\.values) + (hasBars && !y.isLogarithmic ? [0] : []))
        func px(_ value: Double) -> Double? { horizontal.place(value).map { left + $0 * plotWidth } }
        func py(_ value: Double) -> Double? { vertical.place(value).map { top + (1 - $0) * plotHeight } }

        var svg = SVGText(width: width, height: height)
        if !title.isEmpty { svg.text(title, x: 24, y: 30, size: 16, color: "#1f2933", weight: 600) }
        for tick in vertical.ticks {
            guard let place = py(tick.value) else { continue }
            svg.rule(left, place, left + plotWidth, place, color: "#e4e9ee")
            svg.text(tick.label, x: left - 8, y: place + 4, size: 11, color: "#64748b", anchor: "end")
        }
        let names = categories.enumerated().map { (value: Double($0 + 1), label: $1) }
        for tick in categories.isEmpty ? horizontal.ticks : names {
            guard let place = px(tick.value) else { continue }
            svg.rule(place, top + plotHeight, place, top + plotHeight + 5, color: "#94a3b8")
            svg.text(tick.label, x: place, y: top + plotHeight + 18, size: 11, color: "#64748b", anchor: "middle")
        }
        svg.rule(left, top + plotHeight, left + plotWidth, top + plotHeight, color: "#94a3b8")
        svg.text(x.label, x: left + plotWidth / 2, y: height - 14, size: 12, color: "#334155", anchor: "middle")
        svg.text(y.label, x: 12, y: top - 10, size: 12, color: "#334155")

        var legend = width - right
        for (index, one) in series.enumerated() {
            let color = Self.colors[index % Self.colors.count]
            if !one.name.isEmpty {
                svg.text(one.name, x: legend, y: top - 10, size: 12, color: color, anchor: "end", weight: 600)
                legend -= Double(one.name.count) * 7 + 16
            }
            let floor = top + plotHeight
            var run: [(Double, Double)] = []
            func endRun() {
                if run.count > 1 { svg.path(run, color: color) }
                for point in run where run.count == 1 { svg.dot(point.0, point.1, radius: 3, color: color) }
                run = []
            }
            for (span, value) in zip(one.spans, one.values) {
                guard let from = px(span.from), let to = px(span.to), let place = py(value) else {
                    endRun()
                    continue
                }
                switch one.shape {
                case .line: run.append((from, place))
                case .points: svg.dot(from, place, radius: 3, color: color)
                case .bars:
                    let zero = min(py(0) ?? floor, floor)
                    svg.line(
                        "<rect x=\"\(from.plain)\" y=\"\(min(zero, place).plain)\" width=\"\((to - from).plain)\" "
                            + "height=\"\(abs(zero - place).plain)\" fill=\"\(color)\" fill-opacity=\"0.75\"/>")
                }
            }
            endRun()
        }
        svg.line("</svg>")
        return svg.content
    }
}
