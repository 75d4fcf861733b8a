import ArgumentParser
import Martlet
import MartletData
import MartletFormats

/// `martlet fit`: goes on with the training of a model.
struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit", abstract: "Train a model and save it, optimizer included, for Keras or Martlet to go on.",
        discussion: """
            Examples:
              martlet fit model.keras --x x.npy --y y.npy --epochs 5 --save trained.keras
              martlet fit model.keras --x x.npy --y y.npy --epochs 100 \\
                --validation-split 0.2 --early-stopping 5 --save best.keras --history history.json
              martlet fit bare.keras --x x.npy --y y.npy --loss mse --optimizer adam --learning-rate 0.01

            A .keras file trains as it was compiled, from the optimizer's state in it. An .h5 file starts with a fresh
            optimizer of its configuration. The options below take the place of what the file says.
            """)

    @OptionGroup var model: ModelFile
    @OptionGroup var samples: SampleFiles
    @Option(help: ArgumentHelp("How often the samples are gone through.", valueName: "n"))
    var epochs = 1
    @Flag(inversion: .prefixedNo, help: "Put the samples into a new order for every epoch.")
    var shuffle = true
    @Option(help: ArgumentHelp("The seed of all random numbers: of the order, of dropout.", valueName: "n"))
    var seed = 42
    @Option(
        help: ArgumentHelp(
            #"How much the samples of each class count: a JSON file such as {"0": 1.0, "1": 2.5}."#, valueName: "cw.json"))
    var classWeight: String?
    @Option(
        help: ArgumentHelp(
            "The fraction of the samples, from the end, that the model is judged by after each epoch, not trained on.",
            valueName: "fraction"))
    var validationSplit = 0.0
    @Option(
        help: ArgumentHelp(
            """
            End the training when the loss has not improved for n epochs, and keep the weights of the best one. The loss \
            is that of the validation where there is one.
            """, valueName: "n"))
    var earlyStopping: Int?
    @Option(
        help: ArgumentHelp(
            "Another optimizer, by Keras's name, with its defaults and a fresh state: sgd, adam, ...", valueName: "name"))
    var optimizer: String?
    @Option(help: ArgumentHelp("Another learning rate.", valueName: "rate"))
    var learningRate: Double?
    @OptionGroup var choices: TrainingChoices
    @Option(help: ArgumentHelp("Where the trained model goes: a .keras or .h5 file.", valueName: "out.keras"))
    var save: String?
    @Option(
        help: ArgumentHelp(
            "Where the figures of all epochs go: a JSON file of {name: [value of each epoch]}.", valueName: "hist.json"))
    var history: String?
    @Flag(help: "Print nothing while training.")
    var quiet = false

    func run() throws {
        try samples.check()
        try expect(epochs, atLeast: 1, "--epochs")
        if let earlyStopping { try expect(earlyStopping, atLeast: 1, "--early-stopping") }
        for path in [save, history].compactMap({ $0 }) {
            // Begun and given up: the place takes files. No training shall be in vain.
            _ = try AtomicFile(path)
        }
        Settings.setRandomSeed(seed)
        let network = try Model.load(from: model.path)
        try choices.apply(to: network, optimizer: optimizer, learningRate: learningRate)
        var callbacks: [Callback] = []
        if let earlyStopping {
            callbacks.append(
                EarlyStopping(
                    monitor: validationSplit > 0 ? "val_loss" : "loss", patience: earlyStopping, restoreBestWeights: true))
        }
        let figures = try network.fit(
            samples.read(), batchSize: samples.batchSize, epochs: epochs, verbosity: quiet ? .silent : .progressBar,
            validationSplit: validationSplit, callbacks: callbacks, shuffle: shuffle, classWeight: readClassWeight())
        if let save { try network.save(to: save) }
        if let history { try FileIO.write(JSONValue.object(figures.json).serialized(indented: true) + "\n", to: history) }
    }

    private func readClassWeight() throws -> [Int: Double]? {
        guard let classWeight else { return nil }
        let members = try JSONValue(parsing: FileIO.read(classWeight)).object()
        return try members.reduce(into: [:]) { weights, member in
            guard let label = Int(member.key), let weight = Double(json: member.value) else {
                throw MartletError(
                    "Expected class numbers and their weights, such as {\"0\": 1.0}. Received: \"\(member.key)\": "
                        + "\(member.value.serialized()).", at: classWeight)
            }
            weights[label] = weight
        }
    }
}
