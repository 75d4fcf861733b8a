import Foundation
import Martlet
import MartletFormats
import MartletTuner
import TestSupport
import Testing

/// `martlet tune` of a program: what it gets, what of its lines counts, and what becomes of trials without a value.
@Suite(.ownSession) struct TuneProgramTests {
    let shell = CommandLineTests()

    /// A program in the shell's language, and a space. The program finds its parameters as `$x` and `$kind`.
    private struct Job {
        let folder: String
        var program: String { file("objective.sh") }
        var study: String { file("s.journal") }
        func file(_ name: String) -> String { "\(folder)/\(name)" }

        init(_ folder: String, _ body: String, space: String = #"{"x": {"type": "int", "low": -5, "high": 5}}"#) throws {
            self.folder = folder
            let lines = #"""
                #!/bin/sh
                for word in "$@"; do case "$word" in --x=*) x=${word#--x=};; --kind=*) kind=${word#--kind=};; esac; done

                """#
            try FileIO.write(lines + body + "\n", to: program)
            guard chmod(program, 0o755) == 0 else { throw MartletError("Cannot change the mode.", at: program) }
            try FileIO.write(space, to: file("space.json"))
        }

        func tune(_ arguments: String...) -> [String] {
            ["tune", program, "--space", file("space.json"), "--study", study, "--sampler", "random"] + arguments
        }

        var trials: [FrozenTrial] { get throws { try Study.load("search", from: .journal(study)).trials } }
    }

    private func withJob(
        _ program: String, space: String = #"{"x": {"type": "int", "low": -5, "high": 5}}"#, _ body: (Job) throws -> Void
    ) throws {
        try shell.withFolder { try body(Job($0, program, space: space)) }
    }

    /// The value is the last line with one; any number of workers has the same trials, and a study goes on.
    @Test func valuesAndWorkers() throws {
        try withJob("echo training; echo $((x * x + 1)); echo 'saved model' ; echo warning >&2") { job in
            let outcome = try shell.run(job.tune("--trials", "6", "--workers", "2", "--lookahead", "2"))
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            let trials = try job.trials
            #expect(trials.count == 6)
            for trial in trials {
                let x = Double(Int(json: trial.params["x"]!)!)
                #expect(trial.state == .complete && trial.value == x * x + 1)
            }
            let line = try JSONValue(parsing: outcome.lastLine)
            #expect(try line.double("value") == trials.map { $0.value! }.min())
            // One worker, in another file, has the same; what is there already is kept.
            let one = try shell.run(job.tune("--trials", "9", "--workers", "1"))
            #expect(one.status == 0, "\(one.error)")
            #expect(try job.trials.prefix(6).map(\.value) == trials.map(\.value))
            let other = ["tune", job.program, "--space", job.file("space.json"), "--study", job.file("other"), "--sampler", "random"]
            #expect(try shell.run(other + ["--trials", "9", "--lookahead", "2"]).status == 0)
            let values = try Study.load("search", from: .journal(job.file("other"))).trials.map(\.value)
            #expect(try values == job.trials.map(\.value))
        }
    }

    /// Arguments, the environment, and the folder of a trial.
    @Test func whatAProgramGets() throws {
        let body = #"printf '%s\n' "$@" >"$MARTLET_TRIAL_FOLDER/words"; echo "$MARTLET_PARAMETERS" >"$MARTLET_TRIAL_FOLDER/json"; echo $MARTLET_TRIAL"#
        let space = #"{"x": [-1.5], "units": [32], "name": ["two words"], "flag": [true], "none": [null]}"#
        try withJob(body, space: space) { job in
            let outcome = try shell.run(job.tune("--trials", "2", "--quiet", "--", "first", "--data=a b"))
            #expect(outcome.status == 0, "\(outcome.error)")
            let folder = job.study + ".search/trial-1"
            let words = String(decoding: try FileIO.read(folder + "/words"), as: UTF8.self)
            #expect(words == "first\n--data=a b\n--x=-1.5\n--units=32\n--name=two words\n--flag=true\n--none=null\n")
            #expect(try JSONValue(parsing: FileIO.read(folder + "/json")) == JSONValue(parsing: #"{"x": -1.5, "units": 32, "name": "two words", "flag": true, "none": null}"#))
            #expect(try job.trials.map(\.value) == [0, 1])
            #expect(String(decoding: try FileIO.read(folder + "/output.txt"), as: UTF8.self) == "1\n")
        }
    }

    /// Trials without a value fail, with the reason, and the search goes on.
    @Test(arguments: [
        ("exit 3", "code 3"), ("echo oops >&2; exit 1", "oops"), ("kill -9 $$", "Signal 9"), ("echo nan", "finite value. Received: nan"),
        ("echo '{\"value\": Infinity}'", "Received: inf"), ("echo no value", "a line with the value"), ("true", "a line with the value"),
        ("sleep 600", "within 1.0 seconds"), ("sleep 600 & sleep 600", "within 1.0 seconds"), ("trap '' TERM; while :; do :; done", "within 1.0 seconds"),
    ])
    func failures(_ fault: String, _ reason: String) throws {
        let body = "if [ \"$kind\" = bad ]; then \(fault); exit; fi; echo '{\"value\": 2}'"
        try withJob(body, space: #"{"kind": ["bad", "good"]}"#) { job in
            let grid = ["--trials", "4", "--trial-timeout", "1", "--seed", "3"]
            let outcome = try shell.run(job.tune() + grid)
            let trials = try job.trials
            #expect(trials.count == 4)
            for trial in trials {
                let isBad = trial.params["kind"] == "bad"
                #expect(trial.state == (isBad ? .fail : .complete))
                guard isBad else { continue }
                let told = trial.userAttributes["fail_reason"].flatMap { String(json: $0) } ?? ""
                #expect(told.contains(reason), "\(told)")
            }
            #expect(Set(trials.map { $0.params["kind"] }).count == 2, "the seed draws both")
            #expect(outcome.status == 0 && outcome.error.contains(reason), "\(outcome.error)")
        }
    }

    @Test func nothingButFailures() throws {
        try withJob("echo broken >&2; exit 1") { job in
            let outcome = try shell.run(job.tune("--trials", "2"))
            #expect(outcome.status == 1)
            let last = outcome.error.split(separator: "\n").last ?? ""
            #expect(last.hasPrefix("error: ") && last.contains("all were pruned, or failed") && last.contains("broken"), "\(last)")
        }
    }

    /// Reports reach the study and the pruner, which ends the process and what it started.
    @Test func pruning() throws {
        let body = #"""
            for step in 1 2 3 4 5 6; do
              echo "{\"step\": $step, \"accuracy\": $((x * 10 + step))}"
              if [ $step = 6 ]; then touch "$MARTLET_TRIAL_FOLDER/whole"; fi
              sleep 0.02
            done
            """#
        try withJob(body) { job in
            let outcome = try shell.run(job.tune("--trials", "12", "--monitor", "accuracy", "--pruner", "median", "--quiet"))
            #expect(outcome.status == 0, "\(outcome.error)")
            let trials = try job.trials
            #expect(trials.contains { $0.state == .pruned })
            for trial in trials {
                let x = Double(Int(json: trial.params["x"]!)!)
                for (step, value) in trial.intermediateValues { #expect(value == x * 10 + Double(step)) }
                let isWhole = FileManager.default.fileExists(atPath: "\(job.study).search/trial-\(trial.number)/whole")
                #expect(isWhole == (trial.state == .complete), "\(trial)")
                if trial.state == .complete { #expect(trial.value == x * 10 + 6 && trial.intermediateValues.count == 6) }
            }
            // The name of the metric says that large values are better.
            let best = trials.filter { $0.state == .complete }.map { $0.value! }.max()
            #expect(try JSONValue(parsing: outcome.lastLine).double("value") == best)
        }
    }

    /// A search that was killed goes on with the trial that ran, and ends with the same trials.
    @Test func killedSearch() throws {
        try withJob("echo $((x * x)); if [ $MARTLET_TRIAL = 2 ] && [ ! -e \"$MARTLET_TRIAL_FOLDER/again\" ]; then touch \"$MARTLET_TRIAL_FOLDER/again\"; kill -9 $PPID; sleep 5; fi") { job in
            let first = try shell.run(job.tune("--trials", "5"))
            #expect(first.status == -1)
            #expect(try job.trials.map(\.state) == [.complete, .complete, .running])
            let second = try shell.run(job.tune("--trials", "5"))
            #expect(second.status == 0, "\(second.error)")
            for trial in try job.trials {
                let x = Double(Int(json: trial.params["x"]!)!)
                #expect(trial.state == .complete && trial.value == x * x)
            }
            #expect(try job.trials.count == 5)
        }
    }

    @Test func refusals() throws {
        try withJob("echo 1") { job in
            func refuse(_ code: Int32, _ words: String, _ arguments: [String], location: SourceLocation = #_sourceLocation) throws {
                let outcome = try shell.run(arguments)
                let last = outcome.error.split(separator: "\n").last ?? ""
                #expect(outcome.status == code && last.contains(words), "\(outcome.error)", sourceLocation: location)
            }
            try refuse(64, "--x, --y and --data for a model only", job.tune("--x", "a.npy"))
            try refuse(64, "--save for a model only", job.tune("--save", "a.keras"))
            try refuse(64, "--trial-timeout", job.tune("--trial-timeout", "-1"))
            #expect(try shell.run(job.tune("--trials", "2", "--quiet")).status == 0)
            // What was begun with other options, or another program, does not go on.
            try refuse(1, "Its pruner: none. Received: median.", job.tune("--trials", "3", "--pruner", "median"))
            try refuse(1, "Its arguments: none. Received: a.", job.tune("--trials", "3", "--", "a"))
            try FileIO.write(#"{"x": [1, 2]}"#, to: job.file("space.json"))
            try refuse(1, "other space", job.tune("--trials", "3"))
            try FileIO.write(#"{"x": {"type": "int",   "low": -5, "high": 5}}"#, to: job.file("space.json"))
            #expect(try shell.run(job.tune("--trials", "3", "--quiet", "--workers", "1")).status == 0)
            try FileIO.write("#!/bin/sh\necho 2\n", to: job.program)
            #expect(chmod(job.program, 0o755) == 0)
            try refuse(1, "other program", job.tune("--trials", "4"))
            #expect(chmod(job.program, 0o644) == 0)
            try refuse(1, "chmod +x", job.tune("--name", "b"))
            try FileIO.write(#"{"a b": [1, 2]}"#, to: job.file("space.json"))
            #expect(chmod(job.program, 0o755) == 0)
            try refuse(1, "without spaces", job.tune("--name", "c"))
        }
    }
}
