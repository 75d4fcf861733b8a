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
                pairs += best.parameters.map { ($0.name, $0.value.serialized()) }
            }
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

    private func addHistory(to page: inout Page) {
        let kept = complete.filter { $0.value!.isFinite }
        guard !kept.isEmpty else { return }
        var bests: [Double] = []
        for trial in kept {
            let value = trial.value!
            let isBetter = bests.last.map { directions[0] == .minimize ? value < $0 : value > $0 } ?? true
            bests.append(isBetter && trial.violation == 0 ? value : bests.last ?? value)
        }
        page.section("History", note: "The value of each complete trial, and the best until then.") { page in
            page.grid { page in
                var plot = Plot("Values", x: .init("trial", isWhole: true), y: .init("value"))
                let numbers = kept.map { Double($0.number) }
                plot.addPoints("trials", x: numbers, y: kept.map { $0.value! })
                plot.addLine("best", x: numbers, y: bests)
                page.plot(plot)
                var cost = Plot("Cost", x: .init("trial", isWhole: true), y: .init("seconds"))
                let timed = trials.filter { $0.seconds != nil }
                cost.addPoints("", x: timed.map { Double($0.number) }, y: timed.map { $0.seconds! })
                page.plot(cost)
            }
        }
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
        page.section(
            "Importance", note: "How differently the values of the best tenth of the trials are spread (PED-ANOVA)."
        ) { page in
            page.add("<div class=\"card\">")
            page.table(
                ["parameter", "importance"], values.map { [$0.name, String(format: "%.3f", $0.value)] },
                bars: values.map(\.value))
            page.add("</div>")
        }
    }

    /// A place from 0 to 1 for every parameter that a trial has.
    private func addParallel(to page: inout Page) {
        let names = Array(parameterNames.prefix(12))
        let order = ranked
        guard names.count > 1, order.count > 1 else { return }
        let (top, rest) = (order.prefix(5), order.dropFirst(5).prefix(200))
        page.section(
            "Parallel coordinates",
            note: "A line for each trial, the five best strong. Places: "
                + names.enumerated().map { "\($0 + 1) \($1)" }.joined(separator: ", ")
                + ". 0 is the low end of a range, 1 the high end."
        ) { page in
            page.grid { page in
                var plot = Plot(
                    "", x: .init("parameter", range: 1...Double(names.count), isWhole: true),
                    y: .init("place in its range", range: 0...1))
                for (trials, isTop) in [(Array(rest), false), (Array(top), true)] {
                    for trial in trials {
                        let places = names.map { name in
                            trial.parameter(name).map { $0.distribution.place(of: $0.number) } ?? .nan
                        }
                        plot.addLine(
                            isTop ? "trial \(trial.number)" : "", y: places,
                            look: isTop ? .init() : .init(color: 7, isFaint: true))
                    }
                }
                page.plot(plot)
            }
        }
    }

    private func addSlices(to page: inout Page) {
        guard directions.count == 1, !complete.isEmpty else { return }
        page.section("Parameters", note: "The value of each complete trial over one parameter.") { page in
            page.grid { page in
                for name in parameterNames.prefix(24) {
                    let kept = complete.filter { $0.parameter(name) != nil && $0.value!.isFinite }
                    guard let distribution = kept.first?.parameter(name)?.distribution else { continue }
                    var plot = Plot(
                        name, x: .init(name, isLogarithmic: distribution.isLogarithmic, isWhole: distribution.isChoice),
                        y: .init("value"))
                    plot.addPoints("", x: kept.map { $0.parameter(name)!.number }, y: kept.map { $0.value! })
                    guard case .choice(let values) = distribution else {
                        page.plot(plot)
                        continue
                    }
                    page.plot(plot, note: values.enumerated().map { "\($0) \($1.serialized())" }.joined(separator: ", "))
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
                    ] + names.map { trial.parameter($0)?.value.serialized() ?? "" }
                })
            page.add("</div>")
        }
    }
}
