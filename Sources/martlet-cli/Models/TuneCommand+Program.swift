import Foundation
import Martlet
import MartletNN
import MartletTuner

/// `martlet tune` of a program.
extension TuneCommand {
    /// Whether the first argument is a program, and no model: a file that is there and has another name than models have.
    var isProgram: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: model.path, isDirectory: &isFolder) && !isFolder.boolValue
            && ![".keras", ".h5", ".hdf5", ".onnx", ".tflite", ".weights", ".json", ".npy", ".npz", ".safetensors", ".pb"]
                .contains(where: model.path.lowercased().hasSuffix)
    }

    /// Runs the program once for each trial.
    func tuneProgram() throws {
        let metric = try checkedMetric()
        let goal: Direction = direction == nil && monitor == nil ? .minimize : try self.direction(of: metric)
        let (chooser, judge) = (try makeSampler(), try makePruner())
        try checkFiles()
        let path = (model.path as NSString).standardizingPath
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw MartletError(
                "Expected a model's file, or a program that can be run. This one cannot be: chmod +x, and in a script a first line "
                    + "such as #!/usr/bin/env python3.", at: model.path)
        }
        let space = try reading(self.space)
        try checkNames(of: space)
        let search = try openStudy(goal, chooser, judge)
        try check(
            [
                "digest of the program": DataDigest.digest(path) ?? path,
                "arguments": arguments.isEmpty ? "none" : arguments.joined(separator: " "), "source of the data": "a program",
            ], of: search)
        try takeOverTrials(of: search)
        let folder = study.map { URL(fileURLWithPath: "\($0).\(name)").path }
        let program = TrialProgram(
            path: path.contains("/") ? path : "./" + path, arguments: arguments, timeout: trialTimeout, metric: metric,
            folder: folder, threads: max(1, Settings.threadCount / workers))
        let signals = TrialSignals()
        let (quiet, trials) = (quiet, trials)
        try search.optimize(
            trials: trials, workers: workers, timeout: timeout, continuesAfterErrors: true, dividesThreads: false,
            onTrialEnd: { if !quiet { Self.tell($0, metric) } }
        ) { try program.run($0, space) }
        withExtendedLifetime(signals) {}
        try printBest(search)
    }

    /// Names that become options.
    func checkNames(of space: ModelSpace) throws {
        for (name, _) in space.parameters {
            guard !name.isEmpty, !name.hasPrefix("-"), !name.contains(where: { $0 == "=" || $0.isWhitespace || $0 == "\0" }) else {
                throw MartletError(
                    "Expected names that can be options: not empty, without spaces and =, and with no - in front. Received: "
                        + "\"\(name.prefix(100))\".", at: self.space)
            }
        }
    }
}
