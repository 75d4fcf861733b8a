import ArgumentParser
import Foundation
import Martlet
import MartletFormats
import MartletImages

/// `martlet data`: says what is in a data set.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Print what is in a folder of images, a CSV file, TFRecord files, or arrays.",
        discussion: """
            Examples:
              martlet data flowers --sheet flowers.png
              martlet data passengers.csv
              martlet data 'train-*.tfrecord' --json
              martlet data x.npy

            Everything is read, so that what cannot be read is found: shapes, types, classes, ranges, the first elements. \
            Missing values are counted and are in no range.
            """)

    @ArgumentParser.Argument(
        help: ArgumentHelp(
            """
            A folder of images, with a folder for each class or without, a .csv or .tsv file, TFRecord files or a pattern of \
            them in quotes, an .npy or .npz file.
            """, valueName: "data"))
    var data: String
    @Option(parsing: .unconditional, help: ArgumentHelp("The number of elements that are printed.", valueName: "n"))
    var first = 3
    @Option(help: ArgumentHelp("A PNG file for the first 100 images, in rows.", valueName: "out.png"))
    var sheet: String?
    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        try expect(first, atLeast: 0, "--first")
        if let sheet {
            guard sheet.lowercased().hasSuffix(".png") else {
                throw MartletError("Expected the name of a PNG file. Received: \"\(sheet)\".", at: "--sheet")
            }
            try checkOutputs([("--sheet", sheet)], keeping: [("the data", data)])
            guard !FileManager.default.fileExists(atPath: sheet) || !FileIO.resolved(sheet).hasPrefix(FileIO.resolved(data) + "/")
            else { throw MartletError("Expected another file than one of the data. Received: \"\(sheet)\".", at: "--sheet") }
        }
        let report = try makeReport()
        if report.count == 0, let failure = report.failures.first {
            throw MartletError(
                "Expected data that can be read. None of the \(report.unreadable) elements can. \(failure)", at: data)
        }
        if let sheet {
            guard !report.images.isEmpty else {
                throw MartletError("Expected data with images. There is none that can be read.", at: "--sheet")
            }
            try saveImage(contactSheet(report.images), to: sheet)
        }
        if json { say(report.json.serialized()) } else { say(report.text) }
    }

    private func makeReport() throws -> DataReport {
        let name = data.lowercased()
        if name.hasSuffix(".npz") {
            return DataReport(arrays: try NPZ.read(data).tensors.map { ($0.name, $0.tensor) }, first: first)
        }
        if name.hasSuffix(".npy") { return DataReport(arrays: [("array", try NPY.read(data))], first: first) }
        switch try DataSource.kind(of: data, isLabeled: hasClasses) {
        case .images(let folder): return try DataReport(folder, first: first, keepsImages: sheet != nil)
        case .table(let csv): return try DataReport(csv, first: first)
        case .records(let pattern): return try DataReport(records: pattern, first: first, keepsImages: sheet != nil)
        }
    }

    /// Whether a folder has folders for classes with images in them.
    private var hasClasses: Bool { (try? ClassFolder(data, endings: ClassFolder.imageEndings)) != nil }
}
