import Foundation
import MartletCore
import MartletFormats
import MartletNN

/// Where a run is, for a terminal: progress, speed, time left, and curves of a line's height.
package struct RunStatus {
    private let run: RunData
    /// Whether the run has ended.
    package var hasEnded: Bool { run.records.end != nil }
    /// Whether a command trains, or has trained, and no program.
    package var isOfCommand: Bool { run.description.command.first == "martlet" }
    /// The number of steps that have been recorded.
    package var stepCount: Int { run.steps }
    /// The number of epochs that have ended.
    package var epochCount: Int { run.records.epochs.last.map { $0.epoch + 1 } ?? 0 }

    /// Reads a run's folder.
    /// - Throws: `MartletError` when it holds no run.
    package init(_ folder: RunFolder) throws { run = try RunData(folder) }

    /// Steps a second over the last epochs; nil before there are two records.
    private var speed: Double? {
        let places = run.records.steps.map { ($0.step, $0.seconds) } + run.records.epochs.map { ($0.step, $0.seconds) }
        let sorted = places.sorted { $0.0 < $1.0 }
        guard let last = sorted.last, last.0 > 0 else { return nil }
        let first = sorted.last { $0.0 <= last.0 / 2 } ?? (0, 0)
        let time = last.1 - first.1
        return last.0 > first.0 && time > 0 ? Double(last.0 - first.0) / time : nil
    }

    private var stepsOfEpoch: Int? {
        let known = run.records.epochs.last?.steps ?? run.description.steps
        return known > 0 ? known : nil
    }

    /// Seconds to the last epoch's end; nil where it is not known.
    private var secondsLeft: Double? {
        guard let speed, let steps = stepsOfEpoch, !hasEnded else { return nil }
        return max(0, Double(run.description.epochs) * Double(steps) - Double(run.steps)) / speed
    }

    /// Some lines: the first says how far the run is, the others are a curve for each number.
    /// - Parameter width: of a line.
    package func text(width: Int = 80) -> String {
        // A run may have gone on for fewer epochs than it had.
        let epochs = max(run.description.epochs, epochCount)
        var head = ["epoch \(min(epochCount + (hasEnded ? 0 : 1), epochs)) of \(epochs)"]
        let all = stepsOfEpoch.map { epochs.multipliedReportingOverflow(by: $0) }
        head.append("step \(grouped(run.steps))" + (all.map { $0.overflow ? "" : " of \(grouped($0.partialValue))" } ?? ""))
        if let speed { head.append("\(speed.brief) steps/s") }
        head.append("\(readableTime(run.seconds)) so far")
        if let left = secondsLeft { head.append("\(readableTime(left)) left") }
        head.append(run.state)
        var names: [String] = []
        for name in run.records.metricNames.prefix(8).flatMap({ [$0, "val_" + $0] }) where !names.contains(name) {
            names.append(name)
        }
        var curves: [(name: String, values: [Double])] = names.map { ($0, run.records.values($0).values) }
        let steps = run.records.steps
        curves.append(("batch loss", Curves.smoothed(x: steps.map { Double($0.step) }, y: steps.map(\.loss))))
        curves.append(("learning rate", steps.compactMap(\.rate)))
        curves.append(("gradient norm", steps.compactMap(\.gradient)))
        let shown = curves.filter { !$0.values.isEmpty }.map { (Self.clean($0.name), $0.values) }
        let nameWidth = min(24, shown.map(\.0.count).max() ?? 0)
        let room = max(8, min(60, width - nameWidth - 32))
        let lines = shown.map { name, values in
            let name = name.count > nameWidth ? String(name.prefix(nameWidth - 1)) + "…" : name
            let best = RunData.isHigherBetter(name) ? values.filter(\.isFinite).max() : values.filter(\.isFinite).min()
            let line = Self.sparkline(values, width: room)
            let isRate = name == "learning rate" || name == "gradient norm"
            return name + String(repeating: " ", count: nameWidth - name.count) + "  " + line
                + String(repeating: " ", count: room - line.count) + "  " + (values.last?.brief ?? "")
                + (isRate ? "" : best.map { ", best \($0.brief)" } ?? "")
        }
        return ([Self.clean(run.description.name) + ": " + head.joined(separator: ", ")] + lines).joined(separator: "\n")
    }

    /// A line about each epoch from a number on, for an output that cannot be redrawn.
    package func epochLines(from first: Int) -> [String] {
        run.records.epochs.filter { $0.epoch >= first }.map { epoch in
            let logs = epoch.logs.map { "\(Self.clean($0.key)) \($0.value.brief)" }.joined(separator: ", ")
            return "epoch \(epoch.epoch + 1) of \(run.description.epochs), after \(readableTime(epoch.seconds)): \(logs)"
        }
    }

    /// The last line: how the run ended.
    package var ending: String { "\(Self.clean(run.description.name)): \(run.state) after \(readableTime(run.seconds))" }

    /// Values as characters of eight heights; a point for one that is not finite. Of many values the means of parts.
    package static func sparkline(_ values: [Double], width: Int) -> String {
        guard !values.isEmpty, width > 0 else { return "" }
        let columns = min(width, values.count)
        let means = (0..<columns).map { column in
            let part = values[column * values.count / columns..<(column + 1) * values.count / columns].filter(\.isFinite)
            return part.isEmpty ? .nan : part.reduce(0, +) / Double(part.count)
        }
        let finite = means.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return String(repeating: "·", count: columns) }
        let heights = Array("▁▂▃▄▅▆▇█")
        return String(
            means.map { mean in
                guard mean.isFinite else { return "·" }
                // Means of equal numbers differ in their last digits.
                let share = high - low > 1e-9 * max(abs(low), abs(high)) ? (mean - low) / (high - low) : 0.5
                return heights[max(0, min(7, Int(share * 7.999)))]
            })
    }

    /// Text from a file without characters that move a terminal's cursor.
    static func clean(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.bounded.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
