import Foundation
import MartletNN

/// The page about one run.
struct RunReport {
    let run: RunData
    /// 3 shows all; the less, the smaller the page.
    let detail: Int

    private var records: RunRecords { run.records }

    var html: String {
        var page = Page(title: "\(run.description.name): training report")
        addHead(to: &page)
        addUnreadable(to: &page)
        addLearning(to: &page)
        addUpdates(to: &page)
        addSpreads(to: &page)
        addEvaluation(to: &page)
        addCosts(to: &page)
        addModel(to: &page)
        addSettings(to: &page)
        return page.finish()
    }

    // MARK: - Head

    private func addHead(to page: inout Page) {
        let description = run.description
        page.add("<h1>\(Markup.escaped(description.name.bounded))</h1>")
        page.add(
            "<p class=\"sub\">Model \(Markup.escaped(description.model)), begun \(Markup.escaped(begun)), "
                + "\(Markup.escaped(run.state))</p>")
        var tiles = [
            ("epochs", "\(records.epochs.last.map { $0.epoch + 1 } ?? 0) of \(description.epochs)"),
            ("steps", grouped(run.steps)), ("time", readableTime(run.seconds)),
            ("parameters", grouped(description.sizes["weights"] ?? 0)),
        ]
        for name in records.metricNames.prefix(3) {
            let key = records.values("val_" + name).values.isEmpty ? name : "val_" + name
            if let best = run.best(key) { tiles.append(("best \(key), epoch \(best.epoch)", best.value.brief)) }
        }
        page.add("<div class=\"tiles\">")
        for (name, value) in tiles {
            page.add("<div><b>\(Markup.escaped(value))</b><span>\(Markup.escaped(name.bounded))</span></div>")
        }
        page.add("</div>")
    }

    /// `2026-11-27T14:55:03Z` as people write it. What is no such time stays as it is.
    private var begun: String {
        run.description.created.replacing(/^(\d+-\d+-\d+)T(\d+:\d+):\d+Z$/) { "\($0.1), \($0.2) UTC" }
    }

    // MARK: - Curves

    private func addLearning(to page: inout Page) {
        guard !records.epochs.isEmpty || !records.steps.isEmpty else { return }
        page.section("Learning") { page in
            page.grid { page in
                for name in records.metricNames.prefix(detail > 0 ? 16 : 6) { page.plot(metricPlot(name)) }
                if let plot = gapPlot {
                    page.plot(plot, note: "How much higher the loss is on samples that the model has not seen.")
                }
                page.plot(
                    stepPlot("Loss of batches", "loss", isLogarithmic: false, \.loss),
                    note: "Pale: each batch that was recorded. Strong: a moving average.")
                page.plot(ratePlot)
            }
        }
    }

    /// From the first epoch to the last.
    private var epochAxis: Plot.Axis {
        let epochs = records.epochs.map { Double($0.epoch) + 1 }
        return .init("epoch", range: (epochs.min() ?? 1)...(epochs.max() ?? 1), isWhole: true)
    }

    private var stepAxis: Plot.Axis { .init("step", range: 0...Double(max(1, run.steps)), isWhole: true) }

    private func metricPlot(_ name: String) -> Plot {
        var plot = Plot(name.replacing("_", with: " "), x: epochAxis, y: .init(""))
        for (label, key) in [("training", name), ("validation", "val_" + name)] {
            let (epochs, values) = records.values(key)
            guard !values.isEmpty else { continue }
            let points = Curves.outline(x: epochs, y: values)
            plot.addLine(label, x: points.x, y: points.y)
        }
        return plot
    }

    private var gapPlot: Plot? {
        let both = records.epochs.filter { $0.logs["loss"] != nil && $0.logs["val_loss"] != nil }
        guard both.count > 1 else { return nil }
        var plot = Plot("Gap: validation loss minus training loss", x: epochAxis, y: .init("difference"))
        let points = Curves.outline(
            x: both.map { Double($0.epoch + 1) }, y: both.map { $0.logs["val_loss"]! - $0.logs["loss"]! })
        plot.addLine("gap", x: points.x, y: points.y, look: .init(color: 2))
        return plot
    }

    /// A value of steps, raw and smoothed.
    private func stepPlot(
        _ title: String, _ label: String, isLogarithmic: Bool, color: Int = 0, _ value: (RunRecords.Step) -> Double?
    ) -> Plot {
        var plot = Plot(title, x: stepAxis, y: .init(label, isLogarithmic: isLogarithmic))
        let known = records.steps.compactMap { step in value(step).map { (Double(step.step), $0) } }
        guard !known.isEmpty else { return plot }
        let (x, y) = (known.map(\.0), known.map(\.1))
        let raw = Curves.outline(x: x, y: y)
        plot.addLine("raw", x: raw.x, y: raw.y, look: .init(color: color, isFaint: true))
        let smooth = Curves.thinnedPoints(x: x, y: Curves.smoothed(x: x, y: y))
        plot.addLine("smoothed", x: smooth.x, y: smooth.y, look: .init(color: color))
        return plot
    }

    private var ratePlot: Plot {
        var plot = Plot("Learning rate", x: stepAxis, y: .init("rate"))
        let known = records.steps.compactMap { step in step.rate.map { (Double(step.step), $0) } }
        let points = Curves.thinnedPoints(x: known.map(\.0), y: known.map(\.1))
        if !points.x.isEmpty { plot.addLine("learning rate", x: points.x, y: points.y, look: .init(color: 4)) }
        return plot
    }

    // MARK: - Gradients and updates

    private func addUpdates(to page: inout Page) {
        guard records.steps.contains(where: { $0.gradient != nil }) else { return }
        let layers = run.description.layers
        page.section(
            "Gradients and updates",
            note: "Norms before clipping. The ratio is that of the norm of a step's change to the norm of the weights; about 0.001 "
                + "is usual."
        ) { page in
            page.grid { page in
                page.plot(stepPlot("Gradient norm", "norm", isLogarithmic: true, color: 3, \.gradient))
                page.plot(stepPlot("Update by weight", "ratio", isLogarithmic: true, color: 2, \.ratio))
                for (title, values) in [
                    ("Gradient norm of each layer", \RunRecords.Layers.gradient), ("Update by weight of each layer", \.ratio),
                ] {
                    let map = heatMap(title, layers, values)
                    if !map.places.isEmpty, !layers.isEmpty { page.figure(map.svg(in: .page), table: map.table) }
                }
            }
        }
    }

    private func heatMap(_ title: String, _ layers: [String], _ values: KeyPath<RunRecords.Layers, [Double]>) -> HeatMap {
        let records = thinned(records.layers, to: 120)
        return HeatMap(
            title: title, axis: "step", rows: layers, places: records.map { Double($0.step) },
            values: layers.indices.map { layer in
                records.map { layer < $0[keyPath: values].count ? $0[keyPath: values][layer] : .nan }
            })
    }

    private func addSpreads(to page: inout Page) {
        let layers = run.description.layers
        guard records.spreads.count > 1, detail > 0, !layers.isEmpty else { return }
        let shown = thinned(Array(layers.indices), to: detail > 1 ? 8 : 3)
        let names = shown.count < layers.count ? "\(shown.count) of \(layers.count) layers" : "each layer"
        page.section(
            "Distributions of weights and gradients",
            note: "Of the largest weight of \(names): the median, and the ranges of the middle 50 and 90 percent, over time."
        ) { page in
            page.grid { page in
                for layer in shown {
                    for (what, values) in [("weights", \RunRecords.Spread.weights), ("gradients", \.gradients)] {
                        page.plot(spreadPlot("\(layers[layer]), \(what)", layer, values, color: what == "weights" ? 0 : 3))
                    }
                }
            }
        }
    }

    private func spreadPlot(
        _ title: String, _ layer: Int, _ values: KeyPath<RunRecords.Spread, [[Double]]>, color: Int
    ) -> Plot {
        var plot = Plot(title, x: stepAxis, y: .init("value"))
        let known = thinned(records.spreads, to: 60).compactMap { spread -> (Double, [Double])? in
            let all = spread[keyPath: values]
            guard layer < all.count, all[layer].count == RunRecorder.quantiles.count else { return nil }
            return (Double(spread.step), all[layer])
        }
        guard !known.isEmpty else { return plot }
        let (x, look) = (known.map(\.0), Plot.Look(color: color))
        plot.addBand("90 %", x: x, from: known.map { $0.1[1] }, to: known.map { $0.1[5] }, look: look)
        plot.addBand("50 %", x: x, from: known.map { $0.1[2] }, to: known.map { $0.1[4] }, look: look)
        plot.addLine("median", x: x, y: known.map { $0.1[3] }, look: look)
        return plot
    }

    private func addUnreadable(to page: inout Page) {
        guard !run.unreadable.isEmpty else { return }
        page.section("Left out", note: run.unreadable.map(\.bounded).joined(separator: " ")) { _ in }
    }

    // MARK: - What the model says

    private func addEvaluation(to page: inout Page) {
        guard let evaluation = run.evaluation, evaluation.samples > 0 else { return }
        page.section("Predictions", note: "Of \(grouped(evaluation.samples)) samples that were given for it.") { page in
            page.grid { page in
                if let matrix = evaluation.matrix { addMatrix(matrix, to: &page) }
                addCurves(evaluation, to: &page)
                if !evaluation.points.isEmpty { page.plot(scatter(evaluation.points)) }
            }
            addWorst(evaluation.worst, to: &page)
        }
    }

    private func addMatrix(_ matrix: ConfusionMatrix, to page: inout Page) {
        let rows = matrix.counts.indices.map { row -> [String] in
            let numbers = matrix.counts[row]
            let total = numbers.reduce(0, +)
            let worst = numbers.indices.filter { $0 != row && numbers[$0] > 0 }.max { numbers[$0] < numbers[$1] }
            return [
                matrix.classNames[row], grouped(total),
                total == 0 ? "" : String(format: "%.1f %%", Double(numbers[row]) / Double(total) * 100),
                worst.map { "\(matrix.classNames[$0]) (\(numbers[$0]))" } ?? "",
            ]
        }
        page.figure(
            matrix.svg(in: .page), note: String(format: "Right: %.2f %%. Rows are true classes.", matrix.accuracy * 100),
            table: (["class", "samples", "right", "most often taken for"], rows))
    }

    private func addCurves(_ evaluation: RunEvaluation, to page: inout Page) {
        let curves = evaluation.curves
        if !curves.isEmpty {
            for (title, x, y, points, area) in [
                ("ROC", "false positive rate", "true positive rate", \RunEvaluation.Curve.roc, \RunEvaluation.Curve.areaUnderROC),
                ("Precision and recall", "recall", "precision", \.precisionRecall, \.averagePrecision),
            ] {
                var plot = Plot(title, x: .init(x, range: 0...1), y: .init(y, range: 0...1))
                if title == "ROC" { plot.addLine(x: [0, 1], y: [0, 1], look: .init(color: 7, isFaint: true, isDashed: true)) }
                for (index, curve) in curves.enumerated() {
                    let label = curves.count == 1
                        ? String(format: "area %.3f", curve[keyPath: area]) : Markup.fitted(curve.name, to: 70, size: 12)
                    let (xs, ys) = (curve[keyPath: points].map(\.0), curve[keyPath: points].map(\.1))
                    plot.addLine(label, x: xs, y: ys, look: .init(color: index, isDashed: index >= Ink.seriesColors.count))
                }
                (plot.width, plot.height) = (440, 290)
                let rows = curves.map { [$0.name, String(format: "%.4f", $0[keyPath: area])] }
                page.figure(
                    plot.svg(in: .page),
                    note: curves.count == 1 ? "" : "Each class against all others; the table has the areas.",
                    table: (["class", "area"], rows))
            }
        }
        let bins = evaluation.calibration
        guard bins.contains(where: { $0[0] > 0 }) else { return }
        var plot = Plot("Calibration", x: .init("confidence", range: 0...1), y: .init("accuracy", range: 0...1))
        plot.addLine(x: [0, 1], y: [0, 1], look: .init(color: 7, isFaint: true, isDashed: true))
        let filled = bins.filter { $0[0] > 0 }
        plot.addLine(
            String(format: "error %.3f", evaluation.calibrationError), x: filled.map { $0[1] }, y: filled.map { $0[2] },
            look: .init(color: 0))
        plot.addPoints(x: filled.map { $0[1] }, y: filled.map { $0[2] }, look: .init(color: 0))
        (plot.width, plot.height) = (440, 290)
        page.figure(
            plot.svg(in: .page),
            note: "How often the model is right when it is so sure. On the dashed line it is as often right as it says.",
            table: (
                ["confidence", "samples", "accuracy"], filled.map { [$0[1].brief, $0[0].brief, $0[2].brief] }
            ))
    }

    private func scatter(_ points: [(Double, Double)]) -> Plot {
        var plot = Plot("Predicted and true values", x: .init("true"), y: .init("predicted"))
        let ends = points.map(\.0).filter(\.isFinite)
        if let low = ends.min(), let high = ends.max() {
            plot.addLine(x: [low, high], y: [low, high], look: .init(color: 7, isFaint: true, isDashed: true))
        }
        plot.addPoints("sample", x: points.map(\.0), y: points.map(\.1), look: .init(color: 0, isFaint: true))
        return plot
    }

    private func addWorst(_ worst: [RunEvaluation.Worst], to page: inout Page) {
        guard !worst.isEmpty else { return }
        let isNumber = run.evaluation?.curves.isEmpty == true && run.evaluation?.points.isEmpty == false
        page.add("<h2>Worst samples</h2>")
        guard detail > 2, worst.contains(where: { $0.image != nil }) else {
            page.add("<div class=\"card\">")
            page.table(
                ["sample", "true", "predicted", isNumber ? "error" : "probability of the true class"],
                worst.map { [String($0.index), $0.truth, $0.guess, $0.score.brief] })
            page.add("</div>")
            return
        }
        page.add(
            "<p class=\"note\">In colour what the model says, below what is true"
                + (isNumber ? "" : " and the probability that the model gives it") + ".</p>")
        page.add("<div class=\"samples\">")
        for one in worst {
            let image = one.image.map {
                "<img src=\"\($0.dataURI)\" alt=\"sample \(one.index)\" width=\"\($0.width)\" height=\"\($0.height)\"/>"
            } ?? ""
            let isRight = !isNumber && one.guess == one.truth
            page.add(
                "<div>\(image)<b\(isRight ? " class=\"right\"" : "")>\(Markup.escaped(one.guess))</b><br/>"
                    + "is \(Markup.escaped(one.truth))"
                    + (isNumber ? "<br/>error \(one.score.brief)" : ": \(String(format: "%.1f", one.score * 100))\u{A0}%")
                    + "<br/>sample \(one.index)</div>")
        }
        page.add("</div>")
    }

    // MARK: - Time, memory, model, settings

    private func addCosts(to page: inout Page) {
        let description = run.description
        page.section("Time and memory") { page in
            page.add("<div class=\"card\">")
            var facts: [(String, String)] = []
            if run.seconds > 0, run.steps > 0 {
                facts.append(("steps a second", (Double(run.steps) / run.seconds).brief + ", validation included"))
            }
            if let bytes = description.sizes["weight_bytes"] { facts.append(("weights", readableSize(bytes))) }
            if let bytes = records.epochs.last?.optimizerBytes { facts.append(("optimizer's state", readableSize(bytes))) }
            if let peak = records.epochs.map(\.memory).max() { facts.append(("the process at most", readableSize(peak))) }
            page.pairs(facts)
            page.add("</div>")
            page.grid { page in
                page.plot(epochTimePlot)
                guard let profile = run.profile, profile.seconds > 0 else { return }
                let steps = Double(profile.steps)
                page.add("<figure class=\"wide\"><h2 style=\"margin-top:0\">Time of a step by layer</h2>")
                page.add(
                    "<p class=\"note\">Of \(profile.steps) steps: forward and backward together, ops only.</p>")
                let layers = profile.layers.prefix(40)
                let longest = layers.first?.seconds ?? 1
                page.table(
                    ["layer", "time of a step", "share"],
                    layers.map {
                        [
                            $0.name.isEmpty ? "elsewhere: optimizer, sums" : $0.name, readableTime($0.seconds / steps),
                            String(format: "%.1f %%", $0.seconds / profile.seconds * 100),
                        ]
                    }, bars: layers.map { $0.seconds / longest })
                page.add("</figure><figure class=\"wide\"><h2 style=\"margin-top:0\">Time of a step by op</h2>")
                let ops = profile.ops.prefix(20)
                page.table(
                    ["op", "calls", "time of a step", "GFLOP/s"],
                    ops.map {
                        [
                            $0.name, (Double($0.calls) / steps).brief, readableTime($0.seconds / steps),
                            $0.flops > 0 && $0.seconds > 0 ? (Double($0.flops) / $0.seconds / 1e9).brief : "",
                        ]
                    }, bars: ops.map { $0.seconds / (ops.first?.seconds ?? 1) })
                page.add("</figure>")
            }
        }
    }

    private var epochTimePlot: Plot {
        var plot = Plot("Time of an epoch", x: epochAxis, y: .init("seconds"))
        let epochs = records.epochs
        guard epochs.count > 1 else { return plot }
        let times = zip([0] + epochs.map(\.seconds), epochs).map { before, epoch in epoch.seconds - before }
        let passed = zip([-1] + epochs.map(\.epoch), epochs).map { before, epoch in Double(max(1, epoch.epoch - before)) }
        let points = Curves.outline(
            x: epochs.map { Double($0.epoch + 1) }, y: zip(times, passed).map { $0 / $1 })
        plot.addLine("time", x: points.x, y: points.y, look: .init(color: 6))
        return plot
    }

    private func addModel(to page: inout Page) {
        let description = run.description
        page.section("Model") { page in
            page.add("<div class=\"card\">")
            let rows = description.summary.prefix(detail > 1 ? 300 : 60).map { $0 }
            page.table(["layer", "type", "output", "parameters"], Array(rows))
            if rows.count < description.summary.count {
                page.add("<p class=\"note\">\(description.summary.count - rows.count) more layers.</p>")
            }
            let trainable = description.sizes["trainable"] ?? 0
            let all = description.sizes["weights"] ?? 0
            page.add("<p class=\"note\">\(grouped(all)) parameters, of which \(grouped(trainable)) are trained.</p></div>")
            let count = description.diagram.nodes.count
            guard count > 0, count <= (detail > 1 ? 300 : 80) else { return }
            page.add("<details class=\"card\"><summary>Diagram</summary><div class=\"scroll\">")
            page.add(description.diagram.svg(in: .page))
            page.add("</div></details>")
        }
    }

    private func addSettings(to page: inout Page) {
        let description = run.description
        page.section("Data, settings, versions") { page in
            page.add("<div class=\"card\">")
            var values = description.facts + description.settings + description.versions
            if !description.command.isEmpty { values.append(("command", description.command.joined(separator: " "))) }
            page.pairs(values)
            page.add("</div>")
        }
    }
}
