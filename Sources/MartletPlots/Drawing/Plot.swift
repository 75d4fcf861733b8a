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
public struct Plot: Drawing, Sendable {
    /// What an axis says, and how values lie along it.
    public struct Axis: Sendable {
        /// The text beside the axis.
        public var label: String
        /// Whether equal factors, not equal differences, are equally far apart.
        public var isLogarithmic: Bool
        /// The ends; nil takes round numbers around the data.
        public var range: ClosedRange<Double>?

        /// Whether only whole numbers are written along it.
        public var isWhole: Bool

        /// What is written at 0, 1, 2, ... in place of numbers, where values stand for things with names.
        public var names: [String]

        /// Makes an axis.
        public init(
            _ label: String = "", isLogarithmic: Bool = false, range: ClosedRange<Double>? = nil, isWhole: Bool = false,
            names: [String] = []
        ) {
            self.label = label
            self.isLogarithmic = isLogarithmic
            self.range = range
            self.isWhole = isWhole
            self.names = names
        }
    }

    private enum Shape { case line, points, bars, band }
    private struct Series {
        let name: String
        let shape: Shape
        /// The left and the right end of a bar; the same place of a point.
        let spans: [(from: Double, to: Double)]
        let values: [Double]
        /// The lower border of a band.
        var floors: [Double] = []
        var look = Look()
    }

    /// How a curve, its points or a band are drawn.
    public struct Look: Sendable {
        /// The number of the colour; nil takes the next one.
        public var color: Int?
        /// Whether it is thin and pale: raw values behind smoothed ones.
        public var isFaint: Bool
        /// Whether a curve is of dashes.
        public var isDashed: Bool

        /// Makes a look.
        public init(color: Int? = nil, isFaint: Bool = false, isDashed: Bool = false) {
            self.color = color
            self.isFaint = isFaint
            self.isDashed = isDashed
        }
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
    public mutating func addLine(_ name: String = "", x: [Double]? = nil, y: [Double], look: Look = Look()) {
        add(name, .line, x, y, look)
    }

    /// Adds points that nothing connects.
    /// - Parameter x: 1, 2, 3, ... when nil.
    public mutating func addPoints(_ name: String = "", x: [Double]? = nil, y: [Double], look: Look = Look()) {
        add(name, .points, x, y, look)
    }

    /// Adds the pale area between two curves over the same places: a spread, a range.
    public mutating func addBand(
        _ name: String = "", x: [Double], from lower: [Double], to upper: [Double], look: Look = Look()
    ) {
        let count = min(x.count, lower.count, upper.count)
        series.append(
            Series(
                name: name, shape: .band, spans: x.prefix(count).map { ($0, $0) }, values: Array(upper.prefix(count)),
                floors: Array(lower.prefix(count)), look: look))
    }

    /// Adds a bar for each category, whose names stand below the bars.
    public mutating func addBars(_ name: String = "", _ bars: KeyValuePairs<String, Double>) {
        addBars(name, bars.map { ($0.key, $0.value) })
    }

    mutating func addBars(_ name: String = "", _ bars: [(String, Double)]) {
        categories = bars.map(\.0)
        let spans = bars.indices.map { (from: Double($0) + 0.6, to: Double($0) + 1.4) }
        series.append(Series(name: name, shape: .bars, spans: spans, values: bars.map(\.1)))
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

    private mutating func add(_ name: String, _ shape: Shape, _ x: [Double]?, _ y: [Double], _ look: Look) {
        let places = x ?? y.indices.map { Double($0 + 1) }
        let count = min(places.count, y.count)
        series.append(
            Series(name: name, shape: shape, spans: places.prefix(count).map { ($0, $0) }, values: y, look: look))
    }

    /// Whether nothing would be drawn.
    var isEmpty: Bool { series.allSatisfy { $0.spans.isEmpty } }

    /// The numbers of the drawing in rows, for those who cannot see it: places, then the values of each named series. Of
    /// many places some are left out, at equal distances; the last one stays.
    func table(rows limit: Int = 40) -> (header: [String], rows: [[String]]) {
        let named = series.filter { !$0.look.isFaint && (!$0.name.isEmpty || series.count == 1) }
        if let bars = named.first, bars.shape == .bars {
            let rows = zip(bars.spans, bars.values).enumerated().map { index, bar in
                [
                    categories.isEmpty ? "\(bar.0.from.brief) to \(bar.0.to.brief)" : categories[index], bar.1.brief,
                ]
            }
            return ([x.label, y.label], rows)
        }
        var header = [x.label]
        var values: [Double: [String]] = [:]
        for (index, one) in named.enumerated() {
            header.append(one.name.isEmpty ? y.label : one.name)
            for (place, (span, value)) in zip(one.spans, one.values).enumerated() where !span.from.isNaN {
                let text = one.shape == .band ? "\(one.floors[place].brief) to \(value.brief)" : value.brief
                values[span.from, default: [String](repeating: "", count: named.count)][index] = text
            }
        }
        let places = values.keys.sorted()
        let step = max(1, (places.count + limit - 1) / max(1, limit))
        let kept = places.indices.filter { $0 % step == 0 || $0 == places.count - 1 }
        return (
            header,
            kept.map { index in
                let place = Int(exactly: places[index]).flatMap { x.names.indices.contains($0) ? x.names[$0] : nil }
                return [place ?? places[index].brief] + values[places[index]]!
            }
        )
    }

    // MARK: - Drawing

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
            guard axis.names.isEmpty else {
                (isLogarithmic, lower, upper) = (false, -0.5, Double(axis.names.count) - 0.5)
                ticks = axis.names.enumerated().map { (Double($0), $1) }
                return
            }
            isLogarithmic = axis.isLogarithmic
            let values = values.filter { Self.isGood($0, axis) }
            let range = axis.range.flatMap { range in
                let isGood = Self.isGood(range.lowerBound, axis) && Self.isGood(range.upperBound, axis)
                return isGood && range.lowerBound < range.upperBound ? range : nil
            }
            let low = range?.lowerBound ?? values.min() ?? (isLogarithmic ? 1 : 0)
            let high = range?.upperBound ?? values.max() ?? (isLogarithmic ? 10 : 1)
            guard isLogarithmic else {
                let nice = NiceTicks(low, high, count: 6, isWhole: axis.isWhole)
                (lower, upper) = range.map { ($0.lowerBound, $0.upperBound) } ?? (nice.lower, nice.upper)
                ticks = nice.values.filter { [lower, upper] in $0 >= lower && $0 <= upper }.map { ($0, nice.label($0)) }
                return
            }
            // Within two decades the ends are 1, 2 or 5 times a power of ten, otherwise powers.
            let isShort = log10(high) - log10(low) <= 2 - 1e-9
            let first = range == nil ? Self.end(low, isShort, .down) : log10(low)
            let last = range == nil ? max(Self.end(high, isShort, .up), first + (isShort ? 0.3 : 1)) : log10(high)
            (lower, upper) = (first, last)
            // Every power of ten, or every few of many.
            let powers = stride(from: ceil(first - 1e-9), through: last + 1e-9, by: max(1, ((last - first) / 8).rounded(.up)))
            let factors = last - first <= 2.01 ? [1.0, 2, 5] : [1]
            let all = factors.count > 1 ? Array(stride(from: floor(first + 1e-9), through: last + 1e-9, by: 1)) : Array(powers)
            ticks = all.flatMap { power in factors.map { $0 * pow(10, power) } }.map { ($0, String(format: "%g", $0)) }
        }

        /// The logarithm of the round number next to a value.
        private static func end(_ value: Double, _ isShort: Bool, _ rule: FloatingPointRoundingRule) -> Double {
            let place = log10(value)
            let power = floor(place + 1e-9)
            guard isShort else { return rule == .up ? (place - 1e-9).rounded(.up) : power }
            let marks = [0, log10(2), log10(5), 1].map { power + $0 }
            return rule == .up ? marks.first { $0 >= place - 1e-9 } ?? power + 1 : marks.last { $0 <= place + 1e-9 } ?? power
        }

        /// Nil for what the axis has no place for.
        func place(_ value: Double) -> Double? {
            guard abs(value) < 1e300, !isLogarithmic || value > 0 else { return nil }
            let place = ((isLogarithmic ? log10(value) : value) - lower) / (upper - lower)
            return (-1e-9...1 + 1e-9).contains(place) ? place : nil
        }
    }

    /// The drawing.
    public var svg: String { svg(in: .file) }

    /// The entries of the legend in rows that fit, from left to right, each with its right end.
    private func legend(_ room: Double) -> [[(series: Int, end: Double)]] {
        var rows: [[(series: Int, size: Double)]] = [[]]
        var left = room
        for (index, one) in series.enumerated() where !one.name.isEmpty {
            let size = min(Markup.width(one.name, size: 12), room / 2) + 16
            if size > left, !rows[rows.count - 1].isEmpty {
                rows.append([])
                left = room
            }
            rows[rows.count - 1].append((index, size))
            left -= size
        }
        return rows.map { row in
            var end = width - 20
            return row.reversed().map { entry in
                defer { end -= entry.size }
                return (entry.series, end)
            }
        }
    }

    func svg(in place: SVGText.Place) -> String {
        let (left, right) = (64.0, 20.0)
        let names = categories.isEmpty ? x.names : categories
        let each = (width - left - right) / Double(max(1, names.count))
        let isTurned = names.contains { Markup.width($0, size: 11) > each - 6 }
        let bottom = isTurned ? 104.0 : 56
        let labelWidth = Markup.width(y.label, size: 12) + 24
        let legend = legend(width - labelWidth - right)
        let top = (title.isEmpty ? 36.0 : 60.0) + Double(legend.count - 1) * 16
        let (plotWidth, plotHeight) = (width - left - right, max(40, height - top - bottom))
        let hasBars = series.contains { $0.shape == .bars }
        let horizontal = Scale(x, series.flatMap { $0.spans.flatMap { [$0.from, $0.to] } })
        let vertical = Scale(y, series.flatMap { $0.values + $0.floors } + (hasBars && !y.isLogarithmic ? [0] : []))
        func px(_ value: Double) -> Double? { horizontal.place(value).map { left + $0 * plotWidth } }
        func py(_ value: Double) -> Double? { vertical.place(value).map { top + (1 - $0) * plotHeight } }

        var svg = SVGText(width: width, height: height, in: place, label: title.isEmpty ? "\(y.label), \(x.label)" : title)
        if !title.isEmpty {
            let left = place == .file ? 24.0 : 12
            svg.text(Markup.fitted(title, to: width - 40, size: 16), x: left, y: 30, size: 16, .strong, weight: 600)
        }
        for tick in vertical.ticks {
            guard let place = py(tick.value) else { continue }
            svg.rule(left, place, left + plotWidth, place, .grid)
            svg.text(tick.label, x: left - 8, y: place + 4, size: 11, .muted, anchor: "end")
        }
        drawPlaces(on: &svg, horizontal, y: top + plotHeight, isTurned: isTurned, px)
        svg.rule(left, top + plotHeight, left + plotWidth, top + plotHeight, .axis)
        svg.text(x.label, x: left + plotWidth / 2, y: height - 14, size: 12, .plain, anchor: "middle")
        svg.text(y.label, x: 12, y: top - 10, size: 12, .plain)

        var colors: [Int] = []
        var next = 0
        for one in series {
            colors.append(one.look.color ?? next)
            if one.look.color == nil { next += 1 }
        }
        for (row, entries) in legend.enumerated() {
            for (index, end) in entries {
                svg.text(
                    Markup.fitted(series[index].name, to: (width - labelWidth - right) / 2, size: 12), x: end,
                    y: top - 10 - Double(legend.count - 1 - row) * 16, size: 12, .series(colors[index]), anchor: "end",
                    weight: series[index].look.isFaint ? 400 : 600)
            }
        }
        // Areas lie behind curves.
        for (index, one) in series.enumerated() where one.shape == .band {
            var (upper, lower): ([(Double, Double)], [(Double, Double)]) = ([], [])
            func endRun() {
                if upper.count > 1 { svg.area(upper + lower.reversed(), .series(colors[index]), opacity: 0.18) }
                (upper, lower) = ([], [])
            }
            for (place, span) in one.spans.enumerated() {
                guard let x = px(span.from), let high = py(one.values[place]), let low = py(one.floors[place]) else {
                    endRun()
                    continue
                }
                upper.append((x, high))
                lower.append((x, low))
            }
            endRun()
        }
        for (index, one) in series.enumerated() where one.shape != .band {
            let color = Ink.series(colors[index])
            let (thickness, opacity) = one.look.isFaint ? (1.2, 0.35) : (2.2, 1)
            let floor = top + plotHeight
            var run: [(Double, Double)] = []
            func endRun() {
                if run.count > 1 {
                    svg.path(run, color, width: thickness, opacity: opacity, isDashed: one.look.isDashed)
                }
                for point in run where run.count == 1 { svg.dot(point.0, point.1, radius: 3, color, opacity: opacity) }
                run = []
            }
            for (span, value) in zip(one.spans, one.values) {
                guard let from = px(span.from), let to = px(span.to), let place = py(value) else {
                    endRun()
                    continue
                }
                switch one.shape {
                case .line, .band: run.append((from, place))
                case .points: svg.dot(from, place, radius: 3, color, opacity: one.look.isFaint ? 0.35 : 1)
                case .bars:
                    let zero = min(py(0) ?? floor, floor)
                    svg.rectangle(from, min(zero, place), to - from, abs(zero - place), color, opacity: 0.75)
                }
            }
            endRun()
        }
        return svg.finish()
    }

    /// The numbers or names below the horizontal axis. Names that would touch each other are turned.
    private func drawPlaces(
        on svg: inout SVGText, _ scale: Scale, y: Double, isTurned: Bool, _ px: (Double) -> Double?
    ) {
        let names = categories.enumerated().map { (value: Double($0 + 1), label: $1) }
        for tick in categories.isEmpty ? scale.ticks : names {
            guard let place = px(tick.value) else { continue }
            svg.rule(place, y, place, y + 5, .axis)
            if isTurned {
                svg.text(
                    Markup.fitted(tick.label, to: 90, size: 11), x: place + 4, y: y + 14, size: 11, .muted, anchor: "end",
                    rotated: -35)
            } else {
                svg.text(tick.label, x: place, y: y + 18, size: 11, .muted, anchor: "middle")
            }
        }
    }
}
