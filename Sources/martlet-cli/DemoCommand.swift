import ArgumentParser
import CKernels
import Foundation
import Martlet
import MartletFormats

/// `martlet demo`: trains a model on images and writes curves, logs and weights.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Train a model on images and write its curves, logs and weights to a folder.",
        discussion: """
            The models are those of the TensorFlow guides. cnn: two convolutions of 32 and 64 filters with max pooling, a \
            dense layer of 128, dropout 0.5. mlp: a dense layer of 128, dropout 0.2. Both end in a softmax over 10 classes \
            and are trained with Adam.

            Ctrl-C ends training after the running step. Curves, logs and weights are written then, too.
            """)

    @Option(help: "The model: cnn or mlp.")
    var model = DemoModel.cnn
    @Option(
        help: ArgumentHelp(
            """
            digits, fashion-mnist, mnist, or a folder with four IDX files with MNIST's names, plain or gz. By default \
            Fashion-MNIST if it is here or can be downloaded, otherwise the digits.
            """, valueName: "data"))
    var data: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The number of passes over the training set (default: 5; 20 for the digits, which are few).", valueName: "n"))
    var epochs: Int?
    @Option(parsing: .unconditional, help: ArgumentHelp("The number of images in a step.", valueName: "n"))
    var batchSize = 32
    @Option(parsing: .unconditional, help: ArgumentHelp("The seed of all random numbers.", valueName: "n"))
    var seed = 42
    @Option(parsing: .unconditional, help: ArgumentHelp("Adam's learning rate.", valueName: "rate"))
    var learningRate = 0.001
    @Option(
        help: ArgumentHelp(
            "The dtypes that layers compute in and keep: float32, mixed_bfloat16, mixed_float16, ...", valueName: "policy"))
    var dtypePolicy = "float32"
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Use only the first n training and the first n test images.", valueName: "n"))
    var limit: Int?
    @Option(help: ArgumentHelp("The folder for the results; created if needed.", valueName: "folder"))
    var output = "martlet-output"
    @Option(help: ArgumentHelp(tensorBoardHelp, valueName: "folder"))
    var tensorboard: String?
    @OptionGroup var replication: ReplicaOptions
    @OptionGroup var runs: RunOptions
    @Flag(help: "Print the results as one line of JSON at the end.")
    var json = false

    func run() throws {
        try checkNumbers()
        try runs.check()
        try checkOutputs(runs.outputs)
        let strategy = try replication.strategy(runs)
        // Ranks other than the first need no results.
        let spare = strategy.isChief ? nil : NSTemporaryDirectory() + "/martlet-rank-\(UUID())"
        defer { if let spare { try? FileManager.default.removeItem(atPath: spare) } }
        let files = try DemoFiles(folder: spare ?? runs.run ?? output)
        Settings.setRandomSeed(seed)
        let images = try DemoData.load(data, limit: limit)
        let epochs = epochs ?? (images.source == "digits" ? 20 : 5)
        say("\(images.title): \(images.train.count) training and \(images.test.count) test images of \(images.size)\n")

        let policy = try checkedPolicy()
        let network = try strategy.scope {
            let network = try withDTypePolicy(policy) { try model.build(for: images) }
            try network.compile(
                optimizer: Adam(learningRate: learningRate), loss: SparseCategoricalCrossentropy(),
                metrics: ["accuracy"])
            return network
        }
        network.summary()
        say()

        let start = ContinuousClock.now
        let recorder = runs.recorder([
            ("data", "\(images.title): \(images.train.count) training and \(images.test.count) test images of \(images.size)"),
            ("batch size", String(batchSize)), ("learning rate", "\(learningRate)"), ("seed", String(seed)),
            ("dtype policy", dtypePolicy),
        ])
        // A recorder writes the table of epochs itself.
        let log: Callback = recorder.map { $0 } ?? CSVLogger(files.history)
        var callbacks: [Callback] = [log, TerminateOnNaN()]
        if let tensorboard { try checkFolder(tensorboard, "--tensorboard") }
        let events = strategy.isChief ? tensorboard ?? recorder?.folder.events : nil
        if let events {
            // Without the epochs: TensorBoard keeps what it reads first, and `--resume` may add some.
            let chosen: [String: HyperParameter] = [
                "model": .text(model.rawValue), "data": .text(images.source),
                "batch_size": .number(Double(batchSize)), "learning_rate": .number(learningRate), "seed": .number(Double(seed)),
            ]
            callbacks.append(
                TensorBoard(
                    logDirectory: events, histogramFrequency: 1, writeImages: true, thinHistograms: true,
                    hyperParameters: chosen))
        }
        let training = try Interruption.watch(network, callbacks) { callbacks in
            try network.fit(
                images.train, batchSize: batchSize, epochs: epochs, validationData: images.test, validationBatchSize: 256,
                callbacks: callbacks, checkpoints: runs.checkpoints(settings), resume: runs.resumption)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try training.history.plot(to: files.curves, title: "\(model.rawValue) on \(images.title)")
        try network.saveWeights(to: files.weights)
        if let recorder {
            try network.save(to: recorder.folder.model)
            try recorder.evaluate(images.test, classNames: images.classNames, batchSize: 256)
            try recorder.writeReport()
        }
        let written = [files.history, files.curves, files.weights, events, recorder?.folder.report].compactMap { $0 }
        try training.end(wrote: written, resumingWith: recorder == nil ? nil : "--resume")

        let figures = try network.evaluate(images.test, batchSize: 256)
        let predictions = try network.predict(images.test.inputs[0], batchSize: 256)
        let loss = figures["loss"] ?? .nan, accuracy = figures["accuracy"] ?? .nan
        let matrix = try ConfusionMatrix(
            predictions: predictions, labels: images.test.targets[0], classNames: images.classNames)
        say("\n\(matrix.text)\n")
        say(String(format: "Test loss %.4f, accuracy %.4f after %.1f s of training.", loss, accuracy, seconds))
        say("Wrote \(files.history), \(files.curves) and \(files.weights).")
        if let events { say("Wrote event files to \(events): tensorboard --logdir \(events)") }
        if let recorder { say("The report: \(recorder.folder.report)") }
        guard json else { return }
        say(
            jsonLine([
                ("model", .string(model.rawValue)), ("data", .string(images.source)), ("epochs", .int(epochs)),
                ("train_samples", .int(images.train.count)), ("test_loss", .double(loss)),
                ("test_accuracy", .double(accuracy)), ("seconds", .double(seconds)),
                ("peak_rss_mib", .double(Double(mk_peak_resident_bytes()) / 1_048_576)),
                ("weights_sha256", .string(network.weightsSHA256)),
            ]))
    }

    /// What must be the same when training goes on.
    private var settings: [String: String] {
        [
            "seed": String(seed), "learning rate": "\(learningRate)", "dtype policy": dtypePolicy, "shards": replication.fact,
            "model": model.rawValue,
        ]
    }

    private func checkedPolicy() throws -> DTypePolicy {
        var policy = DTypePolicy.float32
        try readingOption("--dtype-policy") { policy = try DTypePolicy(name: dtypePolicy) }
        guard policy.computeDType.isFloatingPoint else {
            throw wrongOption("Expected a policy of floating-point numbers. Received: \"\(dtypePolicy)\".", at: "--dtype-policy")
        }
        return policy
    }

    private func checkNumbers() throws {
        for (name, value) in [
            ("--epochs", epochs ?? 1), ("--batch-size", batchSize), ("--limit", limit ?? 1),
        ] where value < 1 {
            throw wrongOption("Expected a number of at least 1. Received: \(value).", at: name)
        }
        try expectRate(learningRate)
    }
}

/// The files that the demo writes to its folder. They are checked before training, so that its results are not lost.
struct DemoFiles {
    let history, curves, weights: String

    init(folder: String) throws {
        try FileIO.makeFolder(folder)
        func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
        history = path("history.csv")
        curves = path("history.svg")
        weights = path("weights.safetensors")
        try checkOutputs([history, curves, weights].map { ("--output", $0) })
    }
}
