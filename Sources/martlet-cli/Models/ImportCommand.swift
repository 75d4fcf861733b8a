import ArgumentParser
import Foundation
import Martlet
import MartletExport

/// `martlet check-onnx`: runs the node tests of the `onnx` project, for `scripts/check-onnx.sh`.
struct CheckONNXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-onnx", abstract: "Run node tests of the onnx project.", shouldDisplay: false)

    @ArgumentParser.Argument(
        help: ArgumentHelp("Folders with a model.onnx and test_data_set_* each, or one with such folders.", valueName: "folder"))
    var folders: [String]

    func run() throws {
        let tests = try folders.flatMap { folder in
            if FileManager.default.fileExists(atPath: folder + "/model.onnx") { return [folder] }
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
        }
        for folder in tests {
            let test = ONNXNodeTest(folder)
            let fields = [
                test.name, test.failure == nil ? "pass" : "fail", test.isPlain ? "plain" : "other",
                test.operators.joined(separator: ","), test.failure?.replacing("\n", with: " ").replacing("\t", with: " ") ?? "",
            ]
            say(fields.joined(separator: "\t"))
        }
    }
}
