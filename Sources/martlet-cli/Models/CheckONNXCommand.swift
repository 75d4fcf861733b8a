import ArgumentParser
import Foundation
import Martlet
import MartletExport

extension Model {
    /// Saves a whole model; one from ONNX as ONNX, where the name says so.
    func save(as path: String) throws {
        if let model = self as? ONNXModel, path.hasSuffix(".onnx") { try model.write(to: path) } else { try save(to: path) }
    }
}

/// `martlet check-onnx`: runs the node tests of the `onnx` project, for `scripts/check-onnx.sh`.
struct CheckONNXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-onnx", abstract: "Run node tests of the onnx project.", shouldDisplay: false)

    @ArgumentParser.Argument(
        help: ArgumentHelp("Folders with a model.onnx and test_data_set_* each, or one with such folders.", valueName: "folder"))
    var folders: [String]
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Train each model for so many steps, and check its gradients, in place of the tests.", valueName: "n"))
    var train: Int?

    func run() throws {
        let tests = try folders.flatMap { folder in
            if FileManager.default.fileExists(atPath: folder + "/model.onnx") { return [folder] }
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
        }
        for folder in tests {
            if let train {
                say("\((folder as NSString).lastPathComponent)\t\(try ONNXTrainingCheck(folder, steps: train))")
                continue
            }
            let test = ONNXNodeTest(folder)
            let fields = [
                test.name, test.failure == nil ? "pass" : "fail", test.isPlain ? "plain" : "other",
                test.operators.joined(separator: ","), test.failure?.replacing("\n", with: " ").replacing("\t", with: " ") ?? "",
            ]
            say(fields.joined(separator: "\t"))
        }
    }
}
