import Foundation
import MartletNN

/// Draws the history of `fit` as curves over the epochs.
public enum TrainingPlot {
    /// A drawing in SVG, with a panel for the loss and for each metric. Each panel has a training curve and a validation
    /// curve. Learning rates have no panel. A curve has a gap where a value is not finite.
    ///
    /// ```swift
    /// let history = try model.fit(x, y, epochs: 10, validationSplit: 0.1)
    /// try TrainingPlot.svg(history).write(toFile: "history.svg", atomically: true, encoding: .utf8)
    /// ```
    /// - Parameter title: a line above the panels.
    public static func svg(_ history: History, title: String? = nil) -> String {
        svg(epochs: history.epochs.map { $0 + 1 }, logs: history.logs, title: title)
    }

    /// - Parameter epochs: the numbers on the horizontal axis, one for each of `logs`.
    static func svg(epochs: [Int], logs: [Logs], title: String?) -> String {
        var names: [String] = []
        for name in logs.flatMap(\.keys) {
            let base = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
            if !names.contains(base), !base.hasPrefix("learning_rate") { names.append(base) }
        }
        if let loss = names.firstIndex(of: "loss") { names.insert(names.remove(at: loss), at: 0) }

        let top = title == nil ? 24.0 : 60.0
        let columns = min(2, max(1, names.count))
        let rows = (names.count + columns - 1) / columns
        let width = 24 + Double(columns) * (PlotPanel.width + 24)
        let height = top + Double(max(1, rows)) * (PlotPanel.height + 24)
        var svg = SVGText(width: width, height: height)
        if let title { svg.text(title, x: 24, y: 38, size: 18, .strong, weight: 600) }
        for (index, name) in names.enumerated() {
            let panel = PlotPanel(
                name: name, epochs: epochs, training: logs.map { $0[name] }, validation: logs.map { $0["val_" + name] })
            panel.draw(
                on: &svg, x: 24 + Double(index % columns) * (PlotPanel.width + 24),
                y: top + Double(index / columns) * (PlotPanel.height + 24))
        }
        return svg.finish()
    }
}

/// The curves of one metric, in a frame with axes.
private struct PlotPanel {
    static let width = 460.0
    static let height = 320.0
    private static let left = 56.0, right = 62.0, top = 52.0, bottom = 44.0
    private static let colors = (training: Ink.series(0), validation: Ink.series(1))

    let name: String
    let epochs: [Int]
    let training: [Double?]
    let validation: [Double?]

    func draw(on svg: inout SVGText, x: Double, y: Double) {
        let plotWidth = Self.width - Self.left - Self.right
        let plotHeight = Self.height - Self.top - Self.bottom
        let values = (training + validation).compactMap { $0 }.filter(\.isFinite)
        let vertical = NiceTicks(values.min() ?? 0, values.max() ?? 1, count: 5)
        let first = Double(epochs.first ?? 1), last = Double(epochs.last ?? 1)
        // A single epoch is drawn in the middle.
        let (from, to) = first == last ? (first - 1, last + 1) : (first, last)
        func px(_ epoch: Double) -> Double { Self.left + (epoch - from) / (to - from) * plotWidth }
        func py(_ value: Double) -> Double {
            Self.top + (1 - (value - vertical.lower) / (vertical.upper - vertical.lower)) * plotHeight
        }

        svg.line("<g transform=\"translate(\(x.plain) \(y.plain))\">")
        svg.rectangle(0, 0, Self.width, Self.height, .panel, radius: 8, frame: .grid)
        svg.text(name.replacing("_", with: " "), x: 20, y: 30, size: 14, .strong, weight: 600)
        for tick in vertical.values {
            svg.rule(Self.left, py(tick), Self.left + plotWidth, py(tick), .grid)
            svg.text(vertical.label(tick), x: Self.left - 8, y: py(tick) + 4, size: 11, .muted, anchor: "end")
        }
        for tick in NiceTicks(first, last, count: 8, isWhole: true).values where tick >= first && tick <= last {
            svg.rule(
                px(tick), Self.top + plotHeight, px(tick), Self.top + plotHeight + 5, .axis)
            svg.text(
                String(Int(tick)), x: px(tick), y: Self.top + plotHeight + 18, size: 11, .muted,
                anchor: "middle")
        }
        svg.rule(Self.left, Self.top + plotHeight, Self.left + plotWidth, Self.top + plotHeight, .axis)
        svg.text(
            "epoch", x: Self.left + plotWidth / 2, y: Self.height - 10, size: 11, .muted, anchor: "middle")

        let curves = [
            ("validation", validation, Self.colors.validation), ("training", training, Self.colors.training),
        ].filter { $0.1.contains { $0 != nil } }
        var legend = Self.width - Self.right + 30
        for (title, _, color) in curves {
            svg.text(title, x: legend, y: 30, size: 12, .plain, anchor: "end")
            legend -= Double(title.count) * 6.8 + 8
            svg.dot(legend, 26, radius: 4, color)
            legend -= 14
        }
        // The last values are written beside the ends of the curves, without overlap.
        let ends = curves.map { curve in curve.1.last.flatMap { $0 }.flatMap { $0.isFinite ? py($0) : nil } }
        for (index, (_, series, color)) in curves.enumerated() {
            for run in runs(series) {
                svg.path(run.map { (px($0.0), py($0.1)) }, color)
                if epochs.count <= 30 || run.count == 1 {
                    for (epoch, value) in run { svg.dot(px(epoch), py(value), radius: 2.8, color) }
                }
            }
            guard let end = ends[index], let value = series.last.flatMap({ $0 }) else { continue }
            var place = end
            if ends.count == 2, let other = ends[1 - index], abs(other - end) < 13 {
                let isAbove = end < other || (end == other && index == 0)
                place = (end + other) / 2 + (isAbove ? -6.5 : 6.5)
            }
            svg.text(
                String(format: "%.4g", value), x: px(last) + 9, y: place + 4, size: 11, color, weight: 600)
        }
        svg.line("</g>")
    }

    /// The parts of a curve between its gaps.
    private func runs(_ series: [Double?]) -> [[(Double, Double)]] {
        var runs: [[(Double, Double)]] = [[]]
        for (epoch, value) in zip(epochs, series) {
            if let value, value.isFinite {
                runs[runs.count - 1].append((Double(epoch), value))
            } else if value != nil {
                runs.append([])
            }
        }
        return runs.filter { !$0.isEmpty }
    }
}
