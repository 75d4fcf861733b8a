import Foundation

extension Study {
    /// Writes a page about the study, one HTML file without scripts: the history of values, the importance of parameters, the
    /// trials in parallel coordinates, each parameter by itself, the curves of the best trials, and what the trials cost.
    /// - Throws: `MartletError` when the file cannot be written.
    public func report(to path: String) throws { try FileIO.write(try reportPage(), to: path) }

    /// The text of the page.
    package func reportPage() throws -> String { StudyPage(name: name, directions: directions, trials: try trials).html }
}

/// The page about a study.
struct StudyPage {
    let name: String
    let directions: [Direction]
    let trials: [FrozenTrial]

    private var complete: [FrozenTrial] {
        trials.filter { $0.state == .complete && $0.values?.count == directions.count }
    }

    /// The pruned trials with the values that they reported last.
    private var pruned: [(trial: FrozenTrial, value: Double)] {
        trials.compactMap { trial in
            let value = trial.value ?? trial.lastStep.flatMap { trial.intermediateValues[$0] }
            return trial.state == .pruned ? value.flatMap { $0.isFinite ? (trial, $0) : nil } : nil
        }
    }

    /// The values of the complete trials and as much again on the worse side: pruned trials that are far worse would press them
    /// together. Nil for all values.
    private var shownValues: ClosedRange<Double>? {
        let values = complete.compactMap(\.value).filter(\.isFinite)
        guard !pruned.isEmpty, let low = values.min(), let high = values.max(), low < high else { return nil }
        let room = high - low
        return directions[0] == .minimize ? low - room * 0.05...high + room : low - room...high + room * 0.05
    }

    private var noteOnPruned: String {
        pruned.isEmpty ? "" : " Pale: what pruned trials reported last, where it is not far worse."
    }

    /// The complete trials, the best first: by value, of several objectives by fronts.
    private var ranked: [FrozenTrial] {
        let feasible = complete.filter { $0.violation == 0 }
        let losses = feasible.map { trial in zip(trial.values!, directions).map { $1 == .minimize ? $0 : -$0 } }
        let ranks = directions.count == 1 ? losses.map { $0[0] } : ParetoFront.ranks(losses).map { Double($0) }
        return feasible.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }.map { feasible[$0] }
    }

    /// The parameters, in the order of the first trials that have them.
    private var parameterNames: [String] {
        var names: [String] = []
        var known: Set<String> = []
        for name in trials.flatMap({ $0.parameters.map(\.name) }) where known.insert(name).inserted { names.append(name) }
        return names
    }

    var html: String {
        var page = Page(title: "Study \(name)")
        page.add("<h1>")
        page.addText("Study \(name)")
        page.add("</h1>")
        let best = ranked.first
        let states = [TrialState.complete, .pruned, .fail, .running, .waiting]
        let counts = states.map { state in (state, trials.count { $0.state == state }) }
        page.section("Trials") { page in
            page.add("<div class=\"card\">")
            var pairs: [(String, String)] = counts.filter { $0.1 > 0 }.map { ("\($0.0)", "\($0.1)") }
            if directions.count == 1, let best {
                pairs += [("best value", Self.text(best.value!)), ("best trial", "\(best.number)")]
                pairs += best.parameters.map { ($0.name, Self.text($0.value)) }
            }
            pairs += cost
            page.pairs(pairs)
            page.add("</div>")
        }
        if directions.count == 1 { addHistory(to: &page) } else { addFronts(to: &page) }
        addImportances(to: &page)
        addParallel(to: &page)
        addSlices(to: &page)
        addCurves(to: &page)
        addTable(to: &page)
        return page.finish()
    }

    private static func text(_ value: Double) -> String { String(format: "%.6g", value) }

    /// A parameter's value: numbers with few digits, texts without quotation marks.
    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .double(let number): String(format: "%.4g", number)
        case .string(let text): text
        default: value.serialized()
        }
    }

    /// What the study cost: the time of all trials, and the steps, such as epochs, beside those of trials that nobody ends.
    private var cost: [(String, String)] {
        var pairs: [(String, String)] = []
        let seconds = trials.compactMap(\.seconds).reduce(0, +)
        if seconds > 0 {
            let text = seconds < 120 ? String(format: "%.3g s", seconds) : String(format: "%.1f min", seconds / 60)
            pairs.append(("time of all trials", text))
        }
        let begun = trials.filter { $0.state != .waiting }
        let steps = begun.reduce(0) { $0 + $1.intermediateValues.count }
        let longest = complete.map(\.intermediateValues.count).max() ?? 0
        if longest > 1, begun.contains(where: { $0.state == .pruned }) {
            let whole = longest * begun.count
            pairs.append(("steps", "\(steps) of the \(whole) of \(begun.count) whole trials (\(steps * 100 / whole) %)"))
        }
        return pairs
    }

    private func addHistory(to page: inout Page) {
        let kept = complete.filter { $0.value!.isFinite }
        guard !kept.isEmpty else { return }
        var bests: [Double] = []
        for trial in kept {
            let value = trial.value!
            let isBetter = bests.last.map { directions[0] == .minimize ? value < $0 : value > $0 } ?? true
            bests.append(isBetter && trial.violation == 0 ? value : bests.last ?? value)
        }
        page.section("History", note: "The value of each complete trial, and the best until then." + noteOnPruned) { page in
            page.grid { page in
                var plot = Plot("Values", x: .init("trial", isWhole: true), y: .init("value", range: shownValues))
                let numbers = kept.map { Double($0.number) }
                addPruned(to: &plot) { Double($0.number) }
                plot.addPoints("trials", x: numbers, y: kept.map { $0.value! })
                plot.addLine("best", x: numbers, y: bests)
                page.plot(plot)
                var cost = Plot("Cost", x: .init("trial", isWhole: true), y: .init("seconds"))
                for (state, color) in [(TrialState.complete, 0), (.pruned, 7), (.fail, 1)] {
                    let timed = trials.filter { $0.seconds != nil && $0.state == state }
                    guard !timed.isEmpty else { continue }
                    cost.addPoints(
                        "\(state)", x: timed.map { Double($0.number) }, y: timed.map { $0.seconds! }, look: .init(color: color))
                }
                page.plot(cost)
            }
        }
    }

    private func addPruned(to plot: inout Plot, _ place: (FrozenTrial) -> Double) {
        guard !pruned.isEmpty else { return }
        plot.addPoints("", x: pruned.map { place($0.trial) }, y: pruned.map(\.value), look: .init(color: 7, isFaint: true))
    }

    private func addFronts(to page: inout Page) {
        let kept = complete.filter { $0.values!.allSatisfy(\.isFinite) }
        guard !kept.isEmpty else { return }
        let losses = kept.map { trial in zip(trial.values!, directions).map { $1 == .minimize ? $0 : -$0 } }
        let ranks = ParetoFront.ranks(losses)
        page.section("Objectives", note: "The trials that no other is better than in all objectives, and the rest.") { page in
            page.grid { page in
                for axis in 1..<directions.count {
                    var plot = Plot("", x: .init("objective 1"), y: .init("objective \(axis + 1)"))
                    for (name, isFront) in [("others", false), ("best", true)] {
                        let group = kept.indices.filter { (ranks[$0] == 0) == isFront }
                        plot.addPoints(
                            name, x: group.map { kept[$0].values![0] }, y: group.map { kept[$0].values![axis] },
                            look: .init(isFaint: !isFront))
                    }
                    page.plot(plot)
                }
            }
        }
    }

    private func addImportances(to page: inout Page) {
        guard directions.count == 1 else { return }
        let values = Importance.values(of: trials, directions[0], isNormalized: true)
        guard values.contains(where: { $0.value > 0 }) else { return }
        let count = complete.count
        page.section(
            "Importance",
            note: "How differently the values of the best tenth of the \(count) complete trials are spread (PED-ANOVA)."
                + (count < 20 ? " Of so few trials it says little." : "")
        ) { page in
            page.add("<div class=\"card\">")
            page.table(
                ["parameter", "importance"], values.map { [$0.name, String(format: "%.3f", $0.value)] },
                bars: values.map(\.value))
            page.add("</div>")
        }
    }

    /// The names of a few choices; none of other distributions.
    private static func names(_ distribution: Distribution) -> [String] {
        guard case .choice(let values) = distribution, values.count <= 24 else { return [] }
        return values.map(text)
    }

    /// An axis for each parameter and one for the value; a line for each complete trial.
    private func addParallel(to page: inout Page) {
        let names = Array(parameterNames.prefix(12))
        let order = ranked
        guard names.count > 1, order.count > 1 else { return }
        let (top, rest) = (order.prefix(5), order.dropFirst(5).prefix(200))
        let values = directions.count == 1 ? order.prefix(205).map { $0.value! }.filter(\.isFinite) : []
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        var axes = names.map { name in
            ParallelAxes.Axis(name, ticks: Self.ticks(order.lazy.compactMap { $0.parameter(name)?.distribution }.first))
        }
        if low < high { axes.append(.init("value", ticks: [(0, Self.text(low)), (1, Self.text(high))])) }
        var drawing = ParallelAxes("Parallel coordinates", axes: axes)
        func add(_ trial: FrozenTrial, _ value: Double?, _ name: String, _ color: Int?) {
            var places = names.map { name in trial.parameter(name).map { $0.distribution.place(of: $0.number) } }
            if low < high { places.append(value.map { ($0 - low) / (high - low) }) }
            drawing.add(name, places: places, color: color)
        }
        for (trial, value) in pruned.suffix(200) { add(trial, value, "", nil) }
        for trial in rest.reversed() { add(trial, trial.value, "", nil) }
        for (rank, trial) in top.enumerated().reversed() { add(trial, trial.value, "trial \(trial.number)", rank) }
        page.section(
            "Parallel coordinates",
            note: "The five best trials in colour; pale the other complete ones, and pruned ones with what they reported last. A "
                + "gap: a parameter that a trial does not have."
        ) { $0.axes(drawing) }
    }

    /// The ends of a range, or the names of choices.
    private static func ticks(_ distribution: Distribution?) -> [(place: Double, label: String)] {
        switch distribution {
        case .choice(let values) where values.count <= 12:
            values.enumerated().map { ((Double($0) + 0.5) / Double(values.count), text($1)) }
        case .choice, nil: []
        case .int(let low, let high, _, _): [(0, "\(low)"), (1, "\(high)")]
        case .float(let low, let high, _, _): [(0, text(.double(low))), (1, text(.double(high)))]
        }
    }

    private func addSlices(to page: inout Page) {
        guard directions.count == 1, !complete.isEmpty else { return }
        page.section("Parameters", note: "The value of each complete trial over one parameter." + noteOnPruned) { page in
            page.grid { page in
                for name in parameterNames.prefix(24) {
                    let kept = complete.filter { $0.parameter(name) != nil && $0.value!.isFinite }
                    guard let distribution = kept.first?.parameter(name)?.distribution else { continue }
                    var plot = Plot(
                        name, x: .init(name, isLogarithmic: distribution.isLogarithmic, names: Self.names(distribution)),
                        y: .init("value", range: shownValues))
                    addPruned(to: &plot) { trial in
                        let parameter = trial.parameter(name)
                        return parameter?.distribution.isChoice == distribution.isChoice ? parameter!.number : .nan
                    }
                    plot.addPoints("", x: kept.map { $0.parameter(name)!.number }, y: kept.map { $0.value! })
                    page.plot(plot)
                }
            }
        }
    }

    private func addCurves(to page: inout Page) {
        let kept = ranked.filter { $0.intermediateValues.count > 1 }.prefix(5)
        let pruned = trials.filter { $0.state == .pruned && $0.intermediateValues.count > 1 }.prefix(100)
        guard !kept.isEmpty else { return }
        page.section("Curves", note: "What the five best trials reported, and, pale, the pruned ones.") { page in
            page.grid { page in
                var plot = Plot("", x: .init("step", isWhole: true), y: .init("value"))
                for (trials, isTop) in [(Array(pruned), false), (Array(kept), true)] {
                    for trial in trials {
                        let reports = trial.intermediateValues.sorted { $0.key < $1.key }
                        plot.addLine(
                            isTop ? "trial \(trial.number)" : "", x: reports.map { Double($0.key) }, y: reports.map(\.value),
                            look: isTop ? .init() : .init(color: 7, isFaint: true))
                    }
                }
                page.plot(plot)
            }
        }
    }

    private func addTable(to page: inout Page) {
        let names = Array(parameterNames.prefix(12))
        let order = ranked
        let best = Set(order.prefix(50).map(\.number))
        let shown = order.prefix(50) + trials.filter { !best.contains($0.number) }.suffix(50)
        page.section("The trials", note: "The best, then the last of the others. Seconds are what a trial took.") { page in
            page.add("<div class=\"card\">")
            page.table(
                ["trial", "state", "value", "seconds", "steps"] + names,
                shown.map { trial in
                    [
                        "\(trial.number)", "\(trial.state)", (trial.values ?? []).map(Self.text).joined(separator: ", "),
                        trial.seconds.map { String(format: "%.3g", $0) } ?? "", "\(trial.intermediateValues.count)",
                    ] + names.map { (trial.parameter($0)?.value).map(Self.text) ?? "" }
                })
            page.add("</div>")
        }
    }
}
