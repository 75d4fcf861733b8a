import Foundation

/// Shows the progress of training or evaluation. `fit` and `evaluate` make one automatically.
///
/// In a terminal it is a bar that is redrawn at most 20 times a second. Elsewhere, and with `Verbosity.onePerEpoch`, it
/// is one line at the end of each epoch.
///
/// ```
/// Epoch 1/5
/// 1875/1875 ━━━━━━━━━━━━━━━━━━━━ 5s 2ms/step - loss: 0.3456 - accuracy: 0.8754
/// ```
///
/// Source: `keras.callbacks.ProgbarLogger` and `keras.utils.Progbar`.
public final class ProgressBar: Callback {
    private let output: TextOutput
    private let now: () -> Double
    private var isFitting = false
    private var start = 0.0
    private var afterFirstStep: Double?
    private var lastDrawn = 0.0
    private var stepsSeen = 0

    private static let barWidth = 20
    private static let shortestInterval = 0.05

    /// Makes a progress bar.
    /// - Parameters:
    ///   - output: where it is drawn.
    ///   - clock: returns the time in seconds, from any origin.
    public init(output: TextOutput = .standardOutput, clock: @escaping () -> Double = ProgressBar.uptime) {
        self.output = output
        now = clock
    }

    /// Seconds since the machine started.
    public static func uptime() -> Double { ProcessInfo.processInfo.systemUptime }

    public override func onTrainBegin() { isFitting = true }
    public override func onTrainEnd() { isFitting = false }

    public override func onEpochBegin(_ epoch: Int) {
        begin()
        if parameters.verbosity != .silent, parameters.epochs > 1 {
            output.write("Epoch \(epoch + 1)/\(parameters.epochs)\n")
        }
    }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) { advance(batch, logs) }
    public override func onEpochEnd(_ epoch: Int, logs: inout Logs) { finish(logs) }

    // The validation after an epoch is part of its line.
    public override func onTestBegin() { if !isFitting { begin() } }
    public override func onTestBatchEnd(_ batch: Int, logs: () -> Logs) { if !isFitting { advance(batch, logs) } }
    public override func onTestEnd(logs: Logs) { if !isFitting { finish(logs) } }

    private func begin() {
        start = now()
        afterFirstStep = nil
        lastDrawn = -.infinity
        stepsSeen = 0
    }

    private func advance(_ batch: Int, _ logs: () -> Logs) {
        stepsSeen = batch + 1
        // Where nothing moves, no other step needs the time.
        guard isMoving || stepsSeen == 1 else { return }
        let time = now()
        defer { if stepsSeen == 1 { afterFirstStep = time } }
        guard isMoving, time - lastDrawn >= Self.shortestInterval else { return }
        lastDrawn = time
        let left = Double(parameters.steps - stepsSeen) * stepDuration(time)
        let shown = isCounting ? Self.elapsed(time - start) : Self.remaining(left)
        draw(elapsed: shown, time, logs(), isLast: false)
    }

    private func finish(_ logs: Logs) {
        let time = now()
        if isMoving {
            draw(elapsed: Self.elapsed(time - start), time, logs, isLast: true)
        } else if parameters.verbosity != .silent {
            let duration = Self.perStep(stepDuration(time))
            output.write("\(counter) - \(Self.elapsed(time - start)) - \(duration)\(Self.figures(logs))\n")
        }
    }

    private var isMoving: Bool { parameters.verbosity == .progressBar && output.isTerminal }

    /// Whether the number of steps is unknown.
    private var isCounting: Bool { parameters.steps == 0 }

    /// `  12/1875`, as wide as it will be at the end; `12` where there is no telling.
    private var counter: String {
        if isCounting { return String(stepsSeen) }
        let total = String(parameters.steps), seen = String(stepsSeen)
        return String(repeating: " ", count: max(0, total.count - seen.count)) + seen + "/" + total
    }

    /// A line that is redrawn must fit into the terminal: first the bar shrinks, then values are left out.
    private func draw(elapsed: String, _ time: Double, _ logs: Logs, isLast: Bool) {
        let timing = " \(elapsed) \(Self.perStep(stepDuration(time)))"
        var figures = Self.figures(logs)
        var barWidth = Self.barWidth
        if let width = output.width {
            let room = width - 1 - counter.count - 1 - timing.count
            barWidth = max(5, min(barWidth, room - figures.count))
            if !isLast, barWidth + figures.count > room { figures = figures.shortened(to: max(0, room - barWidth)) }
        }
        let filled = isCounting ? isLast ? barWidth : 0 : barWidth * min(stepsSeen, parameters.steps) / parameters.steps
        let bar = "\u{1B}[32m" + String(repeating: "━", count: filled) + "\u{1B}[37m"
            + String(repeating: "━", count: barWidth - filled) + "\u{1B}[0m"
        output.write(
            "\r\u{1B}[1m\(counter)\u{1B}[0m \(bar)\u{1B}[1m\(timing)\u{1B}[0m\(figures)\u{1B}[K" + (isLast ? "\n" : ""))
    }

    /// Seconds for a step, without the first one, which makes weights and warms caches.
    private func stepDuration(_ time: Double) -> Double {
        guard stepsSeen > 0 else { return 0 }
        if let afterFirstStep, stepsSeen > 1 { return (time - afterFirstStep) / Double(stepsSeen - 1) }
        return (time - start) / Double(stepsSeen)
    }

    private static func elapsed(_ seconds: Double) -> String { String(format: "%.0fs", seconds) }

    private static func remaining(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e9)))
        if seconds > 3600 { return String(format: "%d:%02d:%02d", whole / 3600, whole % 3600 / 60, whole % 60) }
        return seconds > 60 ? String(format: "%d:%02d", whole / 60, whole % 60) : "\(whole)s"
    }

    private static func perStep(_ seconds: Double) -> String {
        if seconds >= 1 || seconds == 0 { return String(format: "%.0fs/step", seconds) }
        return seconds >= 1e-3
            ? String(format: "%.0fms/step", seconds * 1e3) : String(format: "%.0fus/step", seconds * 1e6)
    }

    private static func figures(_ logs: Logs) -> String { logs.isEmpty ? "" : " - \("\(logs)".printable)" }
}

extension String {
    /// At most `width` characters, ending in an ellipsis when the text is longer.
    package func shortened(to width: Int) -> String {
        count <= width ? self : width == 0 ? "" : prefix(width - 1) + "…"
    }
}
