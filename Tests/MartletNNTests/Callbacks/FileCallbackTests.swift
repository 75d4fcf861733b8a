import Foundation
import Martlet
import TestSupport
import Testing

@Suite(.ownSession) struct FileCallbackTests {
    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func pathsAreFilledInAsPythonDoes() throws {
        try withFolder { folder in
            let model = try tinyModel()
            let path =
                folder + "/{epoch:02d}_{val_loss:.4f}_{val_loss:08.3f}_{val_loss:.2e}_{val_loss:.1%}_{{x}}.safetensors"
            try play([ModelCheckpoint(path)], on: model, [0.123456])
            // What '{epoch:02d}_…'.format(epoch=1, val_loss=0.123456) gives in Python.
            #expect(try names(folder) == ["01_0.1235_0000.123_1.23e-01_12.3%_{x}.safetensors"])
            for bad in ["{epoch", "epoch}", "{epoch:2q}", "{nothing}", "{val_loss:d}", "{epoch:.2d}"] {
                #expect(throws: MartletError.self, "\(bad)") {
                    try play([ModelCheckpoint(folder + "/" + bad)], on: model, [1])
                }
            }
        }
    }

    @Test func onlyTheBestIsSaved() throws {
        try withFolder { folder in
            let model = try tinyModel()
            try play([ModelCheckpoint(folder + "/a/{epoch}.npz", saveBestOnly: true)], on: model, [3, 2, 2.5, 1, 1])
            #expect(try names(folder + "/a") == ["1.npz", "2.npz", "4.npz"])
            try play(
                [ModelCheckpoint(folder + "/b/{epoch}.npz", saveBestOnly: true, mode: .max, initialValueThreshold: 2)],
                on: model, [1, 3, 2.5, 4])
            #expect(try names(folder + "/b") == ["2.npz", "4.npz"])
            let checkpoint = ModelCheckpoint(folder + "/c/{epoch}.npz", monitor: "missing", saveBestOnly: true)
            try play([checkpoint], on: model, [1, 2])
            #expect(try names(folder + "/c") == ["1.npz", "2.npz"] && checkpoint.lastPath == folder + "/c/2.npz")
        }
    }

    @Test func savedAfterSoManyBatches() throws {
        try withFolder { folder in
            let model = try tinyModel()
            let checkpoint = ModelCheckpoint(folder + "/{epoch}-{batch}.npz", saveFrequency: .batches(2))
            try model.fit(
                Tensor.ones([3, 2]), Tensor.ones([3, 1]), batchSize: 1, epochs: 2, verbosity: .silent,
                callbacks: [checkpoint])
            #expect(try names(folder) == ["1-2.npz", "2-1.npz", "2-3.npz"])
        }
    }

    @Test func rowsOfEpochs() throws {
        try withFolder { folder in
            let (model, path) = (try tinyModel(), folder + "/log.csv")
            func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
            try play([CSVLogger(path)], on: model, [0.5, 0.25], as: "loss")
            #expect(try text() == "epoch,loss,val_loss\n0,0.5,NA\n1,0.25,NA\n")
            try play([CSVLogger(path, append: true)], on: model, [.nan], as: "loss")
            #expect(try text() == "epoch,loss,val_loss\n0,0.5,NA\n1,0.25,NA\n0,nan,NA\n")
            // Half a row, as an interruption may leave it, spoils no other.
            try Data("epoch;loss\n0;0.".utf8).write(to: URL(fileURLWithPath: path))
            try play([CSVLogger(path, separator: ";", append: true)], on: model, [0.5], as: "loss")
            #expect(try text() == "epoch;loss\n0;0.\n0;0.5\n")
            try play([CSVLogger(path)], on: model, [1], as: "a,\"b")
            #expect(try text() == "epoch,\"a,\"\"b\",\"val_a,\"\"b\"\n0,1.0,NA\n")
            try play([CSVLogger(path, append: true)], on: model, [2], as: "a,\"b")
            #expect(try text().hasSuffix("\n0,1.0,NA\n0,2.0,NA\n"))
            #expect(throws: MartletError.self) { try play([CSVLogger(folder + "/none/log.csv")], on: model, [1]) }
        }
    }

    @Test func rowsAreThereWhenTheEpochIsOver() throws {
        try withFolder { folder in
            let logger = CSVLogger(folder + "/log.csv")
            try logger.onTrainBegin()
            var logs: Logs = ["loss": 1]
            try logger.onEpochEnd(0, logs: &logs)
            #expect(try String(contentsOfFile: folder + "/log.csv", encoding: .utf8).hasSuffix("\n0,1.0,NA\n"))
        }
    }
}
