import ArgumentParser
import Foundation
import Martlet
import MartletFormats
import MartletImages

/// `martlet data`: says what is in a data set.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Print what is in a folder of images, a CSV file, TFRecord or IDX files, or arrays.",
        discussion: """
            Examples:
              martlet data flowers --sheet flowers.png
              martlet data passengers.csv
              martlet data 'train-*.tfrecord' --json
              martlet data x.npy
              martlet data mnist
              martlet data train-images-idx3-ubyte.gz --sheet digits.png

            Everything is read, so that what cannot be read is found: shapes, types, classes, ranges, the first elements. \
            Missing values are counted and are in no range.
            """)

    @ArgumentParser.Argument(
        help: ArgumentHelp(
            """
            A folder of images, with a folder for each class or without, a .csv or .tsv file, TFRecord files or a pattern of \
            them in quotes, an .npy or .npz file, an IDX file, as those of MNIST, or a folder of such.
            """, valueName: "data"))
    var data: String
    @Option(parsing: .unconditional, help: ArgumentHelp("The number of elements that are printed.", valueName: "n"))
    var first = 3
    @Option(help: ArgumentHelp("A PNG file for the first 100 images, in rows.", valueName: "out.png"))
    var sheet: String?
    @OptionGroup var table: TableChoices
    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        try expect(first, atLeast: 0, "--first")
        try table.check()
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
        if name.hasSuffix(".npz") { return try DataReport(npz: data, first: first) }
        if name.hasSuffix(".npy") { return try DataReport(npy: data, first: first) }
        let hasClasses = hasClasses
        let arrays = hasClasses ? [] : idxFiles
        if !arrays.isEmpty { return try DataReport(idx: arrays, first: first, keepsImages: sheet != nil) }
        switch try DataSource.kind(of: data, isLabeled: hasClasses, table) {
        case .images(let folder): return try DataReport(folder, first: first, keepsImages: sheet != nil)
        case .table(let csv): return try DataReport(csv, first: first)
        case .records(let pattern): return try DataReport(records: pattern, first: first, keepsImages: sheet != nil)
        case .arrays(let arrays):
            return try DataReport(idx: [arrays.images, arrays.labels], first: first, keepsImages: sheet != nil)
        }
    }

    /// The IDX files that the data is, or that are in its folder; empty for other data.
    private var idxFiles: [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: data, isDirectory: &isFolder) else { return [] }
        if isFolder.boolValue { return DataReport.idxFiles(in: data) }
        // Other names than those of tables and records say nothing, but the content does.
        let isNamed = [".csv", ".tsv", ".tfrecord"].contains(where: data.lowercased().contains)
        return !isNamed && IDX.isFile(data) ? [data] : []
    }

    /// Whether a folder has folders for classes with images in them.
    private var hasClasses: Bool { (try? ClassFolder(data, endings: ClassFolder.imageEndings)) != nil }
}
