import ArgumentParser
import Martlet
import MartletFormats

/// `martlet report`: makes a page about runs.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Make a report of a run, or compare several, as one HTML file.",
        discussion: """
            Examples:
              martlet report runs/a                           writes runs/a/report.html
              martlet report runs/a runs/b -o comparison.html

            A run is the folder of fit --run or demo --run, or of a program's RunRecorder. Of runs that differ only in their \
            seeds the comparison shows the mean and the spread. The file needs nothing else: no network, no scripts.
            """)

    @ArgumentParser.Argument(help: "The folders of the runs.")
    var runs: [String]
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "The file of the report (default: report.html in the run's folder; for several runs it must be given).",
            valueName: "file.html"))
    var output: String?

    func validate() throws {
        if runs.count > 1, output == nil { throw ValidationError("Missing --output: the file of the comparison.") }
    }

    func run() throws {
        let folders = runs.map { RunFolder($0) }
        let path = output ?? folders[0].report
        guard [".html", ".htm"].contains(where: path.lowercased().hasSuffix) else {
            throw MartletError("Expected the name of an HTML file. Received: \"\(path)\".", at: "--output")
        }
        let page = try Report(of: folders).html
        let records = folders.flatMap { folder in folder.files.filter { $0 != folder.report } }
        try checkOutputs([("--output", path)], keeping: records.map { ("the run", $0) })
        try FileIO.write(page, to: path)
        say("Wrote \(path).")
    }
}
