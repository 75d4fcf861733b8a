import Foundation
import MartletCore
import MartletFormats
import MartletNN

/// A page about one run, or about several beside each other, made of what `RunRecorder` left in their folders.
///
/// ```swift
/// let page = try Report(of: [RunFolder("runs/a"), RunFolder("runs/b")]).html
/// ```
///
/// The page is one HTML file below 500 KB. It loads nothing and runs nothing, follows the reader's choice of light or dark, and
/// has a table under each drawing. The same folders give the same bytes.
public struct Report {
    let runs: [RunData]
    /// The most bytes of a page.
    public static let sizeLimit = 500_000
    private static let runLimit = 32

    /// Reads the folders.
    /// - Throws: `MartletError` when there is none, or one does not hold a run's records.
    public init(of folders: [RunFolder]) throws {
        guard (1...Self.runLimit).contains(folders.count) else {
            throw MartletError("Expected 1 to \(Self.runLimit) runs. Received: \(folders.count).", at: "Report")
        }
        runs = try folders.map(RunData.init)
    }

    /// The page. What would make it too large is left out: pictures first, then drawings of single layers, then rows of tables.
    public var html: String {
        var page = ""
        for detail in [3, 2, 1, 0] {
            page = runs.count == 1 ? RunReport(run: runs[0], detail: detail).html : Comparison(runs: runs, detail: detail).html
            if page.utf8.count < Self.sizeLimit { break }
        }
        return page
    }
}

/// All that a run's folder holds.
struct RunData {
    let folder: RunFolder
    let description: RunDescription
    let records: RunRecords
    let profile: RunProfile?
    let evaluation: RunEvaluation?
    /// What a run can be shown without and is damaged: why it cannot be read.
    let unreadable: [String]

    init(_ folder: RunFolder) throws {
        guard folder.exists else {
            throw MartletError(
                "Expected the folder of a run, with a file run.json, as RunRecorder or --run make it. There is none.",
                at: folder.path)
        }
        self.folder = folder
        description = try RunDescription(folder)
        records = try RunRecords(folder)
        var unreadable: [String] = []
        func optional<T>(_ read: (RunFolder) throws -> T?) -> T? {
            do { return try read(folder) } catch {
                unreadable.append("\(error)")
                return nil
            }
        }
        profile = optional(RunProfile.init)
        evaluation = optional(RunEvaluation.init)
        self.unreadable = unreadable
    }

    /// The seconds and the steps at the last record.
    var seconds: Double { records.end?.seconds ?? max(records.epochs.last?.seconds ?? 0, records.steps.last?.seconds ?? 0) }
    var steps: Int { records.end?.step ?? max(records.epochs.last?.step ?? 0, records.steps.last?.step ?? 0) }

    var state: String {
        guard let end = records.end else { return "not ended" }
        return end.reason == "done" ? "done" : "ended by \(end.reason.bounded)"
    }

    /// Whether higher values of a metric are better, as far as its name tells.
    static func isHigherBetter(_ name: String) -> Bool {
        ["acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "similarity", "sensitivity", "specificity"]
            .contains { name.lowercased().contains($0) }
    }

    /// The best value of a name and its epoch, counted from 1.
    func best(_ name: String) -> (value: Double, epoch: Int)? {
        let (epochs, values) = records.values(name)
        let known = zip(epochs, values).filter { $0.1.isFinite }
        let best = Self.isHigherBetter(name)
            ? known.max { $0.1 < $1.1 } : known.min { $0.1 < $1.1 }
        return best.map { ($0.1, Int($0.0)) }
    }
}

/// A time for people: `840 ms`, `12.5 s`, `3 min 20 s`, `2 h 05 min`.
func readableTime(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    if seconds < 1e-3 { return String(format: "%.3g µs", seconds * 1e6) }
    if seconds < 1 { return String(format: "%.3g ms", seconds * 1e3) }
    if seconds < 60 { return String(format: "%.3g s", seconds) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
}

/// A curve with noise made readable: moving averages over time.
enum Curves {
    /// The average of the values so far, in which a value counts less the longer ago it was: after a fiftieth of the whole, or four
    /// values, by a factor e. Values that are not finite are passed over.
    static func smoothed(x: [Double], y: [Double]) -> [Double] {
        guard let first = x.first, let last = x.last, last > first else { return y }
        let span = max((last - first) / 50, 4 * (last - first) / Double(x.count - 1))
        var (sum, weight) = (0.0, 0.0)
        var before = first
        return zip(x, y).map { place, value in
            let kept = exp(-(place - before) / span)
            before = place
            guard value.isFinite else { return weight > 0 ? sum / weight : .nan }
            sum = sum * kept + value
            weight = weight * kept + 1
            return sum / weight
        }
    }

    /// The least and the largest value in each of some parts of the range, so that noise stays visible in few points.
    static func outline(x: [Double], y: [Double], parts: Int = 150) -> (x: [Double], y: [Double]) {
        guard x.count > 2 * parts, let first = x.first, let last = x.last, last > first else { return (x, y) }
        var kept: [Int] = []
        var place = 0
        for part in 1...parts {
            let end = first + (last - first) * Double(part) / Double(parts)
            var (low, high): (Int?, Int?) = (nil, nil)
            while place < x.count, x[place] <= end || part == parts {
                if y[place].isFinite {
                    if low.map({ y[place] < y[$0] }) ?? true { low = place }
                    if high.map({ y[place] > y[$0] }) ?? true { high = place }
                }
                place += 1
            }
            if let low, let high { kept += low == high ? [low] : [min(low, high), max(low, high)] }
        }
        return (kept.map { x[$0] }, kept.map { y[$0] })
    }

    /// About so many points of a smooth curve.
    static func thinnedPoints(x: [Double], y: [Double], to count: Int = 200) -> (x: [Double], y: [Double]) {
        (thinned(x, to: count), thinned(y, to: count))
    }
}
