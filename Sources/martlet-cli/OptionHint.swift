import ArgumentParser
import Foundation

/// What somebody may have meant with an option that is not there: Keras's users write `--batch_size` and `--lr`.
enum OptionHint {
    /// Other names, without lines between their words, and the options that they may stand for: the first one that the command
    /// has is meant.
    private static let others: [String: [String]] = [
        "lr": ["learning-rate"], "eta": ["learning-rate"], "rate": ["learning-rate"],
        "bs": ["batch-size"], "batch": ["batch-size"], "minibatch": ["batch-size"],
        "numepochs": ["epochs"], "nepochs": ["epochs"], "nbepoch": ["epochs"], "e": ["epochs"],
        "valsplit": ["validation-split"], "validation": ["validation-split"], "val": ["validation-split"],
        "testsize": ["validation-split"],
        "opt": ["optimizer"], "optim": ["optimizer"], "criterion": ["loss"], "lossfunction": ["loss"], "objective": ["monitor"],
        "patience": ["early-stopping"], "classweights": ["class-weight"], "sampleweights": ["sample-weight"],
        "weights": ["sample-weight"],
        "train": ["data"], "dataset": ["data"], "datadir": ["data"], "traindata": ["data"], "testdata": ["data"], "input": ["x"],
        "inputs": ["x"], "xtrain": ["x"], "xtest": ["x"], "ytrain": ["y"], "ytest": ["y"], "targets": ["y"], "labels": ["label"],
        "target": ["label"], "labelcolumn": ["label"], "columns": ["features"], "classnames": ["classes"],
        "sep": ["separator"], "delimiter": ["separator"], "dtype": ["column-types", "dtype-policy"], "dtypes": ["column-types"],
        "navalues": ["missing"], "fillna": ["missing"], "dropna": ["missing"], "onbadlines": ["skip-unreadable"],
        "targetsize": ["image-size"], "imgsize": ["image-size"], "imageshape": ["image-size"], "colormode": ["color"],
        "rescale": ["scale"],
        "out": ["save", "output", "to"], "output": ["save", "to"], "savepath": ["save"], "saveas": ["save", "output"],
        "saveto": ["save"], "filepath": ["save"], "modelout": ["save"],
        "logdir": ["tensorboard"], "tb": ["tensorboard"], "logs": ["tensorboard"],
        "randomstate": ["seed"], "randomseed": ["seed"], "verbose": ["quiet"], "silent": ["quiet"],
        "ntrials": ["trials"], "maxtrials": ["trials"], "njobs": ["workers", "replicas"], "jobs": ["workers"],
        "numworkers": ["workers"], "storage": ["study"], "studyname": ["name"],
        "restore": ["resume"], "continue": ["resume"], "rundir": ["run"], "runfolder": ["run"], "checkpointdir": ["run", "backup"],
        "dryrun": [], "gpu": [], "device": [], "h": ["help"],
    ]

    /// The message of a wrong call. An option that is not there is named before anything else, which may follow from it, with what
    /// may have been meant.
    static func adding(to message: String, _ arguments: [String]) -> String {
        let options = options(of: arguments)
        let given = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
        let strangers = given.filter { !options.contains(String($0.dropFirst(2))) && $0 != "--version" }
        let named = message.firstMatch(of: /Unknown option '(-[^']*)'/).map { String($0.1).prefix { $0 != "=" } }
        guard let name = named.map(String.init) ?? strangers.first else { return message }
        let sentence = "Unknown option '\(name)'."
        guard let meant = meant(name, options) else { return sentence }
        return "\(sentence) Did you mean --\(meant)?"
    }

    /// - Parameter options: without the lines in front.
    static func meant(_ name: String, _ options: [String]) -> String? {
        func plain(_ text: some StringProtocol) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
        let given = plain(name)
        if let same = options.first(where: { plain($0) == given }) { return same }
        if let known = others[given] {
            return known.lazy.compactMap { name in options.first { plain($0) == plain(name) } }.first
        }
        // One letter too many or too few, as in --epoch and --metric; a longer one may begin the name.
        guard given.count >= 3 else { return nil }
        let near = options.map { ($0, distance(plain($0), given)) }.min { $0.1 < $1.1 }
        if let near, near.1 <= (given.count < 6 ? 1 : 2) { return near.0 }
        let longer = options.filter { plain($0).hasPrefix(given) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// The options of the command that the arguments begin with.
    private static func options(of arguments: [String]) -> [String] {
        let all = MartletCommand.configuration.subcommands + MartletCommand.configuration.groupedSubcommands.flatMap(\.subcommands)
        let type = arguments.first.flatMap { name in all.first { $0.configuration.commandName == name } } ?? MartletCommand.self
        let help = MartletCommand.helpMessage(for: type)
        // Behind the examples, which name other commands' options, too.
        return help.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.contains("martlet ") }.flatMap { line in
            line.prefix(while: { $0 == " " }).count < 5
                ? line.matches(of: /(?:^|[\s\/,])--([a-z][a-z0-9-]*)/).map { String($0.1) } : []
        }
    }

    /// The number of letters that must be put in, taken out or exchanged.
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var before = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let change = before + (letter == other ? 0 : 1)
                before = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, before + 1)
            }
        }
        return row[b.count]
    }
}
