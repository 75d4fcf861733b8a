import Foundation
import MartletCore
import MartletFormats
import MartletNN

/// Watches a training and draws it in six panels: loss, metrics, learning rate, norm of the gradients, norms of each layer's
/// gradients, and how large updates are beside the weights.
///
/// As a callback of `fit`:
///
/// ```swift
/// let monitor = TrainingMonitor()
/// try model.fit(x, y, epochs: 5, callbacks: [monitor])
/// try monitor.plot(to: "monitor.svg")
/// ```
///
/// In a loop of one's own, `watch` the optimizer, and `record` after each step:
///
/// ```swift
/// monitor.watch(optimizer)
/// for batch in batches {
///     let loss = step(batch.x, batch.y)
///     monitor.record(loss: loss.item())
/// }
/// monitor.stopWatching()
/// ```
///
/// Weights have the same bits with and without a monitor. Of long trainings not every step is recorded, so that memory stays
/// bounded and a step does not become much longer in the mean: of the first 256 every one, then every second one, every fourth
/// one, ...
public final class TrainingMonitor: Callback, Drawing {
    /// What was recorded of a step.
    public struct Record: Sendable {
        /// The number of the step, counted from 1.
        public let step: Int
        /// The loss of the batch.
        public let loss: Double
        /// The metrics: with `fit`, those of the epoch so far.
        public let metrics: Logs
        /// The rate of the next update; nil where none is known.
        public let learningRate: Double?
        /// The norm of all gradients together, before clipping; nil when nothing was updated.
        public let gradientNorm: Double?
        /// The norm of each layer's gradients, in the order of `layerNames`.
        public let layerGradientNorms: [Double]
        /// The norm of the change of all weights by the norm of the weights.
        public let updateRatio: Double?
        /// The same for each layer; NaN for one whose weights are all zero.
        public let layerUpdateRatios: [Double]
    }

    /// What was recorded, in the order of steps.
    public private(set) var records: [Record] = []
    /// The paths of the layers with trained weights.
    public private(set) var layerNames: [String] = []
    private let frequency: Int
    private let kept = Thinning(base: 256)
    private var watcher = StepWatch()
    private var watched: Optimizer?
    private var step = 0

    /// Makes a monitor. Stops when `frequency` is below 1.
    /// - Parameter frequency: every how many steps one is recorded. A step that is recorded takes longer: it computes the norms.
    public init(frequency: Int = 1) {
        require(frequency >= 1, "TrainingMonitor", "Expected a frequency of at least 1. Received: \(frequency).")
        self.frequency = frequency
    }

    deinit { watcher.detach() }

    private func keeps(_ step: Int) -> Bool { step % frequency == 0 && kept.keeps(step / frequency) }

    // MARK: - In a loop of one's own

    /// Begins to watch what an optimizer does, with the next step.
    public func watch(_ optimizer: Optimizer) {
        watcher.detach()
        watcher = StepWatch()
        watched = optimizer
        watcher.attach(to: optimizer)
        (records, layerNames, step) = ([], [], 0)
        watcher.watchesUpdates = keeps(1)
    }

    /// Records the step that was just made. Call it after every step.
    /// - Parameters:
    ///   - loss: the loss of the batch.
    ///   - metrics: other numbers of the step.
    public func record(loss: Double, metrics: Logs = [:]) {
        step += 1
        if keeps(step) { add(loss: loss, metrics: metrics, rate: watched?.onlyRate) }
        watcher.watchesUpdates = keeps(step + 1)
    }

    /// Lets the optimizer go. Its steps are as before.
    public func stopWatching() {
        watcher.detach()
        watched = nil
    }

    // MARK: - In fit

    public override func onTrainBegin() throws {
        guard let model, let optimizer = model.optimizer else { return }
        watch(optimizer)
        watcher.attach(to: model)
    }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        let next = step + 1
        guard keeps(next) else {
            record(loss: .nan)
            return
        }
        var logs = logs()
        let loss = watcher.loss ?? logs["loss"] ?? .nan
        logs["loss"] = nil
        record(loss: loss, metrics: logs)
    }

    public override func onTrainEnd() throws { stopWatching() }

    private func add(loss: Double, metrics: Logs, rate: Double?) {
        let norms = LayerNorms(watcher.notes)
        layerNames = LayerNorms.withoutCommonStart(norms.names)
        let layers = norms.names.map { norms.layers[$0]! }
        records.append(
            Record(
                step: step, loss: loss, metrics: metrics, learningRate: rate,
                gradientNorm: layers.isEmpty ? nil : norms.all.gradientNorm,
                layerGradientNorms: layers.map(\.gradientNorm), updateRatio: layers.isEmpty ? nil : norms.all.updateRatio,
                layerUpdateRatios: layers.map(\.updateRatio)))
    }

    // MARK: - Drawing

    /// The six panels, in SVG.
    public var svg: String {
        let steps = records.map { Double($0.step) }
        func panel(
            _ title: String, _ label: String, isLogarithmic: Bool = false, isNoisy: Bool = true, _ curves: [(String, [Double])]
        ) -> String {
            var plot = Plot(title, x: .init("step", isWhole: true), y: .init(label, isLogarithmic: isLogarithmic))
            (plot.width, plot.height) = (Self.panel.width, Self.panel.height)
            for (index, (name, values)) in curves.enumerated() {
                let points = Curves.outline(x: steps, y: values)
                plot.addLine(x: points.x, y: points.y, look: Plot.Look(color: index, isFaint: isNoisy))
                guard isNoisy else { continue }
                let smooth = Curves.thinnedPoints(x: steps, y: Curves.smoothed(x: steps, y: values))
                plot.addLine(name, x: smooth.x, y: smooth.y, look: Plot.Look(color: index))
            }
            return plot.svg
        }
        var names: [String] = []
        for name in records.flatMap(\.metrics.keys) where !names.contains(name) { names.append(name) }
        let layers = HeatMap(
            title: "Gradient norm of each layer", axis: "step", rows: layerNames, places: steps,
            values: layerNames.indices.map { layer in
                records.map { layer < $0.layerGradientNorms.count ? $0.layerGradientNorms[layer] : .nan }
            }, width: Self.panel.width)
        let panels = [
            panel("Loss", "loss", [("", records.map(\.loss))]),
            panel("Metrics", "", names.prefix(6).map { name in (name, records.map { $0.metrics[name] ?? .nan }) }),
            panel("Learning rate", "rate", isNoisy: false, [("", records.map { $0.learningRate ?? .nan })]),
            panel("Gradient norm", "norm", isLogarithmic: true, [("", records.map { $0.gradientNorm ?? .nan })]),
            layers.svg(in: .file),
            panel("Update by weight", "ratio", isLogarithmic: true, [("", records.map { $0.updateRatio ?? .nan })]),
        ]
        return Self.sheet(panels, height: max(Self.panel.height, 104 + layers.rowsHeight))
    }

    private static let panel = (width: 460.0, height: 300.0)

    /// Panels in rows of three.
    private static func sheet(_ panels: [String], height: Double) -> String {
        var svg = SVGText(width: panel.width * 3 + 32, height: panel.height + height + 24, label: "Training")
        for (index, text) in panels.enumerated() {
            let x = 8 + Double(index % 3) * (panel.width + 8)
            let y = index < 3 ? 8 : panel.height + 16
            // A drawing inside of a drawing has a place.
            svg.line(text.replacing("<svg ", with: "<svg x=\"\(x.plain)\" y=\"\(y.plain)\" ", maxReplacements: 1))
        }
        return svg.finish()
    }

    /// Writes the six panels to an SVG file, in place of one that is there.
    /// - Throws: `MartletError` when the file cannot be written.
    public func plot(to path: String) throws { try SVG.write(svg, to: path) }

    public override var description: String { text(["frequency": frequency, "records": records.count]) }
}
