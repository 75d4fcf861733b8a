import Foundation
import MartletCore
import MartletData
import MartletFormats
import MartletNN

/// Records a training in a folder, from which `martlet report` makes a report and which `martlet watch` follows.
///
/// ```swift
/// let recorder = RunRecorder("runs/a", facts: ["data": "digits", "seed": "42"])
/// try model.fit(x, y, epochs: 20, validationSplit: 0.2, callbacks: [recorder])
/// try recorder.evaluate(test, classNames: names)
/// try recorder.writeReport()
/// ```
///
/// It records losses of batches, the logs of epochs, learning rates, times and memory; at some steps also the norms of gradients
/// and updates of each layer and how weights and gradients are distributed; and once, for a few steps, the time of each op and
/// layer. The files stay small however long the training is: of the first 128 steps every one is recorded, then every second
/// one, every fourth one, ... Of a step that is not recorded only the loss is noted.
///
/// Weights have the same bits with and without a recorder. Losses of batches are those that the model's `trainStep` gives to
/// `updateMetrics`; of a step that does not, the mean of the epoch so far is recorded.
public final class RunRecorder: Callback {
    /// The folder.
    public let folder: RunFolder
    private let title: String?
    private let facts: [(String, String)]
    private let command: [String]
    private let resumes: Bool
    private let watch = StepWatch()
    private var file: FileHandle?
    private var pending = ""
    private var lastFlush = ContinuousClock.now
    private var lastHistory: ContinuousClock.Instant?
    private var start = ContinuousClock.now
    /// The seconds of the parts of the run before this one.
    private var secondsBefore = 0.0
    /// The optimizer's count of steps when the run began.
    private var firstIteration = 0
    private var (step, epoch) = (0, 0)
    /// The first batch of the execution that runs, or comes next.
    private var firstBatch = 0
    /// What a checkpoint keeps of the number of steps, below 0 for nothing.
    private let keptStep = Variable(Tensor(-1), name: "step", trainable: false)
    private var isProfiling = false
    private var profiledSteps = 0
    private var layers: [String] = []
    private var logs: [(epoch: Int, logs: Logs)] = []

    private static let steps = Thinning(base: 128)
    private static let updates = Thinning(base: 32)
    private static let spreads = Thinning(base: 8)
    private static let epochs = Thinning(base: 1_000)
    /// The steps that are profiled: a few after everything is compiled.
    private static let profiled = 5..<10
    static let layerLimit = 256
    static let quantiles = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]

    /// Makes the callback.
    /// - Parameters:
    ///   - folder: where the records go; it is made when training begins. Records that lie there are replaced, unless the run is
    ///     resumed.
    ///   - name: what reports call the run; the folder's name when nil.
    ///   - facts: what the report says of data and settings, in this order. Runs whose facts differ only in `seed` are taken
    ///     together when several are compared.
    ///   - command: the command line that the report shows.
    ///   - resumes: whether records that lie there are kept, up to the step at which training goes on, for a training that goes
    ///     on from a `BackupAndRestore`.
    public convenience init(
        _ folder: String, name: String? = nil, facts: KeyValuePairs<String, String> = [:], command: [String] = [],
        resumes: Bool = false
    ) {
        self.init(folder, name: name, listedFacts: facts.map { ($0.key, $0.value) }, command: command, resumes: resumes)
    }

    package init(
        _ folder: String, name: String? = nil, listedFacts: [(String, String)], command: [String] = [], resumes: Bool = false
    ) {
        self.folder = RunFolder(folder)
        title = name
        facts = listedFacts
        self.command = command
        self.resumes = resumes
    }

    deinit { letGo() }

    /// Ends what a training that was ended by an error left running.
    private func letGo() {
        try? flush()
        try? file?.close()
        (file, pending) = (nil, "")
        watch.detach()
        if isProfiling, Profiler.isRunning { _ = Profiler.stop() }
        isProfiling = false
    }

    // MARK: - Hooks

    public override func onTrainBegin() throws {
        letGo()
        (step, epoch, profiledSteps, logs, layers, lastHistory) = (0, 0, 0, [], [], nil)
        keptStep.assign(Tensor(-1))
        if let model { watch.attach(to: model) }
    }

    public override func onEpochBegin(_ epoch: Int) throws {
        (self.epoch, firstBatch) = (epoch, 0)
        // By now a backup has been restored.
        if file == nil { try begin(with: epoch) }
    }

    public override func onTrainBatchBegin(_ batch: Int) throws {
        let next = step + 1
        firstBatch = batch
        let profiles = Self.profiled.contains(next)
        // The step before those that are profiled makes the graph that they run.
        watch.watchesUpdates = !profiles && next + 1 != Self.profiled.lowerBound && Self.updates.keeps(next)
        if profiles, !isProfiling, !Profiler.isRunning, !FileManager.default.fileExists(atPath: folder.profile) {
            Profiler.start()
            isProfiling = true
        }
    }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        // Most steps do no more than count.
        let taken = max(1, batch - firstBatch + 1)
        firstBatch = batch + 1
        step += taken
        if isProfiling {
            profiledSteps += taken
            if step + 1 >= Self.profiled.upperBound { try endProfile() }
        }
        let isWatched = watch.watchesUpdates
        guard isWatched || Self.steps.keeps(step) else { return }
        var record: JSONObject = [
            "kind": "step", "step": .int(step), "epoch": .int(epoch), "seconds": seconds.recorded,
            "loss": (watch.loss ?? logs()["loss"] ?? .nan).recorded,
        ]
        if let rate = model?.optimizer?.onlyRate { record["rate"] = rate.recorded }
        var further: [JSONObject] = []
        if isWatched, !watch.notes.isEmpty {
            let norms = LayerNorms(watch.notes)
            record["gradient"] = norms.all.gradientNorm.recorded
            record["ratio"] = norms.all.updateRatio.recorded
            func values(_ value: KeyPath<LayerNorms.Squares, Double>) -> JSONValue {
                .array(layers.map { name in norms.layers[name].map { $0[keyPath: value].recorded } ?? .null })
            }
            further.append([
                "kind": "layers", "step": .int(step), "gradient": values(\.gradientNorm), "weight": values(\.weightNorm),
                "ratio": values(\.updateRatio),
            ])
            if Self.spreads.keeps(step) { further.append(spread()) }
        }
        for one in [record] + further { add(one) }
        try flushInTime()
    }

    public override func onEpochEnd(_ epoch: Int, logs: Logs) throws {
        if isProfiling { try endProfile() }
        self.logs.append((epoch, logs))
        guard Self.epochs.keeps(epoch + 1) || epoch + 1 == parameters.epochs || model?.stopTraining == true else { return }
        var record: JSONObject = [
            "kind": "epoch", "epoch": .int(epoch), "step": .int(step), "seconds": seconds.recorded,
            "memory": .int(Settings.peakMemory), "optimizer": .int(optimizerBytes), "steps": .int(parameters.steps),
            "logs": .object(logs.keys.reduce(into: JSONObject()) { $0[$1] = logs.json($1) }),
        ]
        if let rate = model?.optimizer?.onlyRate { record["rate"] = rate.recorded }
        add(record)
        try flushInTime()
        // Short epochs do not spend their time on tables. The whole ones are written at the end.
        if lastHistory.map({ ContinuousClock.now - $0 > .seconds(5) }) ?? true { try writeHistory() }
    }

    public override func onCheckpoint() throws { try flush() }

    public override func onTrainEnd() throws {
        // A run that goes on at its end has no epoch.
        if file == nil, resumes, folder.exists { try begin(with: .max) }
        try finish()
    }

    public override func onInterrupt(_ interruption: TrainingInterruption) throws {
        try finish(reason: interruption.signalName)
    }

    /// Writes what is not yet written, also when training was ended by an error or a signal. `fit` calls it at its end.
    public func finish(reason: String = "done") throws {
        if isProfiling { try endProfile() }
        watch.detach()
        guard let file else { return }
        add(["kind": "end", "step": .int(step), "seconds": seconds.recorded, "reason": .string(reason)])
        try flush()
        try writeHistory()
        try file.close()
        self.file = nil
    }

    /// Makes the report of what the folder holds and writes it there.
    /// - Throws: `MartletError` when a file cannot be read or written.
    public func writeReport() throws { try FileIO.write(Report(of: [folder]).html, to: folder.report) }

    /// The number of steps, which a checkpoint keeps.
    public override var checkpointVariables: [Variable] {
        if file != nil { keptStep.assign(Tensor(step)) }
        return [keptStep]
    }

    // MARK: - Files

    private var iteration: Int { model?.optimizer?.iterations.value.item(as: Int.self) ?? 0 }

    private var optimizerBytes: Int {
        model?.optimizer?.variables.reduce(0) { $0 + $1.shape.elementCount * $1.dtype.byteCount } ?? 0
    }

    private var seconds: Double { secondsBefore + (ContinuousClock.now - start) / .seconds(1) }

    /// Makes the folder, or cuts what lies there at the present step.
    /// - Parameter next: the epoch that begins or goes on: its end is still to come, even where all of its steps have passed.
    private func begin(with next: Int) throws {
        guard let model else { return }
        try FileIO.makeFolder(folder.path)
        layers = Array(Self.layerNames(of: model).prefix(Self.layerLimit))
        (secondsBefore, firstIteration) = (0, iteration)
        var (kept, created) = ("", ISO8601DateFormatter().string(from: Date()))
        if resumes, folder.exists {
            let earlier = try RunDescription(folder)
            // The model that was loaded may have been trained before the run.
            firstIteration = min(earlier.firstIteration, iteration)
            created = earlier.created
            let restored = keptStep.value.item(as: Int.self)
            // A backup by an earlier version has none.
            step = restored >= 0 ? restored : iteration - firstIteration
            for (line, object) in try RunRecords.lines(of: folder.records) {
                let record = JSONValue.object(object)
                guard record["step"] != nil, try record.count("step") <= step else { continue }
                let kind = try record.string("kind")
                if try kind == "end" || kind == "epoch" && record.count("epoch") >= next { continue }
                kept += line + "\n"
                secondsBefore = max(secondsBefore, (try? record.double("seconds")) ?? 0)
                if kind == "epoch" { logs.append((try record.count("epoch"), try Logs(json: record.value(at: ["logs"])))) }
            }
        } else {
            for path in [folder.profile, folder.evaluation, folder.report] { try? FileManager.default.removeItem(atPath: path) }
        }
        try FileIO.write(kept, to: folder.records)
        try describe(model, created)
        let descriptor = open(folder.records, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw MartletError("Expected a file to write: \(String(cString: strerror(errno))).", at: folder.records)
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        start = .now
        lastFlush = start
    }

    private func describe(_ model: Model, _ created: String) throws {
        let rows = model.layers.prefix(1_000).map { layer -> JSONValue in
            .strings([layer.name, layer.summaryType, layer.summaryShape, grouped(layer.parameterCount)])
        }
        let bytes = (model.weights.map { ($0.shape.elementCount, $0.dtype.byteCount) }).reduce(0) { $0 + $1.0 * $1.1 }
        func pairs(_ values: [(String, String)]) -> JSONValue { .array(values.map { .strings([$0.0, $0.1]) }) }
        let description: JSONObject = [
            "format": 1, "name": .string(title ?? folder.name), "model": .string(model.name), "created": .string(created),
            "command": .strings(command), "facts": pairs(facts),
            "settings": pairs(model.trainingFacts.map { ($0.name, $0.value) } + [("epochs", String(parameters.epochs))]),
            "versions": pairs([
                ("Martlet", Settings.version), ("threads", String(Settings.threadCount)),
                ("system", ProcessInfo.processInfo.operatingSystemVersionString),
            ]),
            "first_iteration": .int(firstIteration), "epochs": .int(parameters.epochs), "steps": .int(parameters.steps),
            "layers": .strings(LayerNorms.withoutCommonStart(layers)),
            "summary": .array(Array(rows)),
            "sizes": .object([
                "weights": .int(model.parameterCount),
                "trainable": .int(model.trainableWeights.reduce(0) { $0 + $1.shape.elementCount }),
                "weight_bytes": .int(bytes),
            ]),
            "diagram": ModelDiagram(of: model).json,
        ]
        try FileIO.write(JSONValue.object(description).serialized() + "\n", to: folder.description)
    }

    private func add(_ record: JSONObject) { pending += JSONValue.object(record).serialized() + "\n" }

    private func flushInTime() throws {
        if ContinuousClock.now - lastFlush > .milliseconds(500) || pending.utf8.count > 1 << 16 { try flush() }
    }

    /// Writes whole lines with one call, so that a reader and a killed process leave at most one half.
    private func flush() throws {
        lastFlush = .now
        guard let file, !pending.isEmpty else { return }
        defer { pending = "" }
        do {
            try file.write(contentsOf: Data(pending.utf8))
        } catch {
            throw MartletError("The records of the run cannot be written: \(error.localizedDescription)", at: folder.records)
        }
    }

    private func writeHistory() throws {
        lastHistory = .now
        var names: [String] = []
        for name in logs.flatMap(\.logs.keys) where !names.contains(name) { names.append(name) }
        var json = JSONObject()
        for name in names {
            json[name] = .array(logs.filter { $0.logs[name] != nil }.map { $0.logs.json(name) })
        }
        try FileIO.write(JSONValue.object(json).serialized(indented: true) + "\n", to: folder.historyJSON)
        let rows = logs.map { row in
            [String(row.epoch)] + names.map { name in row.logs[name].map { "\($0)" } ?? "NA" }
        }
        let table = ([["epoch"] + names.map { CSV.quoted($0) }] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
        try FileIO.write(table, to: folder.historyCSV)
    }

    private func endProfile() throws {
        isProfiling = false
        guard Profiler.isRunning else { return }
        let profile = Profiler.stop()
        let ops = profile.rows(by: .name).prefix(40).map { row -> JSONValue in
            .array([
                .string(row.key[0]), .int(row.calls), row.duration.recorded, .int(row.flops), .int(row.bytes),
            ])
        }
        var layers: [String: Double] = [:]
        for row in profile.rows(by: .layer) { layers[row.key[0], default: 0] += row.duration }
        let longest = layers.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.layerLimit)
        let parts = longest.map { name, seconds -> JSONValue in .array([.string(name), seconds.recorded]) }
        let content: JSONObject = [
            "steps": .int(max(1, profiledSteps)), "seconds": profile.duration.recorded,
            "ops": .array(Array(ops)), "layers": .array(Array(parts)),
        ]
        try FileIO.write(JSONValue.object(content).serialized() + "\n", to: folder.profile)
    }

    // MARK: - Measures

    /// The path of the layer that a variable belongs to.
    static func layer(of variable: Variable) -> String {
        let parts = variable.path.split(separator: "/")
        return parts.count > 1 ? parts.dropLast().joined(separator: "/") : variable.path
    }

    static func layerNames(of model: Model) -> [String] {
        var seen: Set<String> = []
        return model.trainableVariables.map(layer).filter { seen.insert($0).inserted }
    }

    /// How the largest weight of each layer and its gradient are distributed.
    private func spread() -> JSONObject {
        var largest: [String: StepWatch.Note] = [:]
        for note in watch.notes {
            let name = Self.layer(of: note.variable)
            if note.variable.shape.elementCount > largest[name]?.variable.shape.elementCount ?? 0 { largest[name] = note }
        }
        func values(_ sample: (StepWatch.Note) -> [Double]) -> JSONValue {
            .array(layers.map { layer in
                guard let note = largest[layer] else { return .null }
                return .array(Self.quantiles(of: sample(note)).map(\.recorded))
            })
        }
        return [
            "kind": "spread", "step": .int(step), "weights": values { StepWatch.sample(of: $0.variable.value).scalars() },
            "gradients": values(\.gradientSample),
        ]
    }

    /// The quantiles of the finite values, linear between neighbours.
    static func quantiles(of values: [Double]) -> [Double] {
        let sorted = values.filter(\.isFinite).sorted()
        guard !sorted.isEmpty else { return quantiles.map { _ in .nan } }
        return quantiles.map { share in
            let place = share * Double(sorted.count - 1)
            let low = Int(place)
            let high = min(low + 1, sorted.count - 1)
            return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
        }
    }

    public override var description: String { text(["": folder.path]) }
}
