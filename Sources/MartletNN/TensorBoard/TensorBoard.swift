import Foundation
import MartletCore
import MartletFormats

/// Writes what TensorBoard shows of a training: metrics, learning rate, histograms and images of weights, the model's graph,
/// embeddings, a profile, hyperparameters.
///
/// ```swift
/// try model.fit(x, y, epochs: 10, callbacks: [TensorBoard(logDirectory: "logs/run-1", histogramFrequency: 1)])
/// ```
///
/// Then `tensorboard --logdir logs` shows it, and `martlet logs logs` prints it. As in Keras, there are two runs, `train` and
/// `validation`. The tags are Keras's:
///
/// | run | tag | step |
/// |---|---|---|
/// | `train` | `epoch_loss`, `epoch_<metric>`, `epoch_learning_rate`, `epoch_steps_per_second` | the epoch, from 0 |
/// | `validation` | `epoch_loss`, `epoch_<metric>` | the epoch |
/// | `train` | `batch_loss`, `batch_<metric>`, `batch_steps_per_second` | the batch since the start, from 1 |
/// | `validation` | `evaluation_loss_vs_iterations`, `evaluation_<metric>_vs_iterations` | the optimizer's steps |
/// | `train` | `<weight>/histogram`, `<weight>/gradient_histogram`, `<weight>/image` | the epoch |
///
/// With `BackupAndRestore`, a training that was interrupted goes on in its curves: what was written after the backup is taken
/// out of the files of the interrupted run, so that no step stands there twice.
///
/// Values of batches wait in memory, about a second while others come, and are written at the end of each epoch. A value takes
/// some 90 bytes in the file; `.thinned` and `.batches(n)` bound what a long training writes.
///
/// Where Keras differs: with `updateFrequency: .batches(n)` it leaves out values of epochs and evaluations that fall on
/// other batches than every n-th.
///
/// Source: [`keras.callbacks.TensorBoard`](https://keras.io/api/callbacks/tensorboard/).
public final class TensorBoard: Callback, ChiefCallback {
    /// When loss and metrics are written besides the end of each epoch.
    public enum UpdateFrequency: Sendable, Equatable {
        /// Never: only at the end of each epoch.
        case epoch
        /// After each batch.
        case batch
        /// After every this many batches.
        case batches(Int)
        /// After each of the first 1,000 batches, then after every second one up to the 2,000th, after every fourth one up to the
        /// 4,000th, ...: the file grows with the logarithm of the number of batches. Keras has no such choice.
        case thinned
    }

    /// The files that say what the rows of embeddings are.
    public enum EmbeddingsMetadata: Sendable, ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
        /// One file for all embeddings. Its path counts from the log directory.
        case file(String)
        /// A file for each layer, by the layer's name.
        case files([String: String])

        public init(stringLiteral value: String) { self = .file(value) }
        public init(dictionaryLiteral elements: (String, String)...) {
            self = .files(Dictionary(elements) { $1 })
        }
    }

    let logDirectory: String
    private let histogramFrequency: Int
    private let writeGradients: Bool
    private let writeGraph: Bool
    private let writeImages: Bool
    /// Which of the epochs that the frequency names have histograms and images.
    private let histogramThinning: Thinning?
    private let writeStepsPerSecond: Bool
    /// Every how many batches values are written, nil for none.
    private let batchFrequency: Int?
    private let thinning: Thinning?
    private let profileBatch: ClosedRange<Int>?
    private let embeddingsFrequency: Int
    private let embeddingsMetadata: EmbeddingsMetadata?
    private let hyperParameters: [String: HyperParameter]

    /// The runs that have a file.
    private(set) var writers: [Run: SummaryWriter] = [:]
    /// The batches since the training began, and the batches of evaluations.
    var trainBatches = 0
    var testBatches = 0
    /// Whether the graph and the hyperparameters are written.
    var hasDescription = false
    /// What a backup knows of the files of the interrupted run.
    var remembered: [(run: Run, name: String, byteCount: Int)]?
    private var hasBegun = false
    private var isTraining = false
    /// The names in the logs of the last batch, their tags and their numbers.
    private var (batchNames, batchTags, batchNumbers): ([String], [String], [Double]) = ([], [], [])
    /// Their writer.
    private var batchWriter: SummaryWriter?
    private var (batchStart, epochStart, iterationsBefore) = (0.0, 0.0, 0)
    private var isProfiling = false
    private let watch = StepWatch()
    private var epoch = 0

    /// The runs of a training.
    enum Run: String, CaseIterable {
        case train, validation
        /// The log directory itself, which has the hyperparameters.
        case whole = ""
    }

    /// Makes the callback. Stops when a frequency is below 0, the number of `.batches` below 1, or `profileBatch` begins below 1.
    /// - Parameters:
    ///   - logDirectory: the folder of the run, for nothing else.
    ///   - histogramFrequency: every how many epochs histograms of the weights are written, 0 for never.
    ///   - writeGradients: whether, with the histograms of the weights, those of their gradients are written too: of the first
    ///     step of the epoch, before clipping, of up to 1,000 elements at equal distances. Keras has no such option.
    ///   - writeGraph: whether the model's configuration and the graph of its layers are written.
    ///   - writeImages: whether weights are also written as images, with the histograms.
    ///   - thinHistograms: whether histograms and images are thinned as `.thinned` does with values: of the first 100 times every
    ///     one is written, then every second one, every fourth one, ... So the files of a long training stay small. Keras has no
    ///     such option.
    ///   - writeStepsPerSecond: whether the speed is written, of epochs and, with `updateFrequency`, of batches.
    ///   - updateFrequency: when values of batches are written.
    ///   - profileBatch: the batches, counted from 1, that are profiled: `5...5` is the fifth. The trace, which ui.perfetto.dev
    ///     opens, goes to `train/plugins/profile`, the table of ops to the texts. Nil for none.
    ///   - embeddingsFrequency: every how many epochs the tables of `Embedding` layers are written, for the projector, and the
    ///     model's weights, as in Keras; 0 for never.
    ///   - embeddingsMetadata: files of labels of the tables' rows.
    ///   - hyperParameters: what distinguishes this run, for TensorBoard's table of runs. The log directory itself is then a run
    ///     that has them and, under their plain names, the values of each epoch.
    public init(
        logDirectory: String = "logs", histogramFrequency: Int = 0, writeGradients: Bool = false, writeGraph: Bool = true,
        writeImages: Bool = false, thinHistograms: Bool = false,
        writeStepsPerSecond: Bool = false, updateFrequency: UpdateFrequency = .epoch,
        profileBatch: ClosedRange<Int>? = nil, embeddingsFrequency: Int = 0, embeddingsMetadata: EmbeddingsMetadata? = nil,
        hyperParameters: [String: HyperParameter] = [:]
    ) {
        for (name, value) in [
            ("histogramFrequency", histogramFrequency), ("embeddingsFrequency", embeddingsFrequency),
            ("profileBatch", (profileBatch?.lowerBound ?? 1) - 1),
        ] { require(value >= 0, "TensorBoard", "Expected at least \(name == "profileBatch" ? 1 : 0) for \(name).") }
        batchFrequency =
            switch updateFrequency {
            case .epoch: nil
            case .batch, .thinned: 1
            case .batches(let count): count
            }
        require(batchFrequency ?? 1 >= 1, "TensorBoard", "Expected at least 1 batch for updateFrequency.")
        thinning = updateFrequency == .thinned ? Thinning(base: 1_000) : nil
        self.logDirectory = logDirectory
        self.histogramFrequency = histogramFrequency
        self.writeGradients = writeGradients
        self.writeGraph = writeGraph
        self.writeImages = writeImages
        histogramThinning = thinHistograms ? Thinning(base: 100) : nil
        self.writeStepsPerSecond = writeStepsPerSecond
        self.profileBatch = profileBatch
        self.embeddingsFrequency = embeddingsFrequency
        self.embeddingsMetadata = embeddingsMetadata
        self.hyperParameters = hyperParameters
    }

    deinit {
        watch.detach()
        if isProfiling, Profiler.isRunning { _ = Profiler.stop() }
    }

    /// Writes what waits in memory, for who ends a training from outside.
    /// - Throws: `MartletError` when a file cannot be written.
    public func flush() throws { for writer in writers.values { try writer.flush() } }

    // MARK: - Hooks

    public override func onTrainBegin() {
        watch.detach()
        if writeGradients, histogramFrequency > 0, let model { watch.attach(to: model) }
        for writer in writers.values { try? writer.close() }
        (writers, batchWriter, trainBatches, testBatches) = ([:], nil, 0, 0)
        (hasDescription, hasBegun, remembered, isTraining) = (false, false, nil, true)
    }

    public override func onTrainEnd() throws {
        try endProfile()
        watch.detach()
        isTraining = false
        for writer in writers.values { try writer.close(last: SummaryEvent(time: EventFile.now, .session(2))) }
        (writers, batchWriter) = ([:], nil)
    }

    public override func onInterrupt(_ interruption: TrainingInterruption) throws { try flush() }

    public override func onEpochBegin(_ epoch: Int) throws {
        try begin()
        self.epoch = epoch
        guard writeStepsPerSecond else { return }
        (epochStart, iterationsBefore) = (EventFile.now, iterations)
    }

    public override func onTrainBatchBegin(_ batch: Int) throws {
        trainBatches += 1
        watch.watchesUpdates = writeGradients && batch == 0 && writesHistograms(epoch)
        if writeStepsPerSecond { batchStart = EventFile.now }
        guard trainBatches == profileBatch?.lowerBound, !Profiler.isRunning else { return }
        isProfiling = true
        Profiler.start()
    }

    public override func onTrainBatchEnd(_ batch: Int, logs: () -> Logs) throws {
        guard try endBatch() else { return }
        let logs = logs()
        batchNumbers = logs.values
        try writeBatch(logs.keys)
    }

    override func onTrainBatchEnd(_ batch: Int, _ figures: BatchFigures) throws {
        guard try endBatch() else { return }
        figures.read(into: &batchNumbers)
        try writeBatch(figures.names)
    }

    private func writeBatch(_ names: [String]) throws {
        if names != batchNames { (batchNames, batchTags) = (names, names.map { "batch_" + $0 }) }
        let writer = try batchWriter ?? writer(.train)
        batchWriter = writer
        try writer.scalars(batchTags, batchNumbers, step: trainBatches)
    }

    /// - Returns: whether values of the batch are to be written.
    private func endBatch() throws -> Bool {
        if let last = profileBatch?.upperBound, trainBatches >= last { try endProfile() }
        if watch.watchesUpdates {
            for note in watch.notes {
                let (name, gradient) = (note.variable.path.replacing(":", with: "_"), note.gradientSample)
                try writer(.train).histogram(
                    name + "/gradient_histogram", Tensor(gradient, shape: [gradient.count]), step: epoch)
            }
        }
        guard let batchFrequency, trainBatches % batchFrequency == 0, thinning?.keeps(trainBatches) ?? true else { return false }
        if writeStepsPerSecond {
            let seconds = max(1e-9, EventFile.now - batchStart)
            try writer(.train).scalar("batch_steps_per_second", 1 / seconds, step: trainBatches)
        }
        return true
    }

    public override func onTestBatchBegin(_ batch: Int) { testBatches += 1 }

    public override func onTestBegin() throws { try begin() }

    public override func onTestEnd(logs: Logs) throws {
        guard let model, model.optimizer != nil else { return }
        let (writer, step) = (try writer(.validation), iterations)
        for (name, value) in logs { try writer.scalar("evaluation_\(name)_vs_iterations", value, step: step) }
        // Nothing ends an evaluation that is no part of a training.
        if !isTraining { try flush() }
    }

    public override func onEpochEnd(_ epoch: Int, logs: Logs) throws {
        let isValidation = { (name: String) in name.hasPrefix("val_") }
        let train = try writer(.train)
        // A tag stands once at a step: as in Keras, these take the place of metrics of the same name.
        let ownNames = Set(learningRates.map(\.name) + (writeStepsPerSecond ? ["steps_per_second"] : []))
        for (name, value) in logs where !isValidation(name) && !ownNames.contains(name) {
            try train.scalar("epoch_" + name, value, step: epoch)
        }
        for (name, rate) in learningRates { try train.scalar("epoch_" + name, rate, step: epoch) }
        if writeStepsPerSecond {
            let seconds = max(1e-9, EventFile.now - epochStart)
            try train.scalar("epoch_steps_per_second", Double(iterations - iterationsBefore) / seconds, step: epoch)
        }
        for (name, value) in logs where isValidation(name) {
            try writer(.validation).scalar("epoch_" + name.dropFirst(4), value, step: epoch)
        }
        if !hyperParameters.isEmpty {
            for (name, value) in logs { try writer(.whole).scalar(name, value, step: epoch) }
        }
        if writesHistograms(epoch) { try writeWeights(epoch) }
        if embeddingsFrequency > 0, epoch % embeddingsFrequency == 0 { try writeEmbeddings(epoch) }
        try flush()
    }

    // MARK: - What a backup keeps

    override var memory: CallbackMemory? {
        // What the files lack, they say when they are written next.
        guard let files = try? rememberedFiles() else { return nil }
        return CallbackMemory(values: [
            "train_batches": .int(trainBatches), "test_batches": .int(testBatches), "has_description": .bool(hasDescription),
            "files": .array(
                files.map { ["run": .string($0.run.rawValue), "name": .string($0.name), "bytes": .int($0.byteCount)] }),
        ])
    }

    override func recall(_ memory: CallbackMemory) throws {
        let values = JSONValue.object(memory.values)
        (trainBatches, testBatches) = (try values.int("train_batches"), try values.int("test_batches"))
        hasDescription = memory.values["has_description"] == true
        remembered = try values.array("files").compactMap { file in
            guard let run = Run(rawValue: try file.string("run")) else { return nil }
            return (run, try file.string("name"), try file.int("bytes"))
        }
    }

    // MARK: - What is written

    /// Writes what does not change: once in a training, also when that is interrupted and goes on.
    private func begin() throws {
        guard !hasBegun else { return }
        hasBegun = true
        try takeBackLostParts()
        guard !hasDescription, let model else { return }
        if writeGraph { try writer(.train).graph(model) }
        if !hyperParameters.isEmpty { try writer(.whole).hyperParameters(hyperParameters) }
        if embeddingsFrequency > 0 { try writeProjector(model) }
        hasDescription = true
    }

    /// The writer of a run, made when it is first needed.
    private func writer(_ run: Run) throws -> SummaryWriter {
        if let writer = writers[run] { return writer }
        // Short steps write once a second, long ones nearly at once.
        let writer = try SummaryWriter(folder(of: run), maxQueue: 1000, flushMillis: 1000, writer: signature)
        writers[run] = writer
        return writer
    }

    func folder(of run: Run) -> String { run == .whole ? logDirectory : logDirectory + "/" + run.rawValue }

    private var iterations: Int { model?.optimizer?.iterations.storedValue.item(as: Int.self) ?? 0 }

    private var learningRates: [(name: String, rate: Double)] {
        var optimizer = model?.optimizer
        while let scaled = optimizer as? LossScaleOptimizer { optimizer = scaled.innerOptimizer }
        if let several = optimizer as? MultiOptimizer {
            return several.innerOptimizers.map { ("learning_rate_\($0.name)", $0.learningRate) }
        }
        return optimizer.map { [("learning_rate", $0.learningRate)] } ?? []
    }

    private func writesHistograms(_ epoch: Int) -> Bool {
        guard histogramFrequency > 0, epoch % histogramFrequency == 0 else { return false }
        return histogramThinning?.keeps(epoch / histogramFrequency + 1) ?? true
    }

    private func writeWeights(_ epoch: Int) throws {
        guard let model else { return }
        let writer = try writer(.train)
        for layer in model.layers {
            for weight in layer.weights where weight.dtype != .string {
                let (name, value) = (weight.path.replacing(":", with: "_"), weight.storedValue)
                try writer.histogram(name + "/histogram", value, step: epoch)
                if writeImages, let image = TensorBoard.image(of: value) {
                    try writer.image(name + "/image", image, step: epoch)
                }
            }
        }
    }

    /// A weight as images, with Keras's axes: a vector as a column, a matrix with its longer side across, of three axes an image for each channel, of
    /// four those with 1, 3 or 4 channels. Nil for others.
    static func image(of weight: Tensor) -> Tensor? {
        let sizes = weight.shape.dimensions.filter { $0 != 1 }
        let squeezed = weight.reshaped(to: Shape(sizes))
        switch sizes.count {
        case 1: return squeezed.reshaped(to: [1, sizes[0], 1, 1])
        case 2:
            let wide = sizes[0] > sizes[1] ? squeezed.transposed() : squeezed
            return wide.reshaped(to: [1, wide.shape[0], wide.shape[1], 1])
        case 3: return squeezed.transposed(permutation: [2, 0, 1]).reshaped(to: [sizes[2], sizes[0], sizes[1], 1])
        case 4: return [3, 4].contains(sizes[3]) ? squeezed : nil
        default: return nil
        }
    }

    private func endProfile() throws {
        guard isProfiling else { return }
        isProfiling = false
        guard Profiler.isRunning else { return }
        let profile = Profiler.stop()
        let folder = folder(of: .train) + "/plugins/profile/batch_\(trainBatches)"
        try FileIO.makeFolder(folder)
        try FileIO.write(Compression.gzip(Array(profile.chromeTrace.utf8)), to: folder + "/martlet.trace.json.gz")
        // Four blanks: Markdown shows the table as it is.
        let table = "\(profile)".split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
        try writer(.train).text("batch_\(trainBatches)", table.joined(separator: "\n"), step: trainBatches)
    }

    // MARK: - Embeddings

    private var embeddings: [EmbeddingLayer] { (model?.layers ?? []).compactMap { $0 as? EmbeddingLayer } }

    private func fileName(_ layer: Layer) -> String { layer.name.replacing("/", with: "_") + ".tsv" }

    /// Writes the projector's configuration.
    private func writeProjector(_ model: Model) throws {
        var text = ""
        let names = embeddings.map(\.name)
        if case .files(let files)? = embeddingsMetadata, let unknown = files.keys.sorted().first(where: { !names.contains($0) }) {
            throw MartletError(
                "Expected names of Embedding layers, \(names). Received: \"\(unknown)\".", at: "embeddingsMetadata")
        }
        func quoted(_ text: String) -> String { JSONValue.string(text).serialized() }
        for layer in embeddings {
            text += "embeddings {\n  tensor_name: \(quoted(layer.name))\n  tensor_path: \(quoted(fileName(layer)))\n"
            let metadata: String? =
                switch embeddingsMetadata {
                case .file(let path): path
                case .files(let files): files[layer.name]
                case nil: nil
                }
            if let metadata { text += "  metadata_path: \(quoted(metadata))\n" }
            text += "}\n"
        }
        try FileIO.makeFolder(logDirectory)
        try FileIO.write(text, to: logDirectory + "/projector_config.pbtxt")
    }

    private func writeEmbeddings(_ epoch: Int) throws {
        guard let model else { return }
        try FileIO.makeFolder(folder(of: .train))
        try model.saveWeights(to: folder(of: .train) + "/keras_embedding.ckpt-\(epoch).weights.h5")
        for layer in embeddings {
            guard let table = layer.embeddings?.storedValue, table.rank == 2 else { continue }
            let (values, width) = (table.scalars(as: Float.self), table.shape[1])
            try FileIO.write(to: logDirectory + "/" + fileName(layer)) { file in
                let lines = BufferedSink(file)
                for row in 0..<table.shape[0] {
                    let numbers = values[row * width..<(row + 1) * width].map { "\($0)" }
                    try lines.write(Array((numbers.joined(separator: "\t") + "\n").utf8))
                }
                try lines.flush()
            }
        }
    }

    public override var description: String { text(["logDirectory": logDirectory, "histogramFrequency": histogramFrequency]) }
}
