import Foundation
import MartletNN

/// The page about several runs beside each other. Runs that differ only in their seeds are one group, of which the mean and the
/// spread are shown.
struct Comparison {
    let runs: [RunData]
    let detail: Int

    /// Runs of the same facts and settings but for the seed.
    struct Group {
        let name: String
        let runs: [RunData]
    }

    var groups: [Group] {
        var order: [[String]] = []
        var members: [[String]: [RunData]] = [:]
        for run in runs {
            let key = Self.facts(of: run).filter { $0.0 != "seed" }.map { "\($0.0)\u{0}\($0.1)" }
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(run)
        }
        return order.map { key in
            let runs = members[key]!
            let name = runs[0].description.name
            return Group(name: runs.count == 1 ? name : "\(name) × \(runs.count)", runs: runs)
        }
    }

    /// What may tell runs from each other.
    static func facts(of run: RunData) -> [(String, String)] {
        run.description.facts + run.description.settings + [("model", run.description.model)]
            + [("parameters", grouped(run.description.sizes["weights"] ?? 0))]
    }

    /// The names of the metrics of any run.
    private var names: [String] {
        var names: [String] = []
        for name in runs.flatMap(\.records.metricNames) where !names.contains(name) { names.append(name) }
        return names
    }

    var html: String {
        var page = Page(title: "\(runs.count) training runs")
        let groups = groups
        page.add("<h1>\(runs.count) runs</h1>")
        let repeats = groups.filter { $0.runs.count > 1 }.count
        let note =
            repeats == 0
            ? "No two runs differ only in their seeds."
            : "Runs that differ only in their seeds are taken together: the line is their mean, the area the standard deviation "
                + "around it."
        page.add("<p class=\"sub\">\(note)</p>")
        page.section("Results") { page in
            page.add("<div class=\"card\">")
            addResults(groups, to: &page)
            page.add("</div>")
        }
        page.section("Curves") { page in
            page.grid { page in
                for name in names.prefix(detail > 0 ? 16 : 6) {
                    for key in ["val_" + name, name] {
                        let plot = plot(key, groups)
                        if !plot.isEmpty { page.plot(plot) }
                    }
                }
            }
        }
        page.section("What tells them apart") { page in
            page.add("<div class=\"card\">")
            addDifferences(to: &page)
            page.add("</div>")
        }
        if repeats > 0 {
            page.section("Each run") { page in
                page.add("<div class=\"card\">")
                addResults(runs.map { Group(name: $0.description.name, runs: [$0]) }, to: &page)
                page.add("</div>")
            }
        }
        return page.finish()
    }

    private func addResults(_ groups: [Group], to page: inout Page) {
        let keys = names.prefix(6).map { name in
            runs.contains { !$0.records.values("val_" + name).values.isEmpty } ? "val_" + name : name
        }
        let rows = groups.map { group in
            let epochs = group.runs.map { ($0.records.epochs.last?.epoch ?? -1) + 1 }.max() ?? 0
            let seconds = group.runs.map(\.seconds).reduce(0, +) / Double(group.runs.count)
            return [group.name, String(epochs), readableTime(seconds)]
                + keys.map { key in Self.text(group.runs.compactMap { $0.best(key)?.value }) }
        }
        page.table(["run", "epochs", "time"] + keys.map { "best \($0)" }, rows)
    }

    /// `0.912`, or `0.912 ± 0.004` of several.
    static func text(_ values: [Double]) -> String {
        guard let statistics = statistics(values) else { return "" }
        let mean = statistics.mean.brief
        return values.count == 1 ? mean : "\(mean) ± \(String(format: "%.2g", statistics.deviation))"
    }

    /// The mean and the standard deviation of a sample (with n - 1); nil without finite values.
    static func statistics(_ values: [Double]) -> (mean: Double, deviation: Double)? {
        let values = values.filter(\.isFinite)
        guard !values.isEmpty else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let sum = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, values.count > 1 ? (sum / Double(values.count - 1)).squareRoot() : 0)
    }

    private func plot(_ key: String, _ groups: [Group]) -> Plot {
        let last = runs.map { ($0.records.epochs.map(\.epoch).max() ?? 0) + 1 }.max() ?? 1
        var plot = Plot(key.replacing("_", with: " "), x: .init("epoch", range: 1...Double(last), isWhole: true), y: .init(""))
        for (index, group) in groups.enumerated() {
            var values: [Double: [Double]] = [:]
            for run in group.runs {
                let (epochs, numbers) = run.records.values(key)
                for (epoch, number) in zip(epochs, numbers) where number.isFinite { values[epoch, default: []].append(number) }
            }
            let epochs = thinned(values.keys.sorted(), to: detail > 1 ? 150 : 60)
            guard !epochs.isEmpty else { continue }
            let statistics = epochs.map { Self.statistics(values[$0]!)! }
            let look = Plot.Look(color: index, isDashed: index >= Ink.seriesColors.count)
            if group.runs.count > 1 {
                plot.addBand(
                    x: epochs, from: statistics.map { $0.mean - $0.deviation }, to: statistics.map { $0.mean + $0.deviation },
                    look: look)
            }
            plot.addLine(Markup.fitted(group.name, to: 120, size: 12), x: epochs, y: statistics.map(\.mean), look: look)
        }
        return plot
    }

    private func addDifferences(to page: inout Page) {
        var names: [String] = []
        let all = runs.map { run in Dictionary(Self.facts(of: run)) { a, _ in a } }
        for name in runs.flatMap({ Self.facts(of: $0).map(\.0) }) where !names.contains(name) { names.append(name) }
        let differing = names.filter { name in Set(all.map { $0[name] ?? "" }).count > 1 }.prefix(40)
        guard !differing.isEmpty else {
            page.add("<p class=\"note\">Nothing of what was recorded about their settings.</p>")
            return
        }
        page.table(
            ["setting"] + runs.map(\.description.name),
            differing.map { name in [name] + all.map { $0[name] ?? "" } })
    }
}
