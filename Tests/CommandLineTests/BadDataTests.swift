import Foundation
import Martlet
import Testing

/// Folders of IDX files that are not what they should be.
extension CommandLineTests {
    /// Four files of 40 training and 20 test images of 12x12 pixels, changed by `change`.
    private func refusal(
        _ words: String, arguments: [String] = [], size: Int = 12, _ change: (String) throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try withFolder { folder in
            for (part, count) in [("train", 40), ("t10k", 20)] {
                let pixels = (0..<count * size * size).map { UInt8(truncatingIfNeeded: $0 &* 37) }
                try IDX.write(Tensor(pixels, shape: [count, size, size]), to: "\(folder)/\(part)-images-idx3-ubyte")
                let labels = (0..<count).map { UInt8($0 % 10) }
                try IDX.write(Tensor(labels, shape: [count]), to: "\(folder)/\(part)-labels-idx1-ubyte")
            }
            try change(folder)
            let outcome = try demo(["--data", folder, "--epochs", "1"] + arguments, to: folder)
            expectRefusal(outcome, words, sourceLocation: sourceLocation)
        }
    }

    private func rewrite(_ path: String, _ change: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&data)
        try data.write(to: URL(fileURLWithPath: path))
    }

    @Test func goodFolderTrains() throws {
        try withFolder { folder in
            for (part, count) in [("train", 40), ("t10k", 20)] {
                let pixels = (0..<count * 144).map { Float($0 % 7) / 7 }
                try IDX.write(Tensor(pixels, shape: [count, 12, 12]), to: "\(folder)/\(part)-images-idx3-ubyte.gz")
                try IDX.write(
                    Tensor((0..<count).map { UInt8($0 % 10) }, shape: [count]),
                    to: "\(folder)/\(part)-labels-idx1-ubyte")
            }
            let outcome = try demo(["--data", folder, "--epochs", "1", "--json"], to: folder)
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try JSONValue(parsing: outcome.lastLine).string("data") == folder)
        }
    }

    @Test func truncatedAndLyingFiles() throws {
        try refusal("train-images") { try rewrite($0 + "/train-images-idx3-ubyte") { $0.removeLast() } }
        try refusal("train-images") { try rewrite($0 + "/train-images-idx3-ubyte") { $0.append(0) } }
        try refusal("train-images") { try rewrite($0 + "/train-images-idx3-ubyte") { $0[4] = 0xff } }
        try refusal("train-images") { try rewrite($0 + "/train-images-idx3-ubyte") { $0 = $0.prefix(3) } }
        try refusal("t10k-labels") { try rewrite($0 + "/t10k-labels-idx1-ubyte") { $0[2] = 0x7 } }
        try refusal("t10k-labels") { try FileManager.default.removeItem(atPath: $0 + "/t10k-labels-idx1-ubyte") }
    }

    @Test func labelsThatDoNotFit() throws {
        try refusal("0...9") { try rewrite($0 + "/train-labels-idx1-ubyte") { $0[20] = 200 } }
        try refusal("t10k-labels") { try rewrite($0 + "/t10k-labels-idx1-ubyte") { $0[20] = 10 } }
        try refusal("Expected 40 labels") {
            try IDX.write(Tensor([UInt8](repeating: 1, count: 39), shape: [39]), to: $0 + "/train-labels-idx1-ubyte")
        }
    }

    @Test func imagesThatDoNotFit() throws {
        try refusal("9x9", size: 9) { _ in }
        try refusal("nan") {
            let pixels = (0..<40 * 144).map { $0 == 500 ? Float.nan : 0.5 }
            try IDX.write(Tensor(pixels, shape: [40, 12, 12]), to: $0 + "/train-images-idx3-ubyte")
        }
        try refusal("t10k-images") {
            try IDX.write(
                Tensor([UInt8](repeating: 1, count: 20 * 100), shape: [20, 10, 10]), to: $0 + "/t10k-images-idx3-ubyte")
        }
    }
}
