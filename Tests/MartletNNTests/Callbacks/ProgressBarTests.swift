import Martlet
import Synchronization
import TestSupport
import Testing

@Suite(.ownSession) struct ProgressBarTests {
    final class Screen: Sendable {
        let text = Mutex("")
        func output(isTerminal: Bool, width: Int? = nil) -> TextOutput {
            TextOutput(isTerminal: isTerminal, columns: { width }) { part in self.text.withLock { $0 += part } }
        }
        /// What was written since the last call.
        func take() -> String {
            text.withLock { text in
                defer { text = "" }
                return text
            }
        }
    }

    /// Ten steps of 10 ms, the first of 1 s, two epochs.
    private func play(_ verbosity: Verbosity, isTerminal: Bool, width: Int? = nil) -> (draws: [String], rest: String) {
        let screen = Screen()
        var time = 100.0
        let bar = ProgressBar(output: screen.output(isTerminal: isTerminal, width: width), clock: { time })
        bar.parameters = FitParameters(epochs: 2, steps: 10, verbosity: verbosity)
        bar.onTrainBegin()
        bar.onEpochBegin(0)
        var draws = [screen.take()]
        for step in 0..<10 {
            time += step == 0 ? 1 : 0.01
            bar.onTrainBatchEnd(step) { ["loss": 0.5, "accuracy": 0.0001] }
            let drawn = screen.take()
            if !drawn.isEmpty { draws.append(drawn) }
        }
        var logs: Logs = ["loss": 0.5, "accuracy": 0.0001, "val_loss": .nan]
        bar.onTestBegin()
        bar.onTestEnd(logs: ["loss": 1])
        bar.onEpochEnd(0, logs: &logs)
        return (draws, screen.take())
    }

    /// Where nothing moves, an epoch asks for the time at its beginning, after its first step and at its end.
    @Test func silentStepsDoNotAskForTheTime() {
        var count = 0
        let bar = ProgressBar(output: Screen().output(isTerminal: true), clock: {
            count += 1
            return Double(count)
        })
        bar.parameters = FitParameters(epochs: 1, steps: 10, verbosity: .silent)
        bar.onEpochBegin(0)
        for step in 0..<10 { bar.onTrainBatchEnd(step) { ["loss": 0.5] } }
        var logs: Logs = ["loss": 0.5]
        bar.onEpochEnd(0, logs: &logs)
        #expect(count == 3)
    }

    private func plain(_ text: String) -> String { text.replacing(/\u{1B}\[[0-9;]*[mK]/, with: "") }

    /// An epoch of unknown length counts up; the next one knows.
    @Test func unknownLength() {
        let screen = Screen()
        var time = 100.0
        let bar = ProgressBar(output: screen.output(isTerminal: true), clock: { time })
        bar.parameters = FitParameters(epochs: 1, verbosity: .progressBar)
        bar.onEpochBegin(0)
        for step in 0..<12 {
            time += 1
            bar.onTrainBatchEnd(step) { ["loss": 0.5] }
        }
        let drawn = plain(screen.take())
        #expect(drawn.hasSuffix("\r12 ━━━━━━━━━━━━━━━━━━━━ 12s 1s/step - loss: 0.5000"))
        var logs: Logs = ["loss": 0.5]
        bar.onEpochEnd(0, logs: &logs)
        #expect(plain(screen.take()) == "\r12 ━━━━━━━━━━━━━━━━━━━━ 12s 1s/step - loss: 0.5000\n")
    }

    @Test func barInATerminal() {
        let (draws, last) = play(.progressBar, isTerminal: true)
        #expect(draws.count == 3, "at 1 s, and 50 ms later")
        #expect(draws[0] == "Epoch 1/2\n")
        #expect(plain(draws[1]) == "\r 1/10 ━━━━━━━━━━━━━━━━━━━━ 9s 1s/step - loss: 0.5000 - accuracy: 1.0000e-04")
        #expect(draws[1].contains("\u{1B}[32m━━\u{1B}[37m━━━━━━━━━━━━━━━━━━\u{1B}[0m"))
        let finished =
            "\r10/10 ━━━━━━━━━━━━━━━━━━━━ 1s 10ms/step - loss: 0.5000 - accuracy: 1.0000e-04 - val_loss: nan\n"
        #expect(plain(last) == finished)
    }

    @Test func barInANarrowTerminal() {
        for width in [30, 40, 60, 80] {
            let (draws, last) = play(.progressBar, isTerminal: true, width: width)
            for draw in draws { #expect(plain(draw).count <= width, "the carriage return and at most width - 1") }
            #expect(plain(last).contains("val_loss: nan\n"))
        }
    }

    @Test func plainLines() {
        for (verbosity, isTerminal) in [(Verbosity.progressBar, false), (.onePerEpoch, true), (.onePerEpoch, false)] {
            let (draws, last) = play(verbosity, isTerminal: isTerminal)
            #expect(draws == ["Epoch 1/2\n"])
            #expect(last == "10/10 - 1s - 10ms/step - loss: 0.5000 - accuracy: 1.0000e-04 - val_loss: nan\n")
        }
    }

    @Test func silence() {
        let (draws, last) = play(.silent, isTerminal: true)
        #expect(draws == [""] && last == "")
    }
}
