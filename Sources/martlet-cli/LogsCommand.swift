import ArgumentParser
import Foundation
import Martlet
import MartletCore
import MartletFormats

/// `martlet logs`: prints what event files hold.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the curves in event files: TensorBoard's, of Martlet, TensorFlow or PyTorch.",
        discussion: """
            Examples:
              martlet logs runs
              martlet logs runs --tags
              martlet logs runs/a --tag epoch_loss --tag 'batch_*' --csv >curves.csv
              martlet logs runs --json

            Each folder with event files is a run. Without an option, a line for each curve: its number of points, its \
            steps, first, last, smallest and largest value. A file may still be written: its last, half record is left out, \
            and a line on standard error says so.
            """)

    @ArgumentParser.Argument(
        help: ArgumentHelp("An event file, or a folder with event files in it or in the folders in it.", valueName: "run"))
    var path: String
    @Option(help: ArgumentHelp("Only this tag; * and ? stand for any text. May be repeated.", valueName: "pattern"))
    var tag: [String] = []
    @Flag(help: "List the tags, with what they hold and at how many steps, instead of values.")
    var tags = false
    @Flag(help: "Print each point as a row: run,tag,step,wall_time,value.")
    var csv = false
    @Flag(help: "Print everything as one line of JSON.")
    var json = false

    func validate() throws {
        if [tags, csv, json].filter({ $0 }).count > 1 { throw ValidationError("Expected one of --tags, --csv and --json.") }
    }

    func run() throws {
        let runs = try EventLog.runs(at: path)
        for note in runs.flatMap(\.notes) {
            try? FileHandle.standardError.write(contentsOf: Data("note: \(note)\n".utf8))
        }
        if !tag.isEmpty, !runs.contains(where: { run in (run.tags + Array(run.others.keys)).contains(where: isWanted) }) {
            let known = Set(runs.flatMap(\.tags)).sorted().prefix(20).joined(separator: ", ")
            throw MartletError("Expected a tag that is there: \(known). Received: \(tag.joined(separator: ", ")).", at: "--tag")
        }
        if json {
            say(JSONValue.object(["runs": .array(runs.map(jsonOf))]).serialized())
        } else if csv {
            printRows(runs)
        } else {
            printTable(runs)
        }
    }

    private func isWanted(_ name: String) -> Bool { tag.isEmpty || tag.contains { fnmatch($0, name, 0) == 0 } }

    private func curves(_ run: EventLog) -> [(tag: String, points: [EventLog.Point])] {
        run.tags.filter(isWanted).map { ($0, run[$0]) }
    }

    private func series(_ run: EventLog) -> [(tag: String, series: EventLog.Series)] {
        run.others.keys.filter(isWanted).sorted().map { ($0, run.others[$0]!) }
    }

    private func printRows(_ runs: [EventLog]) {
        var lines = ["run,tag,step,wall_time,value"]
        for run in runs {
            for (tag, points) in curves(run) {
                let start = "\(CSV.quoted(run.name)),\(CSV.quoted(tag)),"
                lines += points.map { "\(start)\($0.step),\(String(format: "%.6f", $0.time)),\($0.value.text)" }
            }
        }
        say(lines.joined(separator: "\n"))
    }

    private func printTable(_ runs: [EventLog]) {
        func text(_ value: Double) -> String { value.text("%.6g") }
        for run in runs {
            say("\(run.name)")
            if !run.hyperParameters.isEmpty {
                let values = run.hyperParameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.json.serialized())" }
                say("  hyperparameters: " + values.joined(separator: ", "))
            }
            var rows: [[String]] = tags ? [["tag", "kind", "points", "steps"]] : []
            func steps(_ steps: [Int]) -> String { steps.isEmpty ? "" : "\(steps.min()!)...\(steps.max()!)" }
            if !tags, !curves(run).isEmpty { rows.append(["tag", "points", "steps", "first", "last", "min", "max"]) }
            for (tag, points) in curves(run) {
                let values = points.map(\.value)
                let start = [tag] + (tags ? ["scalars"] : []) + ["\(points.count)", steps(points.map(\.step))]
                let finite = values.filter { !$0.isNaN }
                let range = [values[0], values[values.count - 1], finite.min() ?? .nan, finite.max() ?? .nan]
                rows.append(start + (tags ? [] : range.map(text)))
            }
            for (tag, series) in series(run) {
                rows.append(tags ? [tag, series.kind, "\(series.steps.count)", steps(series.steps)]
                    : [tag, "\(series.steps.count)", steps(series.steps), series.kind])
            }
            let widths = (0..<7).map { column in
                min(60, rows.compactMap { column < $0.count ? $0[column].count : nil }.max() ?? 0)
            }
            for row in rows.map({ row in row.map { $0.shortened(to: 60) } }) {
                let cells = zip(row, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
                var line = "  " + cells.joined(separator: "  ")
                while line.last == " " { line.removeLast() }
                say(line)
            }
        }
    }

    private func jsonOf(_ run: EventLog) -> JSONValue {
        var object: JSONObject = ["name": .string(run.name), "files": .array(run.files.map { .string($0) })]
        if !run.hyperParameters.isEmpty {
            object["hyperparameters"] = .object(
                run.hyperParameters.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = $1.value.json })
        }
        object["scalars"] = .object(
            curves(run).reduce(into: JSONObject()) { json, curve in
                json[curve.tag] = .array(
                    curve.points.map { ["step": .int($0.step), "wall_time": .double($0.time), "value": .double($0.value)] })
            })
        object["others"] = .object(
            series(run).reduce(into: JSONObject()) { json, entry in
                var one: JSONObject = ["kind": .string(entry.series.kind), "steps": .integers(entry.series.steps)]
                if let text = entry.series.lastText { one["last"] = .string(text) }
                json[entry.tag] = .object(one)
            })
        return .object(object)
    }
}
