import Foundation
import Martlet
import MartletFormats
import MartletPlots
import TestSupport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// What a run leaves in its folder, and the report that is made of it.
@Suite(.ownSession) struct RunTests {
    static func data(_ count: Int = 48) throws -> TensorDataset {
        let x = Tensor((0..<count * 16).map { Float(($0 * 37) % 23) / 23 }).reshaped(to: [count, 4, 4])
        return try TensorDataset(x, Tensor((0..<count).map { ($0 * 7) % 3 }).cast(to: .int64))
    }

    /// Weights from a formula, so that no random stream matters.
    static func model(dropout: Double = 0) throws -> Sequential {
        let model = Sequential(
            [InputLayer([4, 4]), Flatten(name: "flat"), Dense(5, activation: .tanh, name: "hidden")]
                + (dropout > 0 ? [Dropout(dropout, seed: 3)] : []) + [Dense(3, activation: .softmax, name: "head")],
            name: "small")
        for variable in model.trainableVariables {
            let count = variable.shape.elementCount
            variable.assign(Tensor((0..<count).map { Float(($0 * 13) % 11 - 5) / 10 }).reshaped(to: variable.shape))
        }
        try model.compile(optimizer: SGD(learningRate: 0.1), loss: .sparseCategoricalCrossentropy(), metrics: [.accuracy])
        return model
    }

    private func bits(_ model: Model) -> [[Float]] { model.weights.map { $0.value.scalars() } }

    private func lines(_ folder: String) throws -> [JSONValue] {
        try String(contentsOfFile: RunFolder(folder).records, encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
    }

    @Test func recordingChangesNoBit() throws {
        let data = try Self.data()
        let plain = try Self.model(dropout: 0.3), recorded = try Self.model(dropout: 0.3)
        try plain.fit(data, batchSize: 8, epochs: 3, verbosity: .silent, seed: 1)
        try withFolder { folder in
            let callbacks: [Callback] = [RunRecorder(folder), TrainingMonitor(frequency: 2)]
            try recorded.fit(data, batchSize: 8, epochs: 3, verbosity: .silent, callbacks: callbacks, seed: 1)
        }
        #expect(bits(plain) == bits(recorded))
    }

    /// The first step is plain gradient descent: the change is the rate times the gradient.
    @Test(arguments: [false, true]) func normsOfTheFirstStep(runEagerly: Bool) throws {
        let data = try Self.data()
        let model = try Self.model()
        model.runsEagerly = runEagerly
        let tape = GradientTape()
        let loss = tape.record { SparseCategoricalCrossentropy()(data.targets[0], model(data.inputs[0], training: true)) }
        let variables = model.trainableVariables
        func norm(_ tensors: [Tensor]) -> Double {
            tensors.reduce(0) { $0 + $1.scalars(as: Double.self).reduce(0) { $0 + $1 * $1 } }.squareRoot()
        }
        let gradients = tape.gradient(of: loss, withRespectTo: variables).compactMap { $0 }
        let weights = norm(variables.map(\.value))
        try withFolder { folder in
            let monitor = TrainingMonitor()
            let callbacks: [Callback] = [RunRecorder(folder), monitor]
            try model.fit(data, batchSize: 48, verbosity: .silent, callbacks: [callbacks[0]], shuffle: false)
            let record = try #require(try lines(folder).first { try $0.string("kind") == "step" })
            #expect(abs(try record.double("gradient") / norm(gradients) - 1) < 1e-4)
            #expect(abs(try record.double("ratio") / (0.1 * norm(gradients) / weights) - 1) < 1e-3)
            #expect(abs(try record.double("loss") - loss.item()) < 1e-4)
            let layers = try #require(try lines(folder).first { try $0.string("kind") == "layers" })
            let first = norm(Array(gradients.prefix(2)))
            #expect(abs(try layers.double("gradient", 0) / first - 1) < 1e-4)
        }
    }

    @Test func monitorInALoopOfOnesOwn() throws {
        let w = Variable(Tensor([3.0, 4.0]), name: "w")
        let optimizer = SGD(learningRate: 0.5)
        let step = compiled { (x: Tensor) -> Tensor in
            let tape = GradientTape()
            let loss = tape.record { (w.value * x).sum() }
            optimizer.apply(tape.gradient(of: loss, withRespectTo: [w]), to: [w])
            return loss
        }
        let monitor = TrainingMonitor(frequency: 2)
        monitor.watch(optimizer)
        for _ in 0..<4 { monitor.record(loss: step(Tensor([0.6, 0.8])).item(), metrics: ["m": 1]) }
        monitor.stopWatching()
        #expect(monitor.records.map(\.step) == [2, 4])
        // The gradient is x, of norm 1. Before step 2 the weights are (2.7, 3.6), of norm 4.5.
        #expect(abs(monitor.records[0].gradientNorm! - 1) < 1e-6)
        #expect(abs(monitor.records[0].updateRatio! - 0.5 / 4.5) < 1e-6)
        #expect(monitor.records[0].learningRate == 0.5)
        #expect(monitor.svg.components(separatedBy: "<svg").count - 1 == 7)
    }

    @Test func reportsAreWholeAndAlike() throws {
        try withFolder { folder in
            let name = "</title><script>alert(1)</script>&\u{1B}[2J\"'"
            let recorder = RunRecorder(folder, name: name, facts: ["data": "<b>x</b>", "seed": "1"], command: ["a", "<i>"])
            let (model, data) = (try Self.model(), try Self.data())
            try model.fit(data, batchSize: 4, epochs: 4, verbosity: .silent, validationSplit: 0.25, callbacks: [recorder])
            try recorder.evaluate(data, classNames: ["<one>", "two", "three"])
            try recorder.writeReport()
            let page = try String(contentsOfFile: recorder.folder.report, encoding: .utf8)
            #expect(page == (try Report(of: [recorder.folder]).html))
            #expect(page.utf8.count < Report.sizeLimit)
            for bad in ["<script", "http:", "https:", "<b>x", "<one>", "<i>", "\u{1B}", "nan,", "NaN,"] {
                #expect(!page.contains(bad), "\(bad)")
            }
            #expect(page.contains("&lt;one&gt;") && page.contains("prefers-color-scheme:dark"))
            try checkXML(page)
            #expect(page.contains(/begun \d{4}-\d{2}-\d{2}, \d{2}:\d{2} UTC/))
            // Each drawing of numbers has its numbers in a table.
            for part in page.components(separatedBy: "<figure").dropFirst() { #expect(part.contains("<table>")) }
            for title in [
                "Loss of batches", "Learning rate", "Gradient norm", "Gap: ", "Gradient norm of each layer", "hidden, weights",
                "Confusion matrix", "ROC", "Calibration", "Worst samples", "Time of a step by layer", "Time of a step by op",
                "Diagram",
            ] { #expect(page.contains(title), "\(title)") }
        }
    }

    private func checkXML(_ page: String) throws {
        let parser = XMLParser(data: Data(page.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
    }

    @Test func runsAreComparedWithTheirSpread() throws {
        try withFolder { folder in
            var folders: [RunFolder] = []
            for (index, batchSize) in [8, 8, 16].enumerated() {
                let recorder = RunRecorder(
                    "\(folder)/\(index)", facts: ["batch size": "\(batchSize)", "seed": "\(index)"])
                try Self.model().fit(
                    Self.data(), batchSize: batchSize, epochs: 2, verbosity: .silent, callbacks: [recorder], seed: index)
                folders.append(recorder.folder)
            }
            let page = try Report(of: folders).html
            try checkXML(page)
            for text in ["0 × 2", "±", "<polygon"] { #expect(page.contains(text)) }
            #expect(page == (try Report(of: folders).html))
        }
    }

    /// A training that ends within an epoch, or at its end, when its steps are backed up and its logs are recorded, and goes on
    /// has the records of one that goes straight on.
    @Test(arguments: [false, true]) func resumedRunsHaveTheSameRecords(endsWithTheEpoch: Bool) throws {
        func steps(_ folder: String) throws -> [String] {
            try lines(folder).filter { ["step", "layers"].contains(try $0.string("kind")) }.map { line in
                var object = try line.object()
                object["seconds"] = nil
                return JSONValue.object(object).serialized()
            }
        }
        final class Ending: Callback {
            struct Killed: Error {}
            let endsWithTheEpoch: Bool
            var epoch = 0
            init(endsWithTheEpoch: Bool) { self.endsWithTheEpoch = endsWithTheEpoch }
            override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
                if !endsWithTheEpoch, epoch == 1, batch == 1 { throw Killed() }
            }
            override func onEpochEnd(_ epoch: Int, logs: Logs) throws { if epoch == 1 { throw Killed() } }
            override func onEpochBegin(_ epoch: Int) throws { self.epoch = epoch }
        }
        try withFolder { folder in
            func fit(_ name: String, resumes: Bool, _ further: [Callback]) throws {
                let path = "\(folder)/\(name)"
                let keeper = BackupAndRestore(
                    path + "/checkpoint", saveFrequency: endsWithTheEpoch ? .batches(2) : .epoch, deleteCheckpoint: false)
                try Self.model().fit(
                    Self.data(), batchSize: 8, epochs: 3, verbosity: .silent,
                    callbacks: [RunRecorder(path, resumes: resumes), keeper] + further, seed: 5)
            }
            try fit("whole", resumes: false, [])
            #expect(throws: Ending.Killed.self) { try fit("parts", resumes: true, [Ending(endsWithTheEpoch: endsWithTheEpoch)]) }
            try fit("parts", resumes: true, [])
            #expect(try steps("\(folder)/whole") == steps("\(folder)/parts"))
            let whole = try String(contentsOfFile: "\(folder)/whole/history.csv", encoding: .utf8)
            let parts = try String(contentsOfFile: "\(folder)/parts/history.csv", encoding: .utf8)
            #expect(whole == parts)
            #expect(whole.split(separator: "\n").count == 4)
        }
    }

    /// 1,000 layers, 60 metrics, 100 classes, 24 pictures of noise: what is too much is left out.
    @Test func reportsOfLargeRunsStayBelowTheLimit() throws {
        try withFolder { folder in
            let recorder = RunRecorder(folder)
            try Self.model().fit(Self.data(), batchSize: 16, verbosity: .silent, callbacks: [recorder])
            let run = recorder.folder
            var random = Xorshift(state: 3)
            func numbers(_ count: Int) -> JSONValue {
                .array((0..<count).map { _ in .double(Double.random(in: 0.001...1000, using: &random)) })
            }
            let names = (0..<1_000).map { JSONValue.string("a layer with a rather long name & <number> \($0)") }
            var description = try JSONValue(parsing: String(contentsOfFile: run.description, encoding: .utf8)).object()
            description["layers"] = .array(names)
            description["summary"] = .array(names.map { .array([$0, "Dense", "(None, 1000)", "1,000,000"]) })
            description["diagram"] = .object([
                "groups": .array([]), "nodes": .array(names.map { .object(["title": $0, "lines": [$0, $0], "group": -1]) }),
                "edges": .array((1..<1_000).map { .array([.int($0 / 2), .int($0)]) }),
            ])
            try JSONValue.object(description).serialized().write(toFile: run.description, atomically: true, encoding: .utf8)
            var lines: [JSONObject] = []
            for step in 1...300 {
                lines.append(["kind": "step", "step": .int(step), "epoch": 0, "seconds": 1.0, "loss": .double(1 / Double(step))])
                lines.append([
                    "kind": "layers", "step": .int(step), "gradient": numbers(256), "weight": numbers(256), "ratio": numbers(256),
                ])
                let spread = JSONValue.array((0..<256).map { _ in numbers(7) })
                if step % 5 == 0 { lines.append(["kind": "spread", "step": .int(step), "weights": spread, "gradients": spread]) }
            }
            for epoch in 0..<400 {
                var logs: JSONObject = ["loss": 1.0]
                for metric in 0..<60 { logs["metric number \(metric)"] = .double(Double.random(in: 0...1, using: &random)) }
                lines.append([
                    "kind": "epoch", "epoch": .int(epoch), "step": 300, "seconds": .double(Double(epoch)), "memory": 1,
                    "optimizer": 1, "steps": 1, "logs": .object(logs),
                ])
            }
            try lines.map { JSONValue.object($0).serialized() + "\n" }.joined()
                .write(toFile: run.records, atomically: true, encoding: .utf8)
            let points = JSONValue.array((0..<400).map { _ in numbers(2) })
            let pixels = Data((0..<32 * 32 * 3).map { _ in UInt8.random(in: 0...255, using: &random) }).base64EncodedString()
            let worst: JSONObject = [
                "index": 1, "truth": names[1], "guess": names[2], "score": 0.5, "size": [32, 32, 3], "pixels": .string(pixels),
            ]
            let curve: JSONObject = ["name": names[3], "auc": 0.5, "ap": 0.5, "roc": points, "pr": points]
            let evaluation: JSONObject = [
                "samples": 10, "classes": .array(Array(names.prefix(100))),
                "counts": .array((0..<100).map { row in .array((0..<100).map { .int($0 * row) }) }), "calibration": [],
                "calibration_error": 0.5, "curves": .array([JSONValue](repeating: .object(curve), count: 10)), "points": points,
                "worst": .array([JSONValue](repeating: .object(worst), count: 24)),
            ]
            try JSONValue.object(evaluation).serialized().write(toFile: run.evaluation, atomically: true, encoding: .utf8)
            let page = try Report(of: [run]).html
            #expect(page.utf8.count < Report.sizeLimit, "\(page.utf8.count)")
            try checkXML(page)
            #expect(try Report(of: [run, run, run]).html.utf8.count < Report.sizeLimit)
        }
    }

    /// Files of a run may come from anywhere.
    @Test func damagedRunsAreErrors() throws {
        try withFolder { folder in
            let recorder = RunRecorder(folder)
            let (model, data) = (try Self.model(), try Self.data(24))
            try model.fit(data, batchSize: 8, epochs: 2, verbosity: .silent, callbacks: [recorder])
            try recorder.evaluate(data)
            let run = recorder.folder
            #expect(throws: MartletError.self) { try Report(of: [RunFolder(folder + "/none")]) }
            #expect(throws: MartletError.self) { try Report(of: []) }
            var random = Xorshift(state: 7)
            func next(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
            var pages = 0
            for path in [run.description, run.records, run.evaluation] {
                let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
                for _ in 0..<40 {
                    var changed = bytes
                    for _ in 0...next(4) {
                        let place = next(changed.count)
                        switch next(6) {
                        case 0: changed[place] = UInt8(next(256))
                        case 1: changed.removeSubrange(place..<min(changed.count, place + next(20)))
                        case 2: changed.insert(contentsOf: Array("9223372036854775807".utf8), at: place)
                        default:
                            // A number becomes another.
                            let digits = changed.indices.filter { (48...57).contains(changed[$0]) }
                            let texts = ["-1", "9223372036854775807", "1e308", "NaN", "Infinity", "281474976710656", "null"]
                            if let digit = digits.isEmpty ? nil : digits[next(digits.count)] {
                                changed.replaceSubrange(digit...digit, with: Array(texts[next(texts.count)].utf8))
                            }
                        }
                        if changed.isEmpty { changed = [123] }
                    }
                    try Data(changed).write(to: URL(fileURLWithPath: path))
                    do {
                        try checkXML(Report(of: [run]).html)
                        _ = try RunStatus(run).text()
                        pages += 1
                    } catch is MartletError {}
                }
                try Data(bytes).write(to: URL(fileURLWithPath: path))
            }
            #expect(pages > 0)
            // What the run can be shown without is left out, and the page says so.
            for path in [run.profile, run.evaluation] {
                let bytes = try FileIO.read(path)
                try FileIO.write(Array(bytes.prefix(40)), to: path)
                let page = try Report(of: [run]).html
                try checkXML(page)
                #expect(page.contains("Left out") && page.contains((path as NSString).lastPathComponent))
                _ = try RunStatus(run).text()
                try FileIO.write(bytes, to: path)
            }
            #expect(try !Report(of: [run]).html.contains("Left out"))
            // A line that a killed process left unfinished is passed over.
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: run.records))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("{\"kind\": \"st".utf8))
            #expect(throws: Never.self) { try Report(of: [run]).html }
        }
    }

    /// A model that updates twice in a step, and the optimizer not at all: steps are counted by batches, also by one that goes on.
    @Test(arguments: [0, 2]) func stepsAreBatches(updates: Int) throws {
        final class Own: Model {
            let head = Dense(1, kernelInitializer: .ones)
            var updates = 0
            override func call(_ x: Tensor, in context: CallContext) -> Tensor { head(x) }
            override func trainStep(_ batch: Batch) {
                for _ in 0..<max(1, updates) {
                    let tape = GradientTape()
                    let loss = tape.record { (self(batch.inputs[0], training: true) - batch.targets[0]).square().mean() }
                    let variables = trainableVariables
                    if updates > 0 { optimizer!.apply(tape.gradient(of: loss, withRespectTo: variables), to: variables) }
                    updateMetrics(batch, predictions: [], loss: loss)
                }
            }
        }
        let data = try TensorDataset(Tensor.ones([24, 2]), Tensor.zeros([24, 1]))
        try withFolder { folder in
            for epochs in [2, 4] {
                let model = Own()
                model.updates = updates
                try model.compile(optimizer: SGD(learningRate: 0.01), loss: .meanSquaredError())
                try model.fit(
                    data, batchSize: 8, epochs: epochs, verbosity: .silent, callbacks: [RunRecorder(folder, resumes: true)],
                    checkpoints: .every(in: folder + "/checkpoints"), resume: .automatic)
            }
            let steps = try lines(folder).compactMap { try $0.string("kind") == "step" ? $0.int("step") : nil }
            #expect(steps == Array(1...12))
        }
    }

    /// The records have all that a checkpoint takes for done, and losses with five digits, as `printf` rounds.
    @Test func recordsAreThereBeforeTheCheckpoint() throws {
        try withFolder { folder in
            let monitor = TrainingMonitor()
            var seen: [Int] = []
            let reader = LambdaCallback(onTrainBatchEnd: { batch, _ in
                if batch == 4 { seen = try lines(folder).compactMap { try $0.string("kind") == "step" ? $0.int("step") : nil } }
            })
            try Self.model().fit(
                Self.data(), batchSize: 4, epochs: 4, verbosity: .silent, callbacks: [RunRecorder(folder), monitor, reader],
                checkpoints: .every(steps: 4, in: folder + "/checkpoints"))
            #expect(seen.starts(with: 1...40))
            let losses = try lines(folder).compactMap { try $0.string("kind") == "step" ? $0.double("loss") : nil }
            #expect(losses.count == 48 && losses == monitor.records.map { Double(String(format: "%.5g", $0.loss))! })
        }
    }

    /// Steps between two powers of two times the base have the same distance.
    @Test func thinning() {
        for base in [1, 3, 16, 512] {
            let thinning = Thinning(base: base)
            #expect((1...5_000).allSatisfy { number in
                var stride = 1
                while number > base * stride { stride *= 2 }
                return thinning.keeps(number) == (number % stride == 0)
            })
        }
    }

    /// 100,000 steps leave 1,000 records and 500 for each doubling beyond.
    @Test func recordsGrowWithTheLogarithmOfSteps() {
        let thinning = Thinning(base: 1_000)
        let kept = (1...100_000).filter(thinning.keeps)
        #expect(Array(kept.prefix(1_000)) == Array(1...1_000))
        #expect(kept.count < 1_000 + 7 * 501)
        #expect(kept.contains(1_002) && !kept.contains(1_003) && kept.last! > 99_800)
    }

    @Test func statusOfARun() throws {
        try withFolder { folder in
            let recorder = RunRecorder(folder, name: "a\u{1B}[2Jb")
            try Self.model().fit(Self.data(), batchSize: 8, epochs: 2, verbosity: .silent, callbacks: [recorder])
            let status = try RunStatus(recorder.folder)
            let text = status.text(width: 80)
            #expect(status.hasEnded && status.epochCount == 2 && status.epochLines(from: 1).count == 1)
            #expect(status.epochLines(from: 1)[0].hasPrefix("epoch 2 of 2, after "))
            #expect(text.contains("epoch 2 of 2, step 12 of 12") && text.contains("done") && !text.contains("\u{1B}"))
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 130 })
        }
        #expect(RunStatus.sparkline([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(RunStatus.sparkline([1, 1, .nan], width: 8) == "▄▄·")
        #expect(RunStatus.sparkline([0, 0, 8, 8], width: 2) == "▁█")
        // A mean of equal numbers may differ from them in its last digit.
        let rates = [Double](repeating: Double(Float(0.001)), count: 405)
        #expect(RunStatus.sparkline(rates, width: 35) == String(repeating: "▄", count: 35))
    }
}
